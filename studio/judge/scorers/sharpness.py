"""Is the picture in focus: the variance of its Laplacian.

Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy: a comparative study (ICPR 2000): blur takes away what the
Laplacian answers to.
"""

from collections.abc import Sequence
from typing import Annotated, Any

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
        import cv2

        planes = (grey(s.picture, self.parameters.height) for s in subjects)
        return [Measured(float(cv2.Laplacian(plane, cv2.CV_32F).astype("float64").var())) for plane in planes]
