"""Figures with their goals, and grids of pictures to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LABEL = 16  # pixels of a line of text under a picture


@dataclass(frozen=True)
class Figure:
    """A measured value and what it should be: goal None is for information; at_most turns the comparison round."""

    name: str
    value: float
    unit: str = ""
    goal: float | None = None
    at_most: bool = False

    @property
    def reached(self) -> bool:
        """Whether the value meets its goal."""
        if self.goal is None:
            return True
        return self.value <= self.goal if self.at_most else self.value >= self.goal

    def row(self) -> tuple[str, str, str, str]:
        """Name, value, goal, verdict."""
        goal = "" if self.goal is None else f"{'<=' if self.at_most else '>='} {self.goal:g} {self.unit}".strip()
        verdict = "" if self.goal is None else "reached" if self.reached else "NOT REACHED"
        return self.name, f"{self.value:.4g} {self.unit}".strip(), goal, verdict


def share(hits: Sequence[bool] | np.ndarray) -> float:
    """Per cent of hits."""
    return 100 * float(np.mean(hits)) if len(hits) else 0.0


def psnr(made: np.ndarray, wanted: np.ndarray) -> float:
    """Peak signal to noise of uint8 pictures in dB, from the mean error of all of them."""
    error = np.mean((made.astype(np.float32) - wanted.astype(np.float32)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def save_grid(file: Path, pictures: Sequence[np.ndarray], columns: int, labels: Sequence[str] = ()) -> None:
    """Write pictures of one size in rows, each with its label wrapped below it, as WebP."""
    tall, wide = pictures[0].shape[:2]
    font = ImageFont.load_default(9)
    wrapped = [_wrapped(label, wide, font) for label in labels]
    under = 3 + 11 * max((len(lines) for lines in wrapped), default=0)
    rows = (len(pictures) + columns - 1) // columns
    sheet = Image.new("RGB", (columns * (wide + 4), rows * (tall + under + 2)), "white")
    pen = ImageDraw.Draw(sheet)
    for number, picture in enumerate(pictures):
        x, y = number % columns * (wide + 4), number // columns * (tall + under + 2)
        sheet.paste(Image.fromarray(picture), (x, y))
        for row, line in enumerate(wrapped[number] if wrapped else []):
            pen.text((x + 1, y + tall + 1 + row * 11), line, "black", font)
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file, quality=86)


def _wrapped(text: str, wide: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) > wide and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
