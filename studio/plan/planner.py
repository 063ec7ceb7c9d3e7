"""The planner: the storyboard says which recipes ought to exist, the ledger says which do; the difference, priced."""

from collections.abc import Iterator
from dataclasses import dataclass

from studio.errors import GengaError
from studio.plan.budget import ceilings, may_be_held
from studio.plan.history import History
from studio.plan.library import Library
from studio.plan.pages import book_recipe, page_recipe
from studio.plan.plans import Plan, Step, filled
from studio.plan.predict import Predictor
from studio.plan.prompts import PanelWish, final_recipe, panel_wish
from studio.plan.reasons import Reason
from studio.plan.shots import ShotPlanner
from studio.plan.stepping import Has, Stepper
from studio.story.boards import placed
from studio.story.geometry import panel_outlines
from studio.story.show import Show
from studio.story.storyboard import Page, Panel, Storyboard, page_unit, panel_unit


def plan_episode(
    show: Show, board: Storyboard, library: Library, history: History, has: Has, predictor: Predictor | None = None
) -> Plan:
    """State, reasons and price of every unit of one episode, on its way to the book and to the film. Pure: reads, never writes.

    predictor: the history's, when it is made once for many episodes.
    """
    stepper = Stepper(show, history, has, predictor or Predictor(history))
    steps = _Planner(show, board, library, stepper).steps() if board.pages else []
    film = ShotPlanner(show, board, library, stepper)
    if board.shots:
        steps += film.steps()
    apart = may_be_held(board.episode, ceilings(show.settings.budget, history.raised))
    return Plan(show.name, board.episode, filled(steps, apart), tuple(film.warnings), apart)


@dataclass
class _Planner:
    show: Show
    board: Storyboard
    library: Library
    stepper: Stepper

    def steps(self) -> list[Step]:
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
        return steps + [self._book(language, made) for language, made in pages.items()]

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
            stuck = self.stepper.stuck(unit, "panel", where, error)
            return stuck, Step(unit, "final", where, "blocked", (Reason(f"panel {unit} is blocked"),))
        wish = self.stepper.chosen(unit, "panel", wish)
        step = self.stepper.step(unit, "panel", where, wish.recipe, wish=wish)
        return step, self._final(step, wish)

    def _final(self, panel: Step, wish: PanelWish) -> Step:
        size = (wish.recipe.width, wish.recipe.height)
        if panel.artifact is None:
            like = self.stepper.predictor.estimate(final_recipe(self.library, wish.preset, "0" * 64), size)
            return self.stepper.waiting(panel.unit, "final", panel.place, (panel,), wish=wish, estimate=like)
        try:
            recipe = final_recipe(self.library, wish.preset, panel.artifact)
        except GengaError as exc:
            return self.stepper.stuck(panel.unit, "final", panel.place, exc)
        return self.stepper.step(panel.unit, "final", panel.place, recipe, wish=wish, size=size)

    def _page(self, page: Page, language: str, finals: list[Step]) -> Step:
        unit = page_unit(self.board, page)
        if any(step.artifact is None for step in finals):
            return self.stepper.waiting(unit, "page", unit, finals, language)
        preset = self.library.presets.get(page.panels[0].preset or self.show.settings.default_preset)
        assert preset is not None  # a panel with an unknown preset is blocked and has no artifact
        art = [step.artifact or "" for step in finals]
        recipe = page_recipe(page, self.show, self.library, preset.texture, language, art)
        return self.stepper.step(unit, "page", unit, recipe, language)

    def _book(self, language: str, pages: list[Step]) -> Step:
        if any(step.artifact is None for step in pages):
            return self.stepper.waiting(self.board.episode, "book", "", pages, language)
        art = [step.artifact or "" for step in pages]
        recipe = book_recipe(self.board, self.show, self.library, language, art)
        return self.stepper.step(self.board.episode, "book", "", recipe, language)
