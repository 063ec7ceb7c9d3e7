"""Tallies: how often a bound and people agree about pictures, with how far so few pictures can be trusted. Pure counting."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

Z = 1.959964
"""Of a 95 % interval."""


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """0..1; None where there is nothing to divide by."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % score interval (Wilson 1927; advised for small counts by Brown, Cai and DasGupta 2001)."""
        if not self.of:
            return None
        p, z2 = self.hits / self.of, Z * Z / self.of
        middle, half = p + z2 / 2, Z * sqrt((p * (1 - p) + z2 / 4) / self.of)
        return max(0.0, (middle - half) / (1 + z2)), min(1.0, (middle + half) / (1 + z2))


@dataclass(frozen=True)
class Tally:
    """What a bound does to pictures that people judged."""

    accepted: int
    rejected: int
    """For whatever reason."""
    fitting: int
    """Of these, the ones rejected for a reason that the scorer can see."""
    stopped_accepted: int
    stopped_rejected: int
    stopped_fitting: int

    @property
    def precision(self) -> Share:
        """Of what the gate stops, how much people rejected too."""
        return Share(self.stopped_rejected, self.stopped_accepted + self.stopped_rejected)

    @property
    def recall(self) -> Share:
        """Of what people rejected, how much the gate stops."""
        return Share(self.stopped_rejected, self.rejected)

    @property
    def own_recall(self) -> Share:
        """The same of rejections for its reasons: no face detector sees bad lettering."""
        return Share(self.stopped_fitting, self.fitting)

    @property
    def false_blocks(self) -> Share:
        """Of what people accepted, how much the gate stops."""
        return Share(self.stopped_accepted, self.accepted)

    @property
    def youden(self) -> float:
        """Youden's J (1950): recall of its reasons less false blocks; 0 tells nothing, 1 all. Needs pictures of both kinds."""
        return self.stopped_fitting / self.fitting - self.stopped_accepted / self.accepted


@dataclass(frozen=True)
class Sample:
    """A scorer's numbers for judged pictures, each part sorted."""

    accepted: tuple[float, ...] = ()
    fitting: tuple[float, ...] = ()
    """Of pictures rejected for a reason that the scorer can see."""
    others: tuple[float, ...] = ()
    """Of pictures rejected for other reasons only."""

    @property
    def values(self) -> list[float]:
        """All of them, sorted."""
        return sorted((*self.accepted, *self.fitting, *self.others))

    def tally(self, low: float | None, high: float | None) -> Tally:
        """What the bounds `low` and `high` do, as Gate.judge does it: a number on a bound passes."""
        good, fitting, others = (_stopped(part, low, high) for part in (self.accepted, self.fitting, self.others))
        return Tally(len(self.accepted), len(self.fitting) + len(self.others), len(self.fitting), good, fitting + others, fitting)


def _stopped(values: Sequence[float], low: float | None, high: float | None) -> int:
    below = bisect_left(values, low) if low is not None else 0
    return below + (len(values) - bisect_right(values, high) if high is not None else 0)
