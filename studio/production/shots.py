"""Shots: keyframes, inbetweens and their finals, rendered on the farm and judged before anything is spent on what follows."""

from collections.abc import Iterator

from studio.judge.sequences import judge_keyframe, judge_sequence
from studio.plan.film_recipes import FramesFinalRecipe, InbetweenRecipe
from studio.plan.history import PastTake, Verdict
from studio.plan.plans import Plan, Step
from studio.plan.recipes import ImageRecipe
from studio.production.making import Judge, Made, Wanted, everything, make_rendered
from studio.production.opening import Production
from studio.render.renderer import Run
from studio.story.storyboard import Storyboard


def make_keyframes(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Draw the keyframes that `wanted` keeps. One drawn over another waits for it, so this goes on until none is left.

    A keyframe that a blocking check refuses stops its shot: nothing after it is spent.
    """
    judge = _of_keyframes(production, production.plan(board))
    tried: set[str] = set()
    while True:
        plan = production.plan(board)
        ready = _ready(plan, wanted, tried)
        if not ready:
            break
        tried |= ready
        yield from make_rendered(production, plan, "keyframe", run, lambda step, ready=ready: step.unit in ready, judge)
    rest = plan.where(lambda step: step.stage == "keyframe" and wanted(step) and step.unit not in tried)
    yield from make_rendered(production, rest, "keyframe", run, everything, judge)


def _ready(plan: Plan, wanted: Wanted, tried: set[str]) -> set[str]:
    """Keyframes whose recipe is known and that were not tried."""
    return {s.unit for s in plan.steps
            if s.stage == "keyframe" and wanted(s) and s.recipe is not None and s.state != "blocked" and s.unit not in tried}


def _of_keyframes(production: Production, plan: Plan) -> Judge:
    """The checks of a keyframe, which know how large the others of its shot are."""
    sizes: dict[str, dict[str, tuple[int, int]]] = {}
    for step in plan.steps:
        if step.stage == "keyframe" and step.wish:
            sizes.setdefault(step.place, {})[step.unit] = (step.wish.recipe.width, step.wish.recipe.height)

    def asked(step: Step, take: PastTake) -> list[Verdict]:
        assert isinstance(step.recipe, ImageRecipe)
        data = production.artifacts.get(take.artifact, take.suffix)
        return judge_keyframe(step.unit, data, step.recipe, sizes[step.place])

    return asked


def make_inbetweens(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Fill the gaps after the keyframes that `wanted` keeps."""
    yield from make_rendered(production, production.plan(board), "inbetween", run, wanted, of_sequences(production))


def make_inbetween_finals(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Bring the frames of the gaps that `wanted` keeps to their final size."""
    yield from make_rendered(production, production.plan(board), "inbetween_final", run, wanted, of_sequences(production))


def of_sequences(production: Production) -> Judge:
    """The checks of a frame sequence, as they are asked of a take."""

    def asked(step: Step, take: PastTake) -> list[Verdict]:
        assert isinstance(step.recipe, InbetweenRecipe | FramesFinalRecipe)
        recipe = step.recipe
        planned = recipe.frames if isinstance(recipe, InbetweenRecipe) else recipe.count
        size = (recipe.width, recipe.height) if isinstance(recipe, InbetweenRecipe) else None
        return judge_sequence(production.artifacts.path(take.artifact, take.suffix), planned, size)

    return asked
