"""Unmade: pages, books, clips and films that wait for pictures which a submission left alone. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from studio.dispatch.submissions import ASSETS, TRACKS
from studio.plan.history import Stage
from studio.plan.plans import Plan, Step

PAGES = TRACKS[0]
"""What a book is made of; the other stages are a film's."""
WHOLE = ("page", "book", "clip", "film")
"""Stages that are made from all that stands before them on their page, in their shot or in their episode."""
ORDER: tuple[Stage, ...] = tuple(ASSETS)


def unmade(plan: Plan, wanted: Iterable[Step]) -> list[tuple[Step, list[Step]]]:
    """Each of `wanted` that cannot be made yet, with what it waits for: the first things that are not there."""
    lacking = [step for step in plan.steps if step.artifact is None and (step.recipe is not None or step.state == "blocked")]
    waiting = [step for step in wanted if step.todo and step.recipe is None]
    return [(step, [one for one in lacking if _before(one, step)]) for step in waiting]


def left_out(plan: Plan, part: Plan) -> list[tuple[Step, list[Step]]]:
    """Pages, books, clips and films of `part` of a plan that wait, with what outside of it they wait for."""
    made = {step.key for step in part.steps if step.todo}
    outside = replace(plan, steps=tuple(step for step in plan.steps if step.key not in made))
    wanted = (step for step in part.steps if step.stage in WHOLE)
    return [(step, lacking) for step, lacking in unmade(outside, wanted) if lacking]


def _before(one: Step, step: Step) -> bool:
    """Whether `step` is made from `one`, perhaps by way of others."""
    beside = (one.stage in PAGES) == (step.stage in PAGES) and ORDER.index(one.stage) < ORDER.index(step.stage)
    return beside and (not step.place or one.place == step.place) and one.language in ("", step.language)
