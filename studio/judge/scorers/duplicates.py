"""Is a panel's picture nearly one that the show uses already."""

from collections.abc import Sequence
from typing import Any

from studio.judge.duplicates import FARTHEST, Neighbours, perceptual_hash
from studio.judge.scorer import Better, Desk, Measured, Subject, Unconditional, stamped


class DuplicatesScorer:
    """Bits of 64 in which the perceptual hash differs from that of the most alike panel of the show; FARTHEST + 1 at most.

    Of two that are alike the one that came first is no duplicate, and the very same picture used twice is its author's will (the
    check not_a_near_duplicate warns of it). What is drawn later is held against what is there, not the other way round; the
    number is forgotten when the other picture is not in use any more. None for all but panels: keyframes of a shot are meant
    to be alike.
    """

    name = "duplicates"
    version = 1
    better: Better = "higher"
    unit = "bits"

    def __init__(self, **given: Any) -> None:
        self.parameters = Unconditional.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        return stamped(self)

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer."""
        return [self._measured(s, desk) if s.stage == "panel" else None for s in subjects]

    def _measured(self, subject: Subject, desk: Desk) -> Measured:
        used = desk.neighbours() if desk.neighbours else Neighbours()
        found = used.nearest(subject.artifact, perceptual_hash(subject.picture))
        if found is None:
            return Measured(float(FARTHEST + 1), "like no other")
        return Measured(float(found[1]), f"as {found[0]}, {used.artifact_of(found[0])[:12]}")
