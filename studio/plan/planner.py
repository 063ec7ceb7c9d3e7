"""The planner: the storyboard says which recipes ought to exist, the ledger says which do; the difference, priced."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from studio.errors import GengaError
from studio.plan.history import History, PastPick, Stage
from studio.plan.library import Library
from studio.plan.pages import book_recipe, page_recipe
from studio.plan.plans import Plan, Step
from studio.plan.predict import Estimate, Predictor
from studio.plan.prompts import PanelWish, final_recipe, panel_wish
from studio.plan.reasons import Reason, explain
from studio.plan.recipes import Recipe
from studio.story.boards import placed
from studio.story.geometry import panel_outlines
from studio.story.show import Show
from studio.story.storyboard import Page, Panel, Storyboard, page_unit, panel_unit

Has = Callable[[str, str], bool]
"""Is this artifact (sha256, suffix) kept? A pick whose picture is gone is missing, whatever the ledger says."""

UPSTREAM = (Reason("upstream"),)


def plan_episode(
    show: Show, board: Storyboard, library: Library, history: History, has: Has, predictor: Predictor | None = None
) -> Plan:
    """State, reasons and price of every panel, final, page and book of one episode. Pure: reads, never writes.

    predictor: the history's, when it is made once for many episodes.
    """
    return _Planner(show, board, library, history, has, predictor or Predictor(history)).plan()


@dataclass
class _Planner:
    show: Show
    board: Storyboard
    library: Library
    history: History
    has: Has
    predictor: Predictor

    def plan(self) -> Plan:
        steps: list[Step] = []
        pages: dict[str, list[Step]] = {language: [] for language in self.show.settings.languages}
        for page in self.board.pages:
            finals: list[Step] = []
            for panel_step, final_step in self._panels(page):
                steps += (panel_step, final_step)
                finals.append(final_step)
            for language, made in pages.items():
                made.append(self._page(page, language, finals))
                steps.append(made[-1])
        steps += [self._book(language, made) for language, made in pages.items()]
        return Plan(self.show.name, self.board.episode, tuple(steps))

    def _panels(self, page: Page) -> Iterator[tuple[Step, Step]]:
        outlines = panel_outlines(page, self.show.settings.page, self.show.settings.reading)
        for panel, outline in zip(page.panels, outlines, strict=True):
            left, top, right, bottom = outline.bounds
            yield self._panel(page, panel, (right - left) / (bottom - top))

    def _panel(self, page: Page, panel: Panel, aspect: float) -> tuple[Step, Step]:
        unit = panel_unit(self.board, panel)
        where = page_unit(self.board, page)
        try:
            wish = panel_wish(self.show, self.library, unit, panel, aspect)
        except GengaError as exc:
            error = placed(exc, self.board, unit)
            stuck = Step(unit, "panel", where, "blocked", (Reason(error.render()),), error=error)
            return stuck, Step(unit, "final", where, "blocked", (Reason(f"panel {unit} is blocked"),))
        step = self._step(unit, "panel", where, wish.recipe, wish=wish)
        return step, self._final(step, wish)

    def _final(self, panel: Step, wish: PanelWish) -> Step:
        size = (wish.recipe.width, wish.recipe.height)
        if panel.artifact is None:
            return self._waiting(panel.unit, "final", panel.page, (panel,), wish=wish)
        try:
            recipe = final_recipe(self.library, wish.preset, panel.artifact)
        except GengaError as exc:
            return Step(panel.unit, "final", panel.page, "blocked", (Reason(exc.render()),), error=exc)
        return self._step(panel.unit, "final", panel.page, recipe, wish=wish, size=size)

    def _page(self, page: Page, language: str, finals: list[Step]) -> Step:
        unit = page_unit(self.board, page)
        if any(step.artifact is None for step in finals):
            return self._waiting(unit, "page", unit, finals, language)
        preset = self.library.presets.get(page.panels[0].preset or self.show.settings.default_preset)
        assert preset is not None  # a panel with an unknown preset is blocked and has no artifact
        art = [step.artifact or "" for step in finals]
        recipe = page_recipe(page, self.show, self.library, preset.texture, language, art)
        return self._step(unit, "page", unit, recipe, language)

    def _book(self, language: str, pages: list[Step]) -> Step:
        if any(step.artifact is None for step in pages):
            return self._waiting(self.board.episode, "book", "", pages, language)
        art = [step.artifact or "" for step in pages]
        recipe = book_recipe(self.board, self.show, self.library, language, art)
        return self._step(self.board.episode, "book", "", recipe, language)

    def _step(
        self, unit: str, stage: Stage, page: str, recipe: Recipe, language: str = "",
        wish: PanelWish | None = None, size: tuple[int, int] | None = None,
    ) -> Step:
        """A unit whose recipe is known: compare it with the pick and with every take there is."""
        digest = recipe.digest()
        pick = self._pick(unit, stage, language)
        if pick and pick.recipe == digest:
            return Step(unit, stage, page, "fresh", (), language, recipe, digest, pick.artifact, 0.0, 0.0, "kept", wish)
        take = self.history.takes.get(digest)
        kept = take is not None and self.has(take.artifact, take.suffix)
        refused = self.history.blocking(take.artifact) if take and kept else []
        if refused:
            why = tuple(Reason(f"check {v.check} failed: {v.note}. Set another take, or change the prompt")
                        for v in refused)
            return Step(unit, stage, page, "blocked", why, language, recipe, digest, wish=wish)
        reasons: tuple[Reason, ...] = ()
        if pick:
            wanted = recipe.model_dump(mode="json")
            reasons = explain(self.history.takes.get(pick.recipe), wanted, wish.words if wish else {})
        elif (unit, stage) in self.history.failures:
            reasons = (Reason(f"last try failed: {self.history.failures[(unit, stage)]}"),)
        state = "stale" if pick else "missing"
        if take and kept:
            return Step(unit, stage, page, state, reasons, language, recipe, digest, take.artifact, 0.0, 0.0,
                        "found in the store", wish)
        estimate = self.predictor.estimate(recipe, size)
        return self._priced(Step(unit, stage, page, state, reasons, language, recipe, digest, wish=wish), estimate)

    def _waiting(
        self, unit: str, stage: Stage, page: str, upstream: "tuple[Step, ...] | list[Step]", language: str = "",
        wish: PanelWish | None = None,
    ) -> Step:
        """A unit whose recipe names pictures that do not exist yet."""
        stuck = [s for s in upstream if s.state == "blocked"]
        if stuck:
            why = tuple(Reason(f"{s.stage} {s.unit} is blocked") for s in stuck)
            return Step(unit, stage, page, "blocked", why, language, wish=wish)
        pick = self._pick(unit, stage, language)
        state = "stale" if pick else "missing"
        step = Step(unit, stage, page, state, UPSTREAM if pick else (), language, wish=wish)
        if stage == "final" and wish:
            like = final_recipe(self.library, wish.preset, "0" * 64)
            return self._priced(step, self.predictor.estimate(like, (wish.recipe.width, wish.recipe.height)))
        return self._priced(step, self.predictor.typical(stage))

    def _pick(self, unit: str, stage: Stage, language: str) -> PastPick | None:
        """The unit's pick, as long as its picture is still kept."""
        pick = self.history.picks.get((unit, stage, language))
        return pick if pick and self.has(pick.artifact, pick.suffix) else None

    def _priced(self, step: Step, estimate: Estimate) -> Step:
        rate = self.show.rate(step.pool)
        return step.priced(estimate.seconds, estimate.seconds * rate / 3600, estimate.basis)
