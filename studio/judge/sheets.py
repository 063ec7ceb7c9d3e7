"""Contact sheets: a sweep's pictures in a table whose axes are labelled, each with its place, score and cost."""

import io
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.fonts.shipped import FOLDER
from studio.story.fields import Value

if TYPE_CHECKING:
    from PIL import Image

SIDE = 200
"""Longest side of a picture in the sheet, pixels."""
GAP, LINE, HEAD = 10, 20, 44
PAPER, INK, FAINT, BEST = (250, 250, 248), (30, 30, 34), (110, 110, 118), (214, 120, 0)
FONT = "Mplus1-Bold.otf"
LONGEST = 42
"""Letters of a label; a longer prompt is cut."""


@dataclass(frozen=True)
class Tile:
    """One cell of a sweep."""

    settings: Mapping[str, Value]
    picture: "Image.Image"
    title: str
    cost: str
    best: bool = False


def small(picture: "Image.Image") -> "Image.Image":
    """`picture` no larger than sheets show it, so that many can be held."""
    from PIL import Image

    scale = SIDE / max(picture.size)
    if scale >= 1:
        return picture
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def contact_sheet(
    title: str, axes: Mapping[str, Sequence[Value]], tiles: Sequence[Tile], dropped: Sequence[Mapping[str, Value]] = ()
) -> bytes:
    """A PNG: the axis with most values runs to the right, the others make rows; cells that were not drawn stay empty.

    dropped: settings of cells that a rule kept from being drawn to the end; their places say so.
    """
    from PIL import Image, ImageDraw

    across = max(axes, key=lambda name: len(axes[name]), default=None)
    columns: Sequence[Value | None] = list(axes[across]) if across else [None]
    others = [name for name in axes if name != across]
    drawn = {tuple(tile.settings.get(name) for name in others) for tile in tiles}
    rows = [row for row in itertools.product(*(axes[name] for name in others)) if row in drawn]
    wide, tall = _tile_size(tiles)
    margin = 16 + max([_width(_named(others, row)) for row in rows], default=0) * bool(others)
    size = margin + len(columns) * (wide + GAP) + GAP, HEAD + LINE + len(rows) * (tall + 2 * LINE + GAP) + GAP
    sheet = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((GAP, 10), title, INK, _font(20))
    for x, value in enumerate(columns):
        if across:
            pen.text((margin + x * (wide + GAP), HEAD), _label(across, value), INK, _font(13))
    found = {_place(tile.settings, across, others): tile for tile in tiles}
    gone = {_place(settings, across, others) for settings in dropped}
    for (y, row), (x, value) in itertools.product(enumerate(rows), enumerate(columns)):
        left, top = margin + x * (wide + GAP), HEAD + LINE + 4 + y * (tall + 2 * LINE + GAP)
        if x == 0 and others:
            for i, words in enumerate(_named(others, row)):
                pen.text((GAP, top + i * LINE), words, INK, _font(13))
        if (row, value) in found:
            _put(sheet, pen, found[row, value], left, top, (wide, tall))
        elif (row, value) in gone:
            pen.text((left, top), "dropped", FAINT, _font(14))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def _place(settings: Mapping[str, Value], across: str | None, others: Sequence[str]) -> tuple[Any, Value | None]:
    """Row and column of a cell."""
    return tuple(settings.get(name) for name in others), settings.get(across) if across else None


def rounds_sheet(title: str, rounds: Sequence[tuple[str, str, Sequence[Tile]]]) -> bytes:
    """A PNG: a row per round, (its name, what is said of it, its tiles): the locked picture first, then the round's best."""
    from PIL import Image, ImageDraw

    wide, tall = _tile_size([tile for _, _, tiles in rounds for tile in tiles])
    most = max((len(tiles) for _, _, tiles in rounds), default=0)
    words = [round((_font(14).getlength(name) + _font(12).getlength(said)) + 3 * GAP) for name, said, _ in rounds]
    high = HEAD // 2 + tall + 4 * LINE + GAP
    sheet = Image.new("RGB", (max([most * (wide + GAP) + GAP, round(_font(20).getlength(title)) + 2 * GAP, *words]),
                              HEAD + len(rounds) * high), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((GAP, 10), title, INK, _font(20))
    for y, (name, said, tiles) in enumerate(rounds):
        top = HEAD + y * high
        pen.text((GAP, top), name, INK, _font(14))
        pen.text((2 * GAP + _font(14).getlength(name), top + 2), said, FAINT, _font(12))
        for x, tile in enumerate(tiles):
            left = GAP + x * (wide + GAP)
            _put(sheet, pen, tile, left, top + HEAD // 2, (wide, tall))
            for i, words_of in enumerate(_settled(tile, wide)):
                pen.text((left, top + HEAD // 2 + tall + (2 + i) * LINE), words_of, INK, _font(12))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def _settled(tile: Tile, wide: int) -> list[str]:
    """What tells a tile from the others, in two lines at most."""
    words = ", ".join(_label(name, value) for name, value in tile.settings.items())
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if _font(12).getlength(longer) > wide and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines if len(lines) < 3 else [lines[0], f"{lines[1]}…"]


def _put(sheet: "Image.Image", pen: Any, tile: Tile, left: int, top: int, size: tuple[int, int]) -> None:
    shown = tile.picture.convert("RGB")
    scale = min(size[0] / shown.width, size[1] / shown.height)
    shown = shown.resize((max(1, round(shown.width * scale)), max(1, round(shown.height * scale))))
    sheet.paste(shown, (left, top))
    if tile.best:
        pen.rectangle((left - 3, top - 3, left + shown.width + 2, top + shown.height + 2), outline=BEST, width=3)
    pen.text((left, top + size[1] + 2), tile.title, BEST if tile.best else INK, _font(14))
    pen.text((left, top + size[1] + LINE), tile.cost, FAINT, _font(12))


def _tile_size(tiles: Sequence[Tile]) -> tuple[int, int]:
    """Room for the widest and the tallest picture, none with a side over SIDE."""
    sizes = [(t.picture.width * SIDE / max(t.picture.size), t.picture.height * SIDE / max(t.picture.size)) for t in tiles]
    return max(round(max((w for w, _ in sizes), default=SIDE)), 120), round(max((h for _, h in sizes), default=SIDE))


def _named(names: Sequence[str], values: Sequence[Value]) -> list[str]:
    return [_label(name, value) for name, value in zip(names, values, strict=True)]


def _label(name: str, value: Value | None) -> str:
    words = f"{value:g}" if isinstance(value, float) else str(value)
    if name == "lock":
        return "composition kept" if value else "not kept"
    return (words if name == "prompt" else f"{name} {words or 'as it is'}")[:LONGEST]


def _width(words: Sequence[str]) -> int:
    return max((round(_font(13).getlength(word)) for word in words), default=0) + GAP


def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(FOLDER / FONT), size)
