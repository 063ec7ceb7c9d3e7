"""Fonts: which voice speaks in which of the shipped faces, and their glyphs as vector outlines."""

import unicodedata
from functools import cache, lru_cache
from typing import Any

import uharfbuzz

from studio.errors import LetteringError
from studio.fonts.shipped import characters, font_file
from studio.story.storyboard import BalloonKind

hb: Any = uharfbuzz
"""Compiled, without types."""

Op = tuple[str, tuple[float, ...]]
"""A path step in em, y upwards: `M` x y, `L` x y, `C` x1 y1 x2 y2 x y, `Z`."""
Box = tuple[float, float, float, float]


class Face:
    """One font file. Sizes are in em (1.0 is the type size), y upwards from the baseline."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.hb_face = hb.Face(hb.Blob.from_file_path(font_file(name)))
        self.font = hb.Font(self.hb_face)
        self.em = float(self.hb_face.upem)

    @property
    def characters(self) -> frozenset[int]:
        """Code points that the face can write."""
        return characters(self.name)

    @lru_cache(maxsize=4096)  # noqa: B019 (faces live as long as the process)
    def outline(self, glyph: int) -> tuple[Op, ...]:
        """The glyph's contours."""
        ops: list[Op] = []
        self.font.draw_glyph(glyph, _drawing(), (ops, 1.0 / self.em))
        return tuple(ops)

    def box(self, glyph: int) -> Box:
        """Left, bottom, right, top of the glyph's ink."""
        found = self.font.get_glyph_extents(glyph)
        if found is None:
            return 0.0, 0.0, 0.0, 0.0
        left, top = found.x_bearing / self.em, found.y_bearing / self.em
        return left, top + found.height / self.em, left + found.width / self.em, top


@cache
def _drawing() -> Any:
    """HarfBuzz callbacks that append to a list; quadratic curves of TrueType become cubic, as PDF has no others."""
    funcs = hb.DrawFuncs()

    def move(x: float, y: float, data: tuple[list[Op], float]) -> None:
        data[0].append(("M", (x * data[1], y * data[1])))

    def line(x: float, y: float, data: tuple[list[Op], float]) -> None:
        data[0].append(("L", (x * data[1], y * data[1])))

    def cubic(
        ax: float, ay: float, bx: float, by: float, x: float, y: float, data: tuple[list[Op], float]
    ) -> None:
        data[0].append(("C", tuple(v * data[1] for v in (ax, ay, bx, by, x, y))))

    def quadratic(cx: float, cy: float, x: float, y: float, data: tuple[list[Op], float]) -> None:
        fx, fy = (v / data[1] for v in data[0][-1][1][-2:])
        cubic(fx + (cx - fx) * 2 / 3, fy + (cy - fy) * 2 / 3, x + (cx - x) * 2 / 3, y + (cy - y) * 2 / 3, x, y, data)

    def close(data: tuple[list[Op], float]) -> None:
        data[0].append(("Z", ()))

    funcs.set_move_to_func(move)
    funcs.set_line_to_func(line)
    funcs.set_cubic_to_func(cubic)
    funcs.set_quadratic_to_func(quadratic)
    funcs.set_close_path_func(close)
    return funcs


@cache
def face(name: str) -> Face:
    """The shipped face `name`, opened once."""
    return Face(name)


def voices(kind: BalloonKind, language: str) -> tuple[Face, ...]:
    """The faces that a balloon is set in: the first that has a character writes it."""
    if kind == "sfx":
        names = ("reggae", "mplus", "comic")
    elif language == "ja":
        names = ("mplus", "reggae", "comic")
    elif kind in ("thought", "whisper"):
        names = ("comic_italic", "comic", "mplus", "reggae")
    else:
        names = ("comic", "mplus", "reggae")
    return tuple(face(n) for n in names)


def face_of(char: str, faces: tuple[Face, ...]) -> Face | None:
    """The first of `faces` that can write `char`, or None."""
    return next((f for f in faces if ord(char) in f.characters), None)


def check_characters(text: str, faces: tuple[Face, ...], field: str) -> None:
    """Raises LetteringError that names the first character which none of `faces` can write."""
    for char in text:
        if char.isspace() or face_of(char, faces):
            continue
        name = unicodedata.name(char, "a character without a name")
        raise LetteringError(
            f"no shipped font can write '{char}' (U+{ord(char):04X} {name}) in \"{shortened(text)}\"", field=field,
            remedy="Write it another way; the fonts have Latin, kana, JIS kanji and common symbols, but no emoji",
        )


def shortened(text: str) -> str:
    """The text on one line, cut to 40 characters: enough to find it in a storyboard."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"
