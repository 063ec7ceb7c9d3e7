"""Strips: a gate's numbers on a line, accepted pictures above and rejected ones below, ready to be drawn as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from studio.judge.calibration import Calibration, Row

LANE, GAP, TOP = 30.0, 8.0, 5.0
"""Pixels: a lane's height, what lies between two, what lies above the first."""
HEIGHT = TOP + 2 * LANE + GAP + TOP
MOST_DOTS = 250
"""In one lane; of more, evenly chosen ones are drawn."""
GOLDEN = 0.618034
"""Dots are spread over a lane's height by multiples of the golden ratio: neighbours lie far apart, and nothing is random."""

Dot = tuple[float, float]
"""Percent of the width, pixels from the top."""


@dataclass(frozen=True)
class Strip:
    """What is drawn; places on the axis in percent of the width."""

    low: float
    high: float
    """The axis' ends."""
    accepted: tuple[Dot, ...]
    fitting: tuple[Dot, ...]
    """Rejected for a reason that the scorer can see."""
    others: tuple[Dot, ...]
    stops: tuple[tuple[float, float], ...]
    """(begin, width) of what the gate stops today."""
    now: tuple[float, ...]
    proposed: tuple[float, ...]
    left_out: int
    """Dots that are not drawn."""


def strip_of(one: Calibration, row: Row) -> Strip | None:
    """A row's strip; None where it has no numbers. All rows of a gate share one axis."""
    if not row.sample.values:
        return None
    low, high = _axis(one)
    bounds = (one.gate.min, one.gate.max)
    sides = zip(bounds, (row.proposal.min, row.proposal.max) if row.proposal else bounds, strict=True)
    changed = [then for now, then in sides if then is not None and then != now]

    def at(value: float) -> float:
        return round((value - low) / (high - low) * 100, 2)

    def lane(values: Sequence[float], top: float) -> tuple[Dot, ...]:
        kept = _thinned(values)
        return tuple((at(value), round(top + 3 + i * GOLDEN % 1 * (LANE - 6), 1)) for i, value in enumerate(kept))

    begin, end = (at(bound) if bound is not None else None for bound in bounds)
    stops = [(0.0, begin)] if begin is not None else []
    stops += [(end, round(100 - end, 2))] if end is not None else []
    accepted, below = lane(row.sample.accepted, TOP), TOP + LANE + GAP
    fitting, others = lane(row.sample.fitting, below), lane(row.sample.others, below)
    left_out = len(row.sample.values) - len(accepted) - len(fitting) - len(others)
    return Strip(low, high, accepted, fitting, others, tuple(stops), tuple(at(b) for b in bounds if b is not None),
                 tuple(map(at, changed)), left_out)


def _axis(one: Calibration) -> tuple[float, float]:
    """Ends that hold every number and bound of the gate, with a little room."""
    held = [*one.overall.sample.values, *(b for b in (one.gate.min, one.gate.max) if b is not None)]
    held += [b for row in one.rows if row.proposal for b in (row.proposal.min, row.proposal.max) if b is not None]
    room = (max(held) - min(held)) * 0.05 or 1.0
    return min(held) - room, max(held) + room


def _thinned(values: Sequence[float]) -> Sequence[float]:
    if len(values) <= MOST_DOTS:
        return values
    return [values[round(i * (len(values) - 1) / (MOST_DOTS - 1))] for i in range(MOST_DOTS)]
