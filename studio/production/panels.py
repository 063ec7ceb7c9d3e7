"""Panels and finals: planned, found or rendered, judged, picked."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from studio.judge.checks import PanelJudge
from studio.plan.history import PastTake, Verdict
from studio.plan.plans import Plan, Step
from studio.plan.recipes import ImageRecipe
from studio.production.making import Judge, Made, Wanted, everything, make_rendered
from studio.production.opening import Production
from studio.render.renderer import Run
from studio.story.storyboard import Storyboard

if TYPE_CHECKING:
    from imagehash import ImageHash


def make_panels(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Bring the panels that `wanted` keeps up to date."""
    plan = production.plan(board)
    judge = PanelJudge(_hashes(production, plan))
    yield from make_rendered(production, plan, "panel", run, wanted, _of_pictures(production, judge))


def make_finals(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Upscale the picked panels that `wanted` keeps."""
    yield from make_rendered(production, production.plan(board), "final", run, wanted, None)


def _of_pictures(production: Production, judge: PanelJudge) -> Judge:
    """`judge` as it is asked of a take: with the bytes of its picture."""

    def asked(step: Step, take: PastTake) -> list[Verdict]:
        assert isinstance(step.recipe, ImageRecipe)
        return judge.judge(step.unit, production.artifacts.get(take.artifact, take.suffix), step.recipe)

    return asked


def _hashes(production: Production, plan: Plan) -> "dict[str, ImageHash]":
    """Perceptual hashes of the panels that the episode uses already."""
    from imagehash import phash

    seen: dict[str, ImageHash] = {}
    for step in plan.steps:
        if step.stage == "panel" and step.stays and step.artifact:
            seen[step.unit] = phash(production.sources.picture(step.artifact))
    return seen
