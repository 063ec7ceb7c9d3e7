"""Is the picture large enough."""

from collections.abc import Sequence
from typing import Any

from studio.judge.scorer import Better, Desk, Measured, Subject, Unconditional, stamped


class MinSideScorer:
    """The smaller side, in pixels."""

    name = "min_side"
    version = 1
    better: Better = "higher"
    unit = "pixels"

    def __init__(self, **given: Any) -> None:
        self.parameters = Unconditional.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        return stamped(self)

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer."""
        return [Measured(float(min(s.picture.size)), "{} x {}".format(*s.picture.size)) for s in subjects]
