"""Panels and finals: planned, found or rendered, judged, picked. Yields each unit the moment it is done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from studio.errors import GengaError, RenderError
from studio.judge.checks import PanelJudge
from studio.plan.history import PastTake, Verdict
from studio.plan.plans import Plan, Step
from studio.plan.recipes import ImageRecipe, Recipe
from studio.production.opening import Production
from studio.render.renderer import Order, Outcome, Run
from studio.store.events import Pick, Score
from studio.story.storyboard import Storyboard

if TYPE_CHECKING:
    from imagehash import ImageHash


@dataclass(frozen=True)
class Made:
    """One unit at one stage after its turn."""

    step: Step
    take: PastTake | None
    """The take that the unit now uses; None when it failed."""
    reused: bool = False
    verdicts: tuple[Verdict, ...] = ()
    error: GengaError | None = None


Wanted = Callable[[Step], bool]


def everything(step: Step) -> bool:
    """All units."""
    return True


def make_panels(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Bring the panels that `wanted` keeps up to date.

    A panel that fails (blocked, render error, blocking check) is yielded with its error; the others go on.
    """
    plan = production.plan(board)
    judge = PanelJudge(_hashes(production, plan))
    yield from _make(production, plan, "panel", run, wanted, judge)


def make_finals(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Upscale the picked panels that `wanted` keeps."""
    yield from _make(production, production.plan(board), "final", run, wanted, None)


def _make(
    production: Production, plan: Plan, stage: Literal["panel", "final"], run: Run, wanted: Wanted,
    judge: PanelJudge | None,
) -> Iterator[Made]:
    steps = {s.unit: s for s in plan.steps if s.stage == stage and wanted(s)}
    orders: list[Order] = []
    unraised = production.unraised(production.history())
    for step in steps.values():
        if step.state == "blocked" or step.recipe is None:
            yield Made(step, None, error=_why_not(step))
        elif step.todo and step.wish and step.wish.preset.name in unraised:
            yield Made(step, None, error=unraised[step.wish.preset.name])
        else:
            orders.append(_order(production, step))
    for outcome in production.renderer(run).render(orders):
        yield _finish(production, steps[outcome.order.unit], outcome, run, judge)


def _why_not(step: Step) -> GengaError:
    if step.error:
        return step.error
    why = "; ".join(str(r) for r in step.reasons) or "its picture is not made yet"
    return RenderError(f"{step.stage} cannot be made: {why}", field=step.unit,
                       remedy="'genga why' tells more; mend it and apply again")


def _order(production: Production, step: Step) -> Order:
    assert step.recipe is not None
    wish = step.wish
    preset = wish.preset if wish else None
    model = (preset.upscale.model if step.stage == "final" else preset.model) if preset else None
    return Order(
        step.unit, step.stage, step.recipe, wish.stamp if wish else None,
        wish.overrides if wish and step.stage == "panel" else (), wish.words if wish and step.stage == "panel" else {},
        model or "", _names(production, step.recipe), wish.inputs if wish else {}, step.pool,
        production.show.rate(step.pool), step.language,
    )


def _names(production: Production, recipe: Recipe) -> dict[str, str]:
    """What people call the further weights of a recipe."""
    if not isinstance(recipe, ImageRecipe):
        return {}
    further = [recipe.vae, *(lora.model for lora in recipe.loras), *(control.model for control in recipe.controls)]
    return {sha: name for sha in further if sha and (name := production.library.models.name_of(sha))}


def _finish(production: Production, step: Step, outcome: Outcome, run: Run, judge: PanelJudge | None) -> Made:
    if outcome.take is None:
        return Made(step, None, error=outcome.error)
    verdicts = _judged(production, step, outcome.take, run, judge) if judge else ()
    stopped = [v for v in verdicts if v.blocking and not v.passed]
    if stopped:
        why = "; ".join(f"{v.check}: {v.note}" for v in stopped)
        error = RenderError(f"the picture failed a blocking check ({why})", field=step.unit,
                            remedy="Set another 'take:' or change the prompt, then apply again")
        return Made(step, None, outcome.reused, verdicts, error)
    if step.state != "fresh":
        pick(production, step, outcome.take, run, outcome.reused)
    return Made(step, outcome.take, outcome.reused, verdicts)


def pick(production: Production, step: Step, take: PastTake, run: Run, reused: bool) -> None:
    """Let the unit use this take from now on."""
    production.ledger.append(Pick(
        show=production.show.name, unit=step.unit, recipe=take.recipe, trace=run.trace, run=run.id, attempt=run.attempt,
        artifact=take.artifact, suffix=take.suffix, extras=take.extras, stage=step.stage, reused=reused,
        preset=step.wish.stamp if step.wish else None, language=step.language,
    ))


def _judged(
    production: Production, step: Step, take: PastTake, run: Run, judge: PanelJudge
) -> tuple[Verdict, ...]:
    assert isinstance(step.recipe, ImageRecipe)
    verdicts = judge.judge(step.unit, production.artifacts.get(take.artifact, take.suffix), step.recipe)
    if step.state != "fresh":
        for v in verdicts:
            production.ledger.append(Score(
                show=production.show.name, unit=step.unit, recipe=take.recipe, trace=run.trace, run=run.id,
                attempt=run.attempt, artifact=take.artifact, scorer=v.check, passed=v.passed, blocking=v.blocking,
                note=v.note,
            ))
    return tuple(verdicts)


def _hashes(production: Production, plan: Plan) -> "dict[str, ImageHash]":
    """Perceptual hashes of the panels that the episode uses already."""
    from imagehash import phash

    seen: dict[str, ImageHash] = {}
    for step in plan.steps:
        if step.stage == "panel" and step.state == "fresh" and step.artifact:
            seen[step.unit] = phash(production.sources.picture(step.artifact))
    return seen

