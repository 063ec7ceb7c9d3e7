"""Measured: what the ledger knows of a pool: how long takes last, how many of them are used, what failed tries cost."""

from collections import defaultdict
from dataclasses import dataclass

from studio.plan.history import History, PastTake
from studio.plan.impact.radius import APART, pool_of

POST = ("final", "page", "book", "inbetween_final", "voice", "clip", "subtitles", "film", "blockout", "lines")
"""Stages of the pool `post`, for tries of which no take tells the pool."""


@dataclass(frozen=True)
class PoolFacts:
    """One pool, by the ledger."""

    pool: str
    durations: tuple[float, ...] = ()
    """Device seconds of each take, its share of loading weights included."""
    rendered: int = 0
    """Takes of units; those of sweeps and canaries are tests, and not counted."""
    accepted: int = 0
    """Of these: used by their unit now, and not rejected by a person."""
    reviewed: int = 0
    """Of these: about which a person said something."""
    lost_seconds: float = 0.0
    """Device seconds of tries that failed."""
    artifacts: tuple[tuple[str, str], ...] = ()
    """(sha256, suffix) of each take."""


def measure(history: History) -> dict[str, PoolFacts]:
    """Every pool of which the ledger has a take."""
    takes: defaultdict[str, list[PastTake]] = defaultdict(list)
    for take in history.takes.values():
        if take.stage not in APART:
            takes[pool_of(take)].append(take)
    used = {pick.recipe for pick in history.picks.values()}
    words = {review.artifact: review.verdict for reviews in history.reviews.values() for review in reviews}
    lost = _lost(history, takes)
    return {
        pool: PoolFacts(
            pool, tuple(seconds for t in found if (seconds := t.seconds + t.load_seconds) > 0), len(found),
            sum(t.recipe in used and words.get(t.artifact) != "reject" for t in found),
            sum(t.artifact in words for t in found), lost.get(pool, 0.0), tuple((t.artifact, t.suffix) for t in found),
        ) for pool, found in takes.items()
    }


def _lost(history: History, takes: dict[str, list[PastTake]]) -> dict[str, float]:
    """Pool -> seconds of failed tries. A failure tells its stage; takes of that stage tell the pool."""
    pools: dict[str, str] = {take.stage: pool for pool, found in takes.items() for take in found}
    lost: defaultdict[str, float] = defaultdict(float)
    for stage, seconds in history.lost_seconds.items():
        if stage not in APART:
            lost[pools.get(stage) or ("video" if stage == "inbetween" else "post" if stage in POST else "image")] += seconds
    return lost
