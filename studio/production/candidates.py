"""Candidates: units that want the best of several takes have all of them drawn before one is picked."""

from dataclasses import replace

from studio.errors import GengaError
from studio.plan.history import Stage
from studio.plan.plans import Plan, Step
from studio.plan.recipes import ImageRecipe
from studio.production.making import Judge, Wanted, everything, make_rendered
from studio.production.opening import Production
from studio.render.renderer import Run
from studio.story.storyboard import Storyboard


def draw_candidates(
    production: Production, board: Storyboard, run: Run, stage: Stage, wanted: Wanted, judge: Judge | None
) -> dict[str, GengaError]:
    """Draw and measure what is missing of the candidates of `stage`: the first of every unit together, then the second, …

    None is used yet. Unit -> error, of those of which one could not be drawn: their best cannot be told.
    """
    plan = production.plan(board).where(lambda s: s.stage == stage and s.renders and wanted(s) and _several(s))
    failed: dict[str, GengaError] = {}
    for number in range(max((len(s.wish.missing) for s in plan.steps if s.wish), default=0)):
        steps = [_candidate(s, number) for s in plan.steps if s.wish and number < len(s.wish.missing)]
        some = Plan(plan.show, plan.episode, tuple(steps))
        for made in make_rendered(production, some, stage, run, everything, judge, use=False):
            if made.error and not made.verdicts:  # one that a gate stops is drawn all the same
                failed[made.step.unit] = made.error
    return failed


def _several(step: Step) -> bool:
    return step.wish is not None and bool(step.wish.missing)


def _candidate(step: Step, number: int) -> Step:
    """The step for one of its unit's candidates."""
    assert step.wish is not None and isinstance(step.recipe, ImageRecipe)
    recipe = step.recipe.model_copy(update={"seed": step.wish.missing[number]})
    return replace(step, recipe=recipe, digest=recipe.digest(), wish=replace(step.wish, recipe=recipe))
