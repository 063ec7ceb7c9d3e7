"""Shaping: text to positioned glyphs through HarfBuzz, along a line or down a Japanese column.

Lengths are in em. A line runs right from its start on the baseline (x right, y down); a column runs down from its top,
x = 0 is its middle.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from studio.comic.fonts import Box, Face, face_of, hb

TURNED = frozenset("—―–‐-…‥〜～ー＝=→←：；（）「」『』【】〈〉《》［］｛｝〔〕()[]{}<>")
"""Characters that lie along the column; a face without a vertical form of one has it turned."""
UPRIGHT = {"!": "！", "?": "？", "&": "＆", "%": "％"}
"""Latin marks that stand upright in a column, centred in a full-width cell."""
PIECES = re.compile(r"(?<![!?！？])[!?！？]{2}(?![!?！？])|[A-Za-z0-9À-ÿ.,'’:/@#+-]+|.", re.DOTALL)


@dataclass(frozen=True)
class Glyph:
    """One glyph: its origin, and whether it lies turned by 90 degrees clockwise."""

    face: Face
    id: int
    x: float
    y: float
    turned: bool = False
    squeeze: float = 1.0
    """Width relative to the design: two digits side by side share one cell."""

    @property
    def box(self) -> Box:
        """Left, top, right, bottom of the ink, y down."""
        left, bottom, right, top = self.face.box(self.id)
        if self.turned:
            return self.x + bottom, self.y + left, self.x + top, self.y + right
        return self.x + left * self.squeeze, self.y - top, self.x + right * self.squeeze, self.y - bottom


@dataclass(frozen=True)
class Shaped:
    """A shaped line or column."""

    text: str
    glyphs: tuple[Glyph, ...]
    length: float


def shape_line(text: str, faces: tuple[Face, ...], language: str) -> Shaped:
    """`text` along a line, kerned, each character in the first face that has it."""
    glyphs: list[Glyph] = []
    x = 0.0
    for face, run in _runs(text, faces):
        for gid, dx, dy, advance, _ in _shape(face, run, "ltr", language):
            glyphs.append(Glyph(face, gid, x + dx, -dy))
            x += advance
    return Shaped(text, tuple(glyphs), x)


def shape_column(text: str, faces: tuple[Face, ...], language: str) -> Shaped:
    """`text` down a column: vertical forms of punctuation, short numbers and `!?` side by side, Latin words turned."""
    glyphs: list[Glyph] = []
    y = 0.0
    for way, piece in _pieces(text):
        if way == "together":
            made, length = _together(piece, faces, language)
        elif way == "turned":
            made, length = _turned(shape_line(piece, faces, language))
        else:
            made, length = _stacked(piece, faces, language)
        glyphs += [Glyph(g.face, g.id, g.x, g.y + y, g.turned, g.squeeze) for g in made]
        y += length
    return Shaped(text, tuple(glyphs), y)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Cut a column into stretches that are stacked, set together in one cell, or turned as a whole."""
    ways = ((_way(p), p) for p in PIECES.findall(text))
    for way, group in itertools.groupby(ways, key=lambda w: w[0]):
        if way == "stacked":
            yield way, "".join(p for _, p in group)
        else:
            yield from group


def _way(piece: str) -> str:
    if len(piece) == 2 and all(c in "!?！？" for c in piece):
        return "together"
    if piece.isascii() and piece.isdigit() and len(piece) == 2:
        return "together"
    if len(piece) > 1:
        return "turned"
    return "stacked"


def _stacked(text: str, faces: tuple[Face, ...], language: str) -> tuple[list[Glyph], float]:
    glyphs: list[Glyph] = []
    y = 0.0
    upright = "".join(UPRIGHT.get(c, c) for c in text)
    for face, run in _runs(upright, faces):
        for gid, dx, dy, advance, char in _shape(face, run, "ttb", language):
            if char in TURNED and gid == face.font.get_nominal_glyph(ord(char)):
                turned, length = _turned(shape_line(char, (face,), language), centre_ink=True)
                glyphs += [Glyph(g.face, g.id, g.x, g.y + y, True) for g in turned]
                y += length
                continue
            glyphs.append(Glyph(face, gid, dx, y - dy))
            y -= advance
    return glyphs, y


def _turned(line: Shaped, centre_ink: bool = False) -> tuple[list[Glyph], float]:
    """A line laid down along the column; letters sit with the middle of their capitals on its middle."""
    middle = 0.36
    if centre_ink:
        boxes = [g.face.box(g.id) for g in line.glyphs]
        middle = (min(b[1] for b in boxes) + max(b[3] for b in boxes)) / 2
    return [Glyph(g.face, g.id, -g.y - middle, g.x, True) for g in line.glyphs], line.length


def _together(piece: str, faces: tuple[Face, ...], language: str) -> tuple[list[Glyph], float]:
    """Two characters side by side in one cell of the column (tate-chu-yoko)."""
    line = shape_line(unicodedata.normalize("NFKC", piece), faces, language)
    squeeze = min(1.0, 0.98 / line.length)
    start = -line.length * squeeze / 2
    return [Glyph(g.face, g.id, start + g.x * squeeze, 0.87 + g.y, False, squeeze) for g in line.glyphs], 1.0


def _runs(text: str, faces: tuple[Face, ...]) -> Iterator[tuple[Face, str]]:
    """Stretches of text by the face that writes them; spaces stay with what goes before."""
    current, run = None, ""
    for char in text:
        wanted = current if char.isspace() and current else face_of(char, faces) or faces[0]
        if wanted is not current and run and current:
            yield current, run
            run = ""
        current, run = wanted, run + char
    if run and current:
        yield current, run


@lru_cache(maxsize=2048)
def _shape(face: Face, text: str, direction: str, language: str) -> tuple[tuple[int, float, float, float, str], ...]:
    """Glyph, x and y offset, advance (em, y upwards) and character, one tuple per glyph."""
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = direction
    buffer.language = language
    hb.shape(face.font, buffer)
    em = face.em
    return tuple(
        (
            info.codepoint, at.x_offset / em, at.y_offset / em,
            (at.y_advance if direction == "ttb" else at.x_advance) / em, text[info.cluster],
        )
        for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
    )
