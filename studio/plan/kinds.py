"""Kinds of stale over a whole plan: what is stale because of a picture upstream is so for that picture's reasons."""

from collections import defaultdict
from collections.abc import Iterable
from typing import get_args

from studio.plan.plans import Plan, Step
from studio.plan.reasons import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
OF_EPISODE = {"book": "pages", "film": "shots", "subtitles": "shots"}
"""What is made of a whole episode, and of which half of it."""
OWN = ("final", "inbetween_final")
"""Stages that are made from their own unit alone."""


def kinds_of(plan: Plan) -> dict[str, tuple[Kind, ...]]:
    """Key of each stale step that is not waived -> why: content, recipe, or both. Steps stand in the order of making."""
    told: dict[str, tuple[Kind, ...]] = {}
    around: defaultdict[tuple[str, str], set[Kind]] = defaultdict(set)
    for step in plan.steps:
        if step.state != "stale" or step.waiver:
            continue
        found = set(step.kinds)
        if any(reason.cause == "upstream" for reason in step.reasons):
            found |= around[_from(step)]
        told[step.key] = in_order(found)
        half = "pages" if step.stage in ("panel", "final", "page") else "shots"
        for where in (("unit", step.unit), ("place", step.place), ("episode", half)):
            around[where] |= found
    return told


def in_order(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """Each kind once: content, recipe, environment."""
    found = set(kinds)
    return tuple(kind for kind in KINDS if kind in found)


def _from(step: Step) -> tuple[str, str]:
    """Where what a step is made from stands."""
    if step.stage in OF_EPISODE:
        return "episode", OF_EPISODE[step.stage]
    return ("unit", step.unit) if step.stage in OWN else ("place", step.place)
