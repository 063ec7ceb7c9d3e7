"""Grading: colours through a three-dimensional lookup table, read from Adobe's and Resolve's `.cube` files.

Format: Adobe, "Cube LUT Specification 1.0". Red runs fastest; between the table's points colours are interpolated in all three.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import StoryError
from studio.motion.effects.stage import Applied, Moment, Stage
from studio.story.effects import Grade

if TYPE_CHECKING:
    import numpy as np

SIZES = range(2, 257)
"""Points along one side that the format allows."""
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Cube:
    """A lookup table."""

    table: "np.ndarray"
    """(blue, green, red, 3) float32: the colour that becomes of this one."""
    low: Triple = (0.0, 0.0, 0.0)
    """Colour at the table's first point."""
    high: Triple = (1.0, 1.0, 1.0)
    """Colour at its last."""
    title: str = ""


def grade(effect: Grade, stage: Stage) -> Applied:
    """Every colour through the table; `amount` mixes the result with what was there."""
    import numpy as np

    cube = read_cube(stage.file(effect.lut, "grade.lut"), effect.lut)
    amount = np.float32(effect.amount)

    def through(frame: "np.ndarray", moment: Moment) -> "np.ndarray":
        return np.clip(frame + (apply_cube(cube, frame) - frame) * amount, 0, 1)

    return through


def apply_cube(cube: Cube, frame: "np.ndarray") -> "np.ndarray":
    """`frame`, (height, width, 3) float32, through the table by trilinear interpolation; colours outside it take its edge."""
    import numpy as np
    import torch

    low, high = (np.asarray(v, np.float32) for v in (cube.low, cube.high))
    places = torch.from_numpy((frame - low) / (high - low) * 2 - 1)[None, None]
    colours = torch.from_numpy(cube.table).permute(3, 0, 1, 2)[None]
    found = torch.nn.functional.grid_sample(colours, places, "bilinear", "border", align_corners=True)
    return found[0, :, 0].permute(1, 2, 0).contiguous().numpy()


def read_cube(file: Path, name: str | None = None) -> Cube:
    """The table in `file`, called `name` in errors. Raises StoryError naming the line that cannot be used."""
    import numpy as np

    reader = _Reader(name or str(file))
    for number, words in _lines(file, reader.name):
        reader.take(number, words)
    table = np.asarray(reader.finish(), np.float32).reshape(reader.size, reader.size, reader.size, 3)
    return Cube(table, reader.low, reader.high, reader.title)


def _lines(file: Path, name: str) -> Iterator[tuple[int, list[str]]]:
    """(line number from 1, words) of every line that says something."""
    try:
        with file.open(encoding="utf-8-sig") as source:
            for number, line in enumerate(source, 1):
                words = line.partition("#")[0].split() if not line.startswith("TITLE") else line.split(maxsplit=1)
                if words:
                    yield number, words
    except UnicodeDecodeError as exc:
        raise StoryError(f"this is no text ({exc.reason})", file=name, field="lut", remedy="Export the LUT as .cube") from None
    except OSError as exc:
        raise StoryError(f"the file cannot be read ({exc.strerror})", file=name, field="lut", remedy="Check its name") from exc


class _Reader:
    """What was read so far of a `.cube` file."""

    def __init__(self, name: str) -> None:
        self.name, self.title, self.size, self.line = name, "", 0, 0
        self.low: Triple = (0.0, 0.0, 0.0)
        self.high: Triple = (1.0, 1.0, 1.0)
        self.colours: list[Triple] = []

    def error(self, message: str, remedy: str) -> StoryError:
        return StoryError(message, file=self.name, line=self.line or None, field="lut", remedy=remedy)

    def take(self, number: int, words: list[str]) -> None:
        self.line = number
        match words:
            case ["TITLE", *rest]:
                self.title = " ".join(rest).strip().strip('"')
            case ["LUT_3D_SIZE", size] if size.isdecimal() and int(size) in SIZES:
                self.size = int(size)
            case ["LUT_3D_SIZE", *_]:
                raise self.error(f"'{' '.join(words)}' is no size", f"Use {SIZES.start} to {SIZES.stop - 1}")
            case ["LUT_1D_SIZE" | "LUT_1D_INPUT_RANGE", *_]:
                raise self.error("this is a 1D table, which cannot turn one colour into another",
                                 "Export it as a 3D LUT: 33 points a side are enough")
            case ["DOMAIN_MIN", *rest]:
                self.low = self.triple(rest)
            case ["DOMAIN_MAX", *rest]:
                self.high = self.triple(rest)
            case ["LUT_3D_INPUT_RANGE", low, high]:
                self.low, self.high = self.triple([low] * 3), self.triple([high] * 3)
            case [word, *_] if word[0].isalpha() and word.lower() not in {"nan", "inf", "infinity"}:
                raise self.error(f"'{word}' is not a word of this format", "Export the LUT again as plain .cube (3D)")
            case _:
                self.colour(words)

    def colour(self, words: list[str]) -> None:
        if not self.size:
            raise self.error("a colour stands before LUT_3D_SIZE", "Put 'LUT_3D_SIZE 33' (or what it has) above the colours")
        if len(self.colours) == self.size**3:
            raise self.error(f"there are more than the {self.size**3} colours of a table of {self.size}",
                             "Correct LUT_3D_SIZE, or export the LUT again")
        self.colours.append(self.triple(words))

    def triple(self, words: list[str]) -> Triple:
        try:
            r, g, b = (float(word) for word in words)
        except ValueError:
            raise self.error(f"'{' '.join(words)[:60]}' is not three numbers", "Write red, green and blue") from None
        if not (math.isfinite(r) and math.isfinite(g) and math.isfinite(b)):
            raise self.error(f"'{' '.join(words)[:60]}' holds no finite number", "Export the LUT again")
        return r, g, b

    def finish(self) -> list[Triple]:
        if not self.size:
            raise self.error("there is no LUT_3D_SIZE", "Export the LUT as a 3D .cube")
        if len(self.colours) < self.size**3:
            raise self.error(f"the file ends after {len(self.colours)} of {self.size**3} colours", "Copy or export it again")
        if any(low >= high for low, high in zip(self.low, self.high, strict=True)):
            raise self.error(f"DOMAIN_MIN {self.low} is not below DOMAIN_MAX {self.high}", "Export the LUT again")
        return self.colours
