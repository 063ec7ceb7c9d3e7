"""Is the picture burnt out or drowned: the share of its pixels that are clipped."""

from collections.abc import Sequence
from typing import Any

from studio.judge.scorer import Better, Desk, Measured, Subject, Unconditional, stamped


class ExposureScorer:
    """Share of pixels whose luma is 0 or 255, 0 to 1. Line art on white paper is clipped by nature."""

    name = "exposure"
    version = 1
    better: Better = "lower"
    unit = "share"

    def __init__(self, **given: Any) -> None:
        self.parameters = Unconditional.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        return stamped(self)

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer."""
        return [_clipped(s) for s in subjects]


def _clipped(subject: Subject) -> Measured:
    levels = subject.picture.convert("L").histogram()
    black, white, whole = levels[0], levels[255], max(1, sum(levels))
    note = f"{black / whole:.1%} black, {white / whole:.1%} white" if black or white else ""
    return Measured((black + white) / whole, note)
