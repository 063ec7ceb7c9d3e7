"""Is the drawing made of lines: how much of what has an edge lies on thin, dark, connected strokes.

Thin dark strokes are what a black-hat (closing less the picture) leaves, where the closing is of the picture
without its specks.  Of those, lines are what openings by short straight segments in all directions keep (Soille and Talbot,
Directional morphological filtering, PAMI 2001): a curve runs straight over a short way, a speck does not.  Blur takes the
strokes' contrast, speckle breaks lines and brings edges that lie on none: both lower the share.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from studio.judge.scorer import Better, Desk, Measured, Subject, stamped
from studio.judge.scorers.planes import edges, grey
from studio.record import Record

LEAST = 5
"""Pixels."""
DIRECTIONS = 12
"""Of the half circle."""


class Parameters(Record):
    """Of `lines`."""

    height: Annotated[int, Field(ge=16)] = 512
    """Pixels that pictures are shrunk to."""
    width: Annotated[float, Field(gt=0, le=0.2)] = 0.02
    """Share of the height that a stroke may be wide."""
    length: Annotated[float, Field(gt=0, le=1)] = 0.03
    """Share of the height, at least LEAST pixels, over which a stroke has to run straight to be a line."""
    contrast: Annotated[int, Field(ge=1, le=255)] = 40
    """Levels of 255 by which a stroke is darker than what lies around it."""


class LinesScorer:
    """Share of a picture's edge energy (magnitude of its Sobel gradient) that lies on lines, 0 to 1; 0 without any edge."""

    name = "lines"
    version = 1
    better: Better = "higher"
    unit = "share"

    def __init__(self, **given: Any) -> None:
        self.parameters = Parameters.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        return stamped(self)

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer."""
        return [self._measured(grey(s.picture, self.parameters.height)) for s in subjects]

    def _measured(self, plane: np.ndarray) -> Measured:
        import cv2

        energy = np.rint(edges(plane) * 16).astype(np.int64)  # whole numbers have one sum
        dark, lines = self._strokes(plane)
        on_lines = cv2.dilate(lines, np.ones((3, 3), np.uint8)) > 0  # a line's edges lie beside it
        whole, strokes = int(energy.sum()), max(1, int(dark.sum()))
        note = f"{int(lines.sum()) / strokes:.0%} of its dark strokes are lines" if dark.any() else "no dark strokes"
        return Measured(int(energy[on_lines].sum()) / whole if whole else 0.0, note)

    def _strokes(self, plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Masks of thin dark strokes and of those that are lines, (h, w) uint8, 0 or 1."""
        import cv2

        side = max(3, round(plane.shape[0] * self.parameters.width) | 1)
        brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        around = cv2.morphologyEx(cv2.medianBlur(plane, 3), cv2.MORPH_CLOSE, brush)  # white specks are no bright surroundings
        dark = (cv2.subtract(around, plane) >= self.parameters.contrast).astype(np.uint8)
        length = max(LEAST, round(plane.shape[0] * self.parameters.length) | 1)
        lines = np.zeros_like(dark)
        for segment in _segments(length):
            lines = np.maximum(lines, cv2.morphologyEx(dark, cv2.MORPH_OPEN, segment))
        return dark, lines


@cache
def _segments(length: int) -> tuple[np.ndarray, ...]:
    """Straight segments of `length` pixels in DIRECTIONS, each a (length, length) mask."""
    import cv2

    half = length // 2
    drawn: list[np.ndarray] = []
    for number in range(DIRECTIONS):
        x, y = (round(half * part) for part in (math.cos(math.pi * number / DIRECTIONS), math.sin(math.pi * number / DIRECTIONS)))
        mask = np.zeros((length, length), np.uint8)
        cv2.line(mask, (half - x, half - y), (half + x, half + y), 1)
        drawn.append(mask)
    return tuple(drawn)
