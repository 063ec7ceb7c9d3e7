"""Is the picture in focus: the variance of its Laplacian.

Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy: a comparative study (ICPR 2000): blur takes away what the
Laplacian answers to.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from studio.judge.scorer import Better, Desk, Measured, Subject, stamped
from studio.judge.scorers.planes import grey
from studio.record import Record


class Parameters(Record):
    """Of `sharpness`."""

    height: Annotated[int, Field(ge=16)] = 512
    """Pixels that pictures are shrunk to, so that one bound fits panels and finals."""


class SharpnessScorer:
    """Variance of the 4-neighbour Laplacian of luma, in squared levels of 255. Numbers of different heights do not compare."""

    name = "sharpness"
    version = 1
    better: Better = "higher"
    unit = "levels²"

    def __init__(self, **given: Any) -> None:
        self.parameters = Parameters.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        return stamped(self)

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer."""
        return [Measured(_variance(grey(s.picture, self.parameters.height))) for s in subjects]


def _variance(plane: np.ndarray) -> float:
    """Of the Laplacian; in whole numbers, which have one sum."""
    import cv2

    answer = cv2.Laplacian(plane, cv2.CV_16S).astype(np.int64)
    return (answer.size * int((answer * answer).sum()) - int(answer.sum()) ** 2) / answer.size**2
