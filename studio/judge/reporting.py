"""Reporting: an audit of a dataset as Markdown, and its pictures side by side on a contact sheet."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps

from studio.fonts.shipped import font_file
from studio.judge.datasets import KINDS, MOST_PIXELS, SEVERITIES, Audit, Finding, Rules, Severity

SIDE, GAP, LABEL, HEAD, TITLE = 168, 14, 40, 52, 18
"""Pixels: a thumbnail's side, the space around it, its two lines of text, the two above each kind, the height of its title."""
COLUMNS = 6
MOST_TILES = 24
"""Pictures of one kind on the sheet; the report lists all."""
MOST_LISTED, MOST_TAGS = 200, 60
COLOURS: dict[Severity, str] = {"error": "#c62828", "warning": "#d98a00", "note": "#4a6fa5"}
PAPER, INK, FAINT = "#fafaf8", "#222222", "#777777"


@dataclass(frozen=True)
class Tile:
    """One picture on the sheet."""

    file: str
    note: str
    joined: bool = False
    """It belongs with the one after it."""


def report_text(audit: Audit, folder: Path, rules: Rules, sheet: str | None) -> str:
    """The audit in Markdown. sheet: file name of the contact sheet."""
    counts = ", ".join(f"{audit.count(s)} {s}{'s' * (audit.count(s) != 1)}" for s in SEVERITIES)
    asked = f"resolution {rules.resolution}" + (f", trigger word '{rules.word}'" if rules.word else "")
    lines = [f"# Dataset {folder.name}", "",
             f"{len(audit.examples)} pictures, {audit.captioned} with captions; {asked}. {counts}.", ""]
    if sheet:
        lines += [f"![Contact sheet of the findings]({sheet})", ""]
    for kind, told in KINDS.items():
        found = audit.of_kind(kind)
        if found:
            lines += [f"## {told.title} ({len(found)}, {told.severity})", "", f"{told.remedy}.", ""]
            lines += [f"- {_line(finding)}" for finding in found[:MOST_LISTED]]
            if len(found) > MOST_LISTED:
                lines.append(f"- … and {len(found) - MOST_LISTED} more; the JSON beside this has all")
            lines.append("")
    return "\n".join([*lines, *_tags(audit)]) + "\n"


def _line(finding: Finding) -> str:
    files = " and ".join(f"`{file}`" for file in finding.files)
    return ": ".join(part for part in (files, finding.note.replace("|", "\\|")) if part)


def _tags(audit: Audit) -> list[str]:
    if not audit.tags:
        return []
    total = max(audit.captioned, 1)
    rows = [f"| {tag.replace('|', chr(92) + '|')} | {n} | {n / total:.0%} |" for tag, n in audit.tags[:MOST_TAGS]]
    more = len(audit.tags) - MOST_TAGS
    return ["## Tags", "", "| tag | captions | share |", "|---|---:|---:|", *rows,
            *([f"\n… and {more} more; the JSON beside this has all"] if more > 0 else [])]


def contact_sheet(audit: Audit, folder: Path) -> Image.Image | None:
    """The pictures of all findings, kind by kind, pairs joined; None when there is nothing to show."""
    parts = [(kind, tiles) for kind in KINDS if (tiles := _tiles(audit.of_kind(kind), folder))]
    if not parts:
        return None
    places, bottom = _places(parts)
    sheet = Image.new("RGB", (COLUMNS * (SIDE + GAP) + GAP, bottom + GAP), PAPER)
    for (kind, tiles), (left, top) in zip(parts, places, strict=True):
        _draw_kind(sheet, (left, top), kind, tiles, folder)
    return sheet


