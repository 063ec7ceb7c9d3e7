"""Table: a storyboard as rows of a CSV file, from a spreadsheet or another program."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from studio.errors import StoryError, StoryErrors
from studio.story.importing.encodings import read_any
from studio.story.importing.script import Script, ScriptLine, ScriptScene, ScriptShot, clean
from studio.story.reading import nearest

COLUMNS = {
    "shot": ("cut", "no", "id", "カット"), "scene": ("heading", "location", "シーン", "場面"),
    "seconds": ("duration", "length", "time", "秒", "秒数"), "description": ("action", "picture", "内容", "画面"),
    "prompt": ("tags", "プロンプト"), "last_prompt": ("prompt_end", "end_prompt"),
    "speaker": ("character", "who", "話者", "人物"), "text": ("dialogue", "dialog", "line", "セリフ", "台詞"),
    "manner": ("parenthetical", "direction"), "transition": ("トランジション",),
}
"""Columns by name, and what else they may be called. Any order; upper or lower case."""
_NAMES = {other: name for name, others in COLUMNS.items() for other in (name, *others)}
_CLOCK = re.compile(r"(?:(\d+):)?(\d+(?:[.,]\d+)?)\s*s?")
_DISSOLVE = re.compile(r"dissolve(?:\s+(\d+(?:\.\d+)?))?")


@dataclass
class _Shot:
    """A shot while its rows come in."""

    scene: str
    row: dict[str, str]
    seconds: float | None
    dissolve: float | None
    lines: list[ScriptLine]

    def finished(self) -> ScriptShot:
        """The shot with all its lines."""
        prompts = tuple(p for p in (self.row["prompt"], self.row["last_prompt"]) if p)
        return ScriptShot(self.row["description"], tuple(self.lines), self.seconds, prompts, self.row["shot"], self.dissolve)


def read_table(file: Path, encoding: str | None = None) -> Script:
    """The storyboard table in `file`: a row with another `shot` (or a description, where there is no such column) begins a
    shot, other rows add a line to it.

    Raises StoryErrors that name each bad row by its line.
    """
    text, warnings = read_any(file, encoding)
    rows = csv.reader(io.StringIO(text, newline=""), _dialect(text))
    shots: list[_Shot] = []
    errors: list[StoryError] = []
    columns: list[str] | None = None
    begins = 1
    try:
        for cells in rows:
            line, begins = begins, rows.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns, told = _header(file, line, cells)
                warnings += told
                continue
            try:
                _take(shots, _row(cells, columns))
            except ValueError as exc:
                message, _, remedy = str(exc).partition(" | ")
                errors.append(StoryError(message, file=file, line=line, remedy=remedy))
    except csv.Error as exc:
        errors.append(StoryError(f"not a table ({exc})", file=file, line=begins,
                                 remedy="Close its quotes, or export it again as CSV"))
    if errors:
        raise StoryErrors(errors)
    if not shots:
        raise StoryError("the table has no rows" if columns else "the table is empty", file=file,
                         remedy=f"Begin with a row of column names: {', '.join(COLUMNS)}")
    return Script(file.stem, _scenes(shots), warnings=warnings)


def _dialect(text: str) -> type[csv.Dialect]:
    """Comma, semicolon or tab: whichever the first line has most of."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    class Found(csv.excel):
        delimiter = max(",;\t", key=first.count)
        strict = True

    return Found


def _header(file: Path, line: int, cells: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """The columns by our names, and a warning for each that we do not know."""
    columns = [_NAMES.get(clean(cell).lower().replace(" ", "_"), "") for cell in cells]
    known = [c for c in columns if c]
    if doubled := next((c for c in known if known.count(c) > 1), None):
        raise StoryError(f"column '{doubled}' stands twice", file=file, line=line, remedy="Rename or remove one of them")
    if not {"description", "text", "prompt"} & set(known):
        raise StoryError("no column 'description', 'prompt' or 'text'", file=file, line=line,
                         remedy=f"Begin with a row of column names: {', '.join(COLUMNS)}")
    unknown = [clean(cell) for cell, name in zip(cells, columns, strict=True) if cell.strip() and not name]
    return columns, tuple(f"column '{name}' was left out: it is not known. {nearest(name.lower(), _NAMES)}" for name in unknown)


def _row(cells: list[str], columns: list[str]) -> dict[str, str]:
    if any(cell.strip() for cell in cells[len(columns):]):
        raise ValueError(f"{len(cells)} cells for {len(columns)} columns | Put quotes around text that holds the separator")
    row = {name: clean(cell) for name, cell in zip(columns, cells, strict=False) if name}
    return {name: row.get(name, "") for name in COLUMNS}


def _take(shots: list[_Shot], row: dict[str, str]) -> None:
    """Add one row. Raises ValueError, `what | remedy`."""
    last = shots[-1] if shots else None
    seconds, dissolve = _seconds(row["seconds"]), _transition(row["transition"])
    new = row["shot"] != last.row["shot"] if last and row["shot"] else bool(row["description"] or row["prompt"])
    if last is None or new:
        if not any(row[name] for name in ("shot", "description", "prompt", "text")):
            raise ValueError("a row without shot, description and text | Fill one of them, or remove the row")
        last = _Shot(row["scene"] or (last.scene if last else ""), row, seconds, dissolve, [])
        shots.append(last)
    elif seconds is not None and seconds != last.seconds:
        raise ValueError(f"shot '{last.row['shot']}' has another length here | Give the length in its first row only")
    if row["speaker"] and not row["text"]:
        raise ValueError(f"'{row['speaker']}' says nothing | Fill 'text', or empty 'speaker'")
    if row["text"]:
        last.lines.append(ScriptLine(row["speaker"], row["text"], row["manner"].strip("()")))


def _seconds(text: str) -> float | None:
    """Seconds of `3`, `3.5`, `2,5`, `4s` or `1:05`."""
    if not text:
        return None
    found = _CLOCK.fullmatch(text.lower())
    value = 60 * int(found[1] or 0) + float(found[2].replace(",", ".")) if found else 0.0
    if not 0 < value <= 3600:
        raise ValueError(f"seconds '{text}' is no length between 0 and 3600 | Write seconds (3.5) or minutes (1:05)")
    return value


def _transition(text: str) -> float | None:
    found = _DISSOLVE.fullmatch(text.lower())
    if text and text.lower() != "cut" and not found:
        raise ValueError(f"unknown transition '{text}' | Write cut, dissolve, or dissolve 0.8 (seconds)")
    value = float(found[1] or 0.5) if found else None
    if value is not None and not 0 < value <= 10:
        raise ValueError(f"a dissolve of {value:g} seconds | Use more than 0 and at most 10")
    return value


def _scenes(shots: list[_Shot]) -> tuple[ScriptScene, ...]:
    scenes: list[tuple[str, list[ScriptShot]]] = []
    for shot in shots:
        if not scenes or scenes[-1][0] != shot.scene:
            scenes.append((shot.scene, []))
        scenes[-1][1].append(shot.finished())
    return tuple(ScriptScene(heading, tuple(inside)) for heading, inside in scenes)
