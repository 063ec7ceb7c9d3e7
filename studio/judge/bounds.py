"""Bounds: which one people's verdicts speak for. Proposed, never set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from studio.judge.tallies import Sample, Tally

ENOUGH_ACCEPTED, ENOUGH_REJECTED = 10, 5
"""Fewer pictures of either kind propose nothing."""
MOST_FALSE_BLOCKS = 0.05
"""Most of the accepted pictures that a proposed bound may stop."""
WORTH = 0.05
"""By so much Youden's J has to rise: less than that is noise, and changing a bound is work."""
Side = Literal["min", "max"]
SIDES: tuple[Side, ...] = ("min", "max")
Pair = tuple[float | None, float | None]


@dataclass(frozen=True)
class Proposal:
    """Other bounds for a gate, and what they would have done to the pictures that they were found with."""

    min: float | None
    max: float | None
    tally: Tally


def propose(sample: Sample, low: float | None, high: float | None) -> tuple[Proposal | None, str]:
    """Better bounds than min `low` and max `high`, on the sides that the gate has; or None and why.

    Rule: of the midpoints between neighbouring numbers, the one with the highest Youden's J (recall of its reasons less false
    blocks; Youden 1950, Index for rating diagnostic tests) among those that stop at most MOST_FALSE_BLOCKS of what people
    accepted. The best of many candidates always looks good by luck, so it is proposed only where the 95 % intervals of
    recall and false blocks do not overlap, and only where it is WORTH it or today's bound stops too much.
    """
    now = sample.tally(low, high)
    if now.accepted < ENOUGH_ACCEPTED or now.fitting < ENOUGH_REJECTED:
        return None, (f"too few verdicts ({now.accepted} accepted, {now.fitting} rejected for its reasons; "
                      f"{ENOUGH_ACCEPTED} and {ENOUGH_REJECTED} are needed)")
    best = _best(sample, low, high)
    if best and _apart(best.tally) and (not _allowed(now) or best.tally.youden >= now.youden + WORTH):
        return best, ""
    if _allowed(now) and (_apart(now) or (best and _apart(best.tally))):
        return None, "as good as it gets"
    told = "" if _allowed(now) else ", and it stops too much of what people accept: loosen it, or let it only warn"
    return None, f"no bound on these numbers tells accepted from rejected pictures{told}"


def _allowed(tally: Tally) -> bool:
    return tally.stopped_accepted <= MOST_FALSE_BLOCKS * tally.accepted


def _apart(tally: Tally) -> bool:
    """Recall is above false blocks, even with the worst luck that their intervals allow."""
    recall, false_blocks = tally.own_recall.interval, tally.false_blocks.interval
    return recall is not None and false_blocks is not None and recall[0] > false_blocks[1]


def _best(sample: Sample, low: float | None, high: float | None) -> Proposal | None:
    """The sides in turn, each with the other as it then is, begun with either: trying all pairs takes the square of the time."""
    sides: list[Side] = [side for side in SIDES if {"min": low, "max": high}[side] is not None]
    orders = (sides, sides[::-1]) if len(sides) == 1 else (sides * 2, sides[::-1] * 2)
    found = [end for order in orders if (end := _search(sample, (low, high), order))]
    return max(found, key=_goodness, default=None)


def _search(sample: Sample, start: Pair, order: Sequence[Side]) -> Proposal | None:
    bounds, best = start, None
    for side in order:
        tried = (Proposal(*pair, sample.tally(*pair)) for pair in _pairs(sample, bounds, side))
        found = max((one for one in tried if _allowed(one.tally)), key=_goodness, default=None)
        if found:
            bounds, best = (found.min, found.max), found
    return best


def _goodness(proposal: Proposal) -> tuple[float, int]:
    return proposal.tally.youden, -proposal.tally.stopped_accepted


def _pairs(sample: Sample, bounds: Pair, side: Side) -> Iterator[Pair]:
    """The bounds with other ones on one side: as it is, one that stops nothing seen so far, and between each two numbers."""
    low, high = bounds
    values = sorted({*sample.accepted, *sample.fitting})
    whole = all(value.is_integer() for value in values)
    room = 0.0 if whole else (values[-1] - values[0]) / 20
    if side == "min":
        tried = [low, between(values[0] - room, values[0]), *((b if whole else between(a, b)) for a, b in pairwise(values))]
        yield from ((one, high) for one in tried if one is not None and (high is None or one <= high))
    else:
        tried = [high, between(values[-1], values[-1] + room), *((a if whole else between(a, b)) for a, b in pairwise(values))]
        yield from ((low, one) for one in tried if one is not None and (low is None or low <= one))


def between(a: float, b: float) -> float:
    """The middle of two numbers, a <= b, with as few digits as still lie between them: people write bounds."""
    middle = a + (b - a) / 2
    for digits in range(1, 17):
        rounded = float(f"{middle:.{digits}g}")
        if a < rounded < b:
            return rounded
    return b  # the same, or neighbours in floating point: nothing lies between
