"""Panels and finals: planned, found or rendered, judged, picked."""

from collections.abc import Iterator

from studio.errors import RenderError
from studio.judge.checks import PanelJudge
from studio.plan.history import PastTake, Verdict
from studio.plan.plans import Step
from studio.plan.recipes import ImageRecipe
from studio.production.candidates import draw_candidates
from studio.production.making import Judge, Made, Wanted, everything, make_rendered
from studio.production.opening import Production
from studio.render.renderer import Run
from studio.story.storyboard import Storyboard


def make_panels(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Bring the panels that `wanted` keeps up to date."""
    judge = _of_pictures(production, PanelJudge(production.neighbours))
    failed = draw_candidates(production, board, run, "panel", wanted, judge)
    plan = production.plan(board)
    yield from (Made(step, None, error=failed[step.unit]) for step in plan.steps
                if step.stage == "panel" and step.unit in failed and wanted(step))
    yield from make_rendered(production, plan, "panel", run, lambda step: step.unit not in failed and wanted(step), judge)


def make_finals(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Upscale the picked panels that `wanted` keeps."""
    plan = production.plan(board)
    used = {step.unit for step in plan.steps if step.stage == "panel" and step.stays}
    for step in plan.steps:
        if step.stage == "final" and step.todo and step.unit not in used and wanted(step):
            yield Made(step, None, error=RenderError("its panel is not in use yet", field=step.unit,
                                                     remedy="'genga plan' says what keeps the panel from being used"))
    yield from make_rendered(production, plan, "final", run, lambda step: step.unit in used and wanted(step), None)


def _of_pictures(production: Production, judge: PanelJudge) -> Judge:
    """`judge` as it is asked of a take: with the bytes of its picture."""

    def asked(step: Step, take: PastTake) -> list[Verdict]:
        assert isinstance(step.recipe, ImageRecipe)
        return judge.judge(step.unit, production.artifacts.get(take.artifact, take.suffix), step.recipe)

    return asked

