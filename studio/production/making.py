"""Making: units of one stage, found or rendered, judged, picked. Yields each unit the moment it is done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from studio.errors import GengaError, RenderError
from studio.plan.causes import why_made
from studio.plan.film_recipes import InbetweenRecipe
from studio.plan.history import DRAWN, History, PastTake, Stage, Verdict, mending
from studio.plan.inbetweens import motion_of
from studio.plan.limits import limit_of
from studio.plan.plans import Plan, Step
from studio.plan.recipes import ImageRecipe, Recipe
from studio.production.gating import gate_fault, gate_verdicts, measure_for_pick, stopping
from studio.production.measuring import Numbers
from studio.production.opening import Production
from studio.render.renderer import Order, Outcome, Run
from studio.store.events import Failure, Pick, Score


@dataclass(frozen=True)
class Made:
    """One unit at one stage after its turn."""

    step: Step
    take: PastTake | None
    """The take that the unit now uses; None when it failed."""
    reused: bool = False
    verdicts: tuple[Verdict, ...] = ()
    error: GengaError | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to its take that nobody asked for, in sentences."""
        return self.take.notes if self.take else ()


Wanted = Callable[[Step], bool]
Judge = Callable[[Step, PastTake], list[Verdict]]


def everything(step: Step) -> bool:
    """All units."""
    return True


def make_rendered(
    production: Production, plan: Plan, stage: Stage, run: Run, wanted: Wanted, judge: Judge | None, use: bool = True
) -> Iterator[Made]:
    """Bring the units of a stage that a farm renders up to date.

    A unit that fails (blocked, render error, blocking check) is yielded with its error; the others go on. use: false draws
    and judges only: no unit uses what came of it.
    """
    steps = {s.unit: s for s in plan.where(lambda step: step.stage == stage and wanted(step)).steps}
    orders: list[Order] = []
    history = production.history()
    unraised, fault = production.unraised(history), gate_fault(production, stage)
    for step in steps.values():
        if step.waiver:
            yield Made(step, history.takes[step.digest], reused=True)
        elif step.state == "blocked" or step.recipe is None:
            yield Made(step, None, error=why_not(step))
        elif step.todo and step.wish and step.wish.preset.name in unraised:
            yield failed(production, step, run, unraised[step.wish.preset.name])
        elif step.todo and fault:
            yield failed(production, step, run, fault)
        else:
            orders.append(order_of(production, step, history))
    for outcome in production.renderer(run).render(orders):
        yield _finish(production, steps[outcome.order.unit], outcome, run, judge, history, use)


def why_not(step: Step) -> GengaError:
    """The error for a step that cannot be made now."""
    if step.error:
        return step.error
    why = "; ".join(str(r) for r in step.reasons) or "what it is made from is not made yet"
    return RenderError(f"{step.stage} cannot be made: {why}", field=step.unit,
                       remedy="'genga why' tells more; mend it and apply again")


def order_of(production: Production, step: Step, history: History) -> Order:
    """What a renderer is asked for a step whose recipe is known."""
    assert step.recipe is not None
    wish = step.wish
    drawn = wish is not None and step.stage in (*DRAWN, "inbetween")
    return Order(
        step.unit, step.stage, step.recipe, wish.stamp if wish else None, wish.overrides if wish and drawn else (),
        wish.words if wish and drawn else {}, _model_name(step), _names(production, step.recipe), step.inputs, step.pool,
        production.show.price(step.pool), step.language, why_made(step, history), wish.characters if wish and drawn else (),
        step.each, limit_of(step, production.show.settings.limits),
    )


def _model_name(step: Step) -> str:
    """What people call the weights that a step uses: the look's model, or its upscaler."""
    if step.wish is None:
        return ""
    preset = step.wish.preset
    enlarged = {"final": preset.upscale.model, "inbetween_final": motion_of(preset).finals.model}
    return enlarged.get(step.stage, preset.model) or ""


def _names(production: Production, recipe: Recipe) -> dict[str, str]:
    """What people call the further weights of a recipe."""
    if isinstance(recipe, ImageRecipe):
        further = [recipe.vae, *(lora.model for lora in recipe.loras), *(control.model for control in recipe.controls)]
    elif isinstance(recipe, InbetweenRecipe):
        further = [recipe.vae, recipe.adapter, *(lora.model for lora in (*recipe.loras, *recipe.motion_loras))]
    else:
        return {}
    return {sha: name for sha in further if sha and (name := production.library.models.name_of(sha))}


def _finish(
    production: Production, step: Step, outcome: Outcome, run: Run, judge: Judge | None, history: History, use: bool
) -> Made:
    if outcome.take is None:
        return Made(step, None, error=outcome.error)
    try:
        verdicts = _judged(production, step, outcome.take, run, judge, history.numbers)
    except GengaError as exc:  # its picture is kept; the others go on
        return failed(production, step, run, exc, outcome.reused)
    stopped = stopping(history, step, outcome.take, verdicts)
    if stopped:
        why = "; ".join(f"{v.check}: {v.note}" for v in stopped)
        error = RenderError(f"it failed a blocking check ({why})", field=step.unit,
                            remedy=mending(stopped, step.unit))
        return Made(step, None, outcome.reused, verdicts, error)
    if step.state != "fresh" and use:
        pick(production, step, outcome.take, run, outcome.reused)
    return Made(step, outcome.take, outcome.reused, verdicts)


def failed(production: Production, step: Step, run: Run, error: GengaError, reused: bool = False) -> Made:
    """What kept a unit from being drawn or judged stands in the ledger, as what an engine could not draw does."""
    production.ledger.append(Failure(
        show=production.show.name, unit=step.unit, recipe=step.digest, trace=run.trace, run=run.id, attempt=run.attempt,
        stage=step.stage, language=step.language, error=type(error).__name__, message=error.render(), seconds=0.0, usd=0.0,
        pool=step.pool,
    ))
    return Made(step, None, reused, error=error)


def pick(production: Production, step: Step, take: PastTake, run: Run, reused: bool) -> None:
    """Let the unit use this take from now on."""
    production.ledger.append(Pick(
        show=production.show.name, unit=step.unit, recipe=take.recipe, trace=run.trace, run=run.id, attempt=run.attempt,
        artifact=take.artifact, suffix=take.suffix, extras=take.extras, stage=step.stage, reused=reused,
        preset=step.wish.stamp if step.wish else None, language=step.language,
    ))


def _judged(
    production: Production, step: Step, take: PastTake, run: Run, judge: Judge | None, known: Numbers
) -> tuple[Verdict, ...]:
    verdicts = judge(step, take) if judge else []
    if all(v.passed or not v.blocking for v in verdicts):
        verdicts += gate_verdicts(production, step, take, run, known)
        measure_for_pick(production, step, take, run, known)
    if step.state != "fresh":
        keep_verdicts(production, step, take, run, verdicts)
    return tuple(verdicts)


def keep_verdicts(production: Production, step: Step, take: PastTake, run: Run, verdicts: list[Verdict]) -> None:
    """Enter what the checks said into the ledger: what a blocking one refused is never used."""
    for v in verdicts:
        production.ledger.append(Score(
            show=production.show.name, unit=step.unit, recipe=take.recipe, trace=run.trace, run=run.id, attempt=run.attempt,
            artifact=take.artifact, stage=step.stage, scorer=v.check, value=v.value, passed=v.passed, blocking=v.blocking,
            note=v.note,
            gate=v.value is not None,
        ))
