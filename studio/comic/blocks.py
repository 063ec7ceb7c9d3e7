"""Blocks: a text set in one size, in every sensible number of lines or columns. Lengths are in em, y down."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from studio.comic.breaking import Lines, atoms, break_lines
from studio.comic.fonts import Box, Face, voices
from studio.comic.shaping import Glyph, Shaped, shape_column, shape_line
from studio.story.storyboard import BalloonKind

LINE = 1.08
"""From one baseline to the next in English: comics are set tight."""
ASCENT, DESCENT = 0.70, 0.18
"""What a line of the Latin faces takes above and below its baseline."""
COLUMN = 1.3
"""From the middle of one Japanese column to the next."""
MOST_LINES = 12


@dataclass(frozen=True)
class Line:
    """One set line or column: its box and its glyphs, relative to the block's middle."""

    text: str
    glyphs: tuple[Glyph, ...]
    box: Box
    vertical: bool


@dataclass(frozen=True)
class Block:
    """A text broken and set; the origin is the middle of its box."""

    lines: tuple[Line, ...]
    width: float
    height: float
    cost: float
    """How uneven its lines are."""

    @property
    def boxes(self) -> list[Box]:
        """The lines' boxes."""
        return [line.box for line in self.lines]


@lru_cache(maxsize=512)
def blocks(text: str, kind: BalloonKind, language: str) -> tuple[Block, ...]:
    """The text in every number of lines that its words and the author's line breaks allow, fewest first."""
    return tuple(_blocks(text, kind, language))


def _blocks(text: str, kind: BalloonKind, language: str) -> Iterator[Block]:
    faces = voices(kind, language)
    pieces = atoms(text, language)
    ways = [language == "ja"] if kind != "sfx" or language != "ja" else [False, True]
    for vertical in ways:
        shape = shape_column if vertical else shape_line
        widths = [shape(p.text, faces, language).length for p in pieces]
        gaps = [shape(p.gap, faces, language).length if p.gap else 0.0 for p in pieces]
        for count in range(1, min(len(pieces), MOST_LINES) + 1):
            if kind == "sfx" and count > 1 + sum(p.forced for p in pieces):
                break
            flat = vertical or kind in ("caption", "sfx")
            found = break_lines(pieces, widths, gaps, [1.0] * count if flat else _round(count))
            if found:
                yield _columns(found, faces, language) if vertical else _lines(found, faces, language, kind)


def _round(count: int) -> list[float]:
    """Wished lengths of the lines in an ellipse: longest in the middle."""
    middle = (count - 1) / 2
    return [math.sqrt(1 - (0.72 * (i - middle) / (middle + 0.5)) ** 2) for i in range(count)]


def _lines(found: Lines, faces: tuple[Face, ...], language: str, kind: BalloonKind) -> Block:
    """Lines one under the other; centred, but flush left in a caption."""
    shaped = [shape_line(text, faces, language) for text in found.lines]
    width = max(s.length for s in shaped)
    height = ASCENT + DESCENT + LINE * (len(shaped) - 1)
    made: list[Line] = []
    for i, s in enumerate(shaped):
        left = -width / 2 if kind == "caption" else -s.length / 2
        baseline = -height / 2 + ASCENT + LINE * i
        box = (left, baseline - ASCENT, left + s.length, baseline + DESCENT)
        made.append(Line(s.text, _moved(s, left, baseline), box, False))
    return Block(tuple(made), width, height, found.cost)


def _columns(found: Lines, faces: tuple[Face, ...], language: str) -> Block:
    """Columns from right to left, all beginning at the same height."""
    shaped = [shape_column(text, faces, language) for text in found.lines]
    height = max(s.length for s in shaped)
    width = 1.0 + COLUMN * (len(shaped) - 1)
    made: list[Line] = []
    for i, s in enumerate(shaped):
        middle = width / 2 - 0.5 - COLUMN * i
        box = (middle - 0.5, -height / 2, middle + 0.5, -height / 2 + s.length)
        made.append(Line(s.text, _moved(s, middle, -height / 2), box, True))
    return Block(tuple(made), width, height, found.cost)


def _moved(shaped: Shaped, x: float, y: float) -> tuple[Glyph, ...]:
    return tuple(Glyph(g.face, g.id, g.x + x, g.y + y, g.turned, g.squeeze) for g in shaped.glyphs)
