"""Limits: after how many device seconds a step is stopped. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from studio.plan.plans import Step
from studio.plan.predict import GUESSED
from studio.story.show import Limits


@dataclass(frozen=True, slots=True)
class Limit:
    """How long one step may take."""

    seconds: float
    least: float = 0.0
    """Below which nothing is stopped, however many are drawn at once."""


def limit_of(step: Step, limits: Limits) -> Limit | None:
    """What a step may take; None for as long as it likes.

    What show.yaml says of its stage, else a multiple of what nine of ten like takes stay under. Before there are takes nothing
    is known, and nothing is stopped.
    """
    said = next((seconds for stage, seconds in limits.stages.items() if stage == step.stage), None)
    if said is not None:
        return Limit(said)
    each = step.each
    if limits.factor is None or each is None or each.basis == GUESSED:
        return None
    return Limit(limits.factor * each.high, limits.least_seconds)


def together(limits: Iterable[Limit | None]) -> float | None:
    """Device seconds that a batch of such steps may take; None where one has no limit."""
    known = list(limits)
    stated = [limit for limit in known if limit]
    if not stated or len(stated) < len(known):
        return None
    return max(max(limit.least for limit in stated), sum(limit.seconds for limit in stated))
