"""Stepping: one unit at one stage, compared with what the ledger knows. Planners of pages and of shots build on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from studio.errors import GengaError
from studio.plan.choosing import choose
from studio.plan.history import History, PastPick, PastTake, Stage, Verdict, mending
from studio.plan.plans import Step
from studio.plan.predict import Estimate, Predictor
from studio.plan.prompts import PanelWish
from studio.plan.reasons import Reason, explain
from studio.plan.recipes import ImageRecipe, Recipe, recipe_from
from studio.story.show import Show

Has = Callable[[str, str], bool]
"""Is this artifact (sha256, suffix) kept? A pick whose picture is gone is missing, whatever the ledger says."""

LOADING = 0.01
"""Seconds of loading weights that are worth a word."""
UPSTREAM = (Reason("upstream"),)


@dataclass(frozen=True)
class Stepper:
    """Turns recipes into steps of a plan."""

    show: Show
    history: History
    has: Has
    predictor: Predictor

    def step(
        self, unit: str, stage: Stage, place: str, recipe: Recipe, language: str = "",
        wish: PanelWish | None = None, size: tuple[int, int] | None = None, inputs: dict[str, Path] | None = None,
    ) -> Step:
        """A unit whose recipe is known: compare it with the pick and with every take there is.

        size: of an upscale's input that is not rendered yet. inputs: sha256 -> file that must be in the store first.
        """
        step, needed = self._compared(unit, stage, place, recipe, language, wish, size), inputs or (wish.inputs if wish else {})
        return self._waived(replace(step, inputs=needed) if needed else step)

    def _compared(
        self, unit: str, stage: Stage, place: str, recipe: Recipe, language: str, wish: PanelWish | None,
        size: tuple[int, int] | None,
    ) -> Step:
        digest = recipe.digest()
        pick = self.pick(unit, stage, language)
        if pick and pick.recipe == digest and not self._refused(unit, stage, language, pick.artifact):
            return Step(unit, stage, place, "fresh", (), language, recipe, digest, pick.artifact, 0.0, 0.0, "kept", wish)
        take = self.history.takes.get(digest)
        kept = take is not None and self.has(take.artifact, take.suffix)
        refused = self._refused(unit, stage, language, take.artifact) if take and kept else []
        if refused:
            why = tuple(Reason(f"check {v.check} failed: {v.note}. {mending(refused, unit)}") for v in refused)
            return Step(unit, stage, place, "blocked", why, language, recipe, digest, wish=wish)
        reasons: tuple[Reason, ...] = ()
        if pick:
            wanted = recipe.model_dump(mode="json")
            reasons = explain(self.history.takes.get(pick.recipe), wanted, wish.words if wish else {},
                              wish.stamp if wish else None)
        elif (unit, stage, language) in self.history.failures:
            reasons = (Reason(f"last try failed: {self.history.failures[unit, stage, language]}"),)
        state = "stale" if pick else "missing"
        if take and kept:
            return Step(unit, stage, place, state, reasons, language, recipe, digest, take.artifact, 0.0, 0.0,
                        "found in the store", wish)
        each = estimate = self.predictor.estimate(recipe, size)
        if wish and wish.missing:
            count = len(wish.missing)
            estimate = estimate.of(count)
            reasons = (Reason(f"candidate {wish.candidates - count + 1} of {wish.candidates}"), *reasons)
        return self.priced(Step(unit, stage, place, state, reasons, language, recipe, digest, wish=wish, each=each), estimate)

    def _refused(self, unit: str, stage: Stage, language: str, artifact: str) -> list[Verdict]:
        """The checks and gates that forbid using this artifact; a person who accepted it is over the gates."""
        return self.history.blocking(artifact, self.history.accepted(unit, stage, language) == artifact)

    def chosen(self, unit: str, stage: Stage, wish: PanelWish) -> PanelWish:
        """`wish` for the take that people's reviews, gates and the show's pick ask for."""
        candidates = wish.candidates or self.show.settings.candidates
        choice = choose(wish.recipe, unit, stage, self.history, wish.seed_of, wish.take, candidates)
        return replace(wish, recipe=choice.recipe, candidates=candidates, missing=choice.missing)

    def waiting(
        self, unit: str, stage: Stage, place: str, upstream: Sequence[Step], language: str = "",
        wish: PanelWish | None = None, estimate: Estimate | None = None,
    ) -> Step:
        """A unit whose recipe names things that do not exist yet. `estimate`: its price, where that is known already."""
        stuck = [s for s in upstream if s.state == "blocked"]
        if stuck:
            why = tuple(Reason(f"{s.stage} {s.unit} is blocked") for s in stuck)
            return Step(unit, stage, place, "blocked", why, language, wish=wish)
        pick = self.pick(unit, stage, language)
        state = "stale" if pick else "missing"
        step = Step(unit, stage, place, state, UPSTREAM if pick else (), language, wish=wish, each=estimate)
        return self._waived(self.priced(step, estimate or self.predictor.typical(stage)))

    def _waived(self, step: Step) -> Step:
        """A stale unit that somebody waived is the take that it uses, so that what is made from it stays as well."""
        waiver = self.history.waiver(step.unit, step.place) if step.state == "stale" else None
        pick = self.pick(step.unit, step.stage, step.language) if waiver else None
        past = self.history.takes.get(pick.recipe) if pick else None
        if pick is None or past is None:
            return step
        recipe = _read(past, step)
        wish = replace(step.wish, recipe=recipe) if step.wish and isinstance(recipe, ImageRecipe) else step.wish
        return replace(step, waiver=waiver, recipe=recipe, digest=pick.recipe, artifact=pick.artifact, wish=wish, inputs={},
                       seconds=0.0, usd=0.0, basis="waived", each=None)

    def pick(self, unit: str, stage: Stage, language: str) -> PastPick | None:
        """The unit's pick, as long as its picture is still kept."""
        pick = self.history.picks.get((unit, stage, language))
        return pick if pick and self.has(pick.artifact, pick.suffix) else None

    def priced(self, step: Step, estimate: Estimate) -> Step:
        """The step with the seconds that it will be charged for, at the rate of its pool."""
        rate = self.show.rate(step.pool)
        usd = None if rate is None else estimate.charged * rate / 3600
        loading = f", {estimate.loading:.2f} s of loading weights" if estimate.loading >= LOADING else ""
        return step.priced(estimate.charged, usd, estimate.basis + loading, estimate.high + estimate.loading)

    def stuck(self, unit: str, stage: Stage, place: str, error: GengaError, language: str = "") -> Step:
        """A unit that its author has to mend first."""
        return Step(unit, stage, place, "blocked", (Reason(error.render()),), language, error=error)


def _read(past: PastTake, step: Step) -> Recipe | None:
    """The recipe of a take; the wanted one where an older genga wrote what this one cannot read."""
    try:
        return recipe_from(past.body)
    except ValidationError:
        return step.recipe
