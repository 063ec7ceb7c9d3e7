"""Limits: after how many device seconds a step is stopped. Pure."""

from studio.plan.plans import Step
from studio.plan.predict import GUESSED
from studio.story.show import Limits


def limit_of(step: Step, limits: Limits) -> float | None:
    """Device seconds that a step may take; None for as long as it likes.

    What show.yaml says of its stage, else a multiple of what nine of ten like takes stay under. Before there are takes nothing
    is known, and nothing is stopped.
    """
    said = next((seconds for stage, seconds in limits.stages.items() if stage == step.stage), None)
    if said is not None:
        return said
    each = step.each
    if limits.factor is None or each is None or each.basis == GUESSED:
        return None
    return max(limits.least_seconds, limits.factor * each.high)