def _places(parts: Sequence[tuple[str, Sequence[Tile]]]) -> tuple[list[tuple[int, int]], int]:
    """Left and top of every kind, small ones side by side, in order; and where the last row ends."""
    places: list[tuple[int, int]] = []
    column, top, tallest = 0, GAP // 2, 0
    for kind, tiles in parts:
        title = _font(TITLE).getlength(KINDS[kind].title) + GAP
        columns = min(COLUMNS, max(len(tiles), math.ceil(title / (SIDE + GAP))))
        if column + columns > COLUMNS:
            column, top, tallest = 0, top + tallest, 0
        places.append((GAP + column * (SIDE + GAP), top))
        column += columns
        tallest = max(tallest, HEAD + math.ceil(min(len(tiles), MOST_TILES) / COLUMNS) * (SIDE + LABEL + GAP))
    return places, top + tallest


def _tiles(found: Sequence[Finding], folder: Path) -> list[Tile]:
    """Where a finding is about several pictures they stand side by side."""
    tiles: list[Tile] = []
    for finding in found:
        shown = [file for file in finding.files if (folder / file).suffix.lower() not in (".txt", ".caption")]
        tiles += [Tile(file, finding.note, i + 1 < len(shown)) for i, file in enumerate(shown)]
    return tiles


def _draw_kind(sheet: Image.Image, at: tuple[int, int], kind: str, tiles: Sequence[Tile], folder: Path) -> None:
    pen, told = ImageDraw.Draw(sheet), KINDS[kind]
    colour, (start, top) = COLOURS[told.severity], at
    more = f", the first {MOST_TILES} shown" if len(tiles) > MOST_TILES else ""
    pen.text((start, top + 8), told.title, colour, _font(TITLE))
    pen.text((start, top + 30), f"{told.severity}, {len(tiles)} picture{'s' * (len(tiles) != 1)}{more}", FAINT, _font(13))
    for number, tile in enumerate(tiles[:MOST_TILES]):
        left = start + number % COLUMNS * (SIDE + GAP)
        y = top + HEAD + number // COLUMNS * (SIDE + LABEL + GAP)
        if tile.joined and number % COLUMNS + 1 < COLUMNS:
            pen.line((left + SIDE, y + SIDE // 2, left + SIDE + GAP, y + SIDE // 2), colour, 4)
        _draw_tile(sheet, pen, (left, y), tile, folder, colour)


def _draw_tile(
    sheet: Image.Image, pen: ImageDraw.ImageDraw, at: tuple[int, int], tile: Tile, folder: Path, colour: str
) -> None:
    left, top = at
    picture = _thumbnail(folder / tile.file)
    pen.rectangle((left, top, left + SIDE - 1, top + SIDE - 1), "#ecece8", colour, 2)
    if picture:
        sheet.paste(picture, (left + (SIDE - picture.width) // 2, top + (SIDE - picture.height) // 2))
    else:
        pen.line((left + 40, top + 40, left + SIDE - 40, top + SIDE - 40), colour, 5)
        pen.line((left + SIDE - 40, top + 40, left + 40, top + SIDE - 40), colour, 5)
    pen.text((left, top + SIDE + 3), _fitted(pen, tile.file, _font(14), end=True), INK, _font(14))
    pen.text((left, top + SIDE + 20), _fitted(pen, tile.note, _font(13)), FAINT, _font(13))


def _thumbnail(file: Path) -> Image.Image | None:
    """None for what cannot be decoded, or would need too much memory for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(file) as opened:
                opened.draft("RGB", (SIDE * 2, SIDE * 2))
                if opened.width * opened.height > MOST_PIXELS:
                    return None
                shown = ImageOps.exif_transpose(opened).convert("RGB")
        except Exception:  # Pillow raises a dozen kinds for damaged files; the sheet shows a cross
            return None
    shown.thumbnail((SIDE - 6, SIDE - 6), Image.Resampling.LANCZOS)
    return shown


def _fitted(pen: ImageDraw.ImageDraw, text: str, font: Any, end: bool = False) -> str:
    """As much of a text as a tile is wide. end: its end matters more, as of a file's path."""
    if pen.textlength(text, font) <= SIDE:
        return text
    while text and pen.textlength(f"{text}…", font) > SIDE:
        text = text[1:] if end else text[:-1]
    return f"…{text}" if end else f"{text}…"


def _font(size: int) -> Any:
    return ImageFont.truetype(str(font_file("mplus")), size)
