"""Sweeps planned: each cell's recipe, what its rounds cost, and what becomes of winners. Pure."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from studio.errors import GengaError, StoryError
from studio.plan.library import Library
from studio.plan.locks import Locked, locked
from studio.plan.plans import Step
from studio.plan.price import total
from studio.plan.prompts import PanelWish, final_recipe, panel_wish
from studio.plan.sizes import render_size
from studio.plan.stepping import Stepper
from studio.story.drawn import Drawn, LoraUse
from studio.story.fields import Value
from studio.story.geometry import panel_outlines
from studio.story.reading import nearest
from studio.story.show import Show
from studio.story.storyboard import Storyboard, keyframe_unit, panel_unit
from studio.story.sweep_places import in_sweep
from studio.story.sweeps import ADDED, Rung, Settings, Sweep, cells_of_sweep, size_of_sweep, sweep_unit, too_large

OPENED = ("guidance", "steps", "sampler", "scheduler", "clip_skip")
"""Axes that are fields of a preset, and must be open in it."""


@dataclass(frozen=True)
class SweepPlanner:
    """Steps of one sweep."""

    show: Show
    library: Library
    stepper: Stepper
    sweep: Sweep
    boards: Sequence[Storyboard]

    @contextmanager
    def _placed(self) -> Generator[None]:
        """What is wrong is told by the sweep's own file and field."""
        try:
            yield
        except GengaError as exc:
            raise in_sweep(exc, self.sweep) from None

    def check(self) -> None:
        """Raises StoryError for more cells than the ceiling (saying what they would cost), PresetError for a locked field."""
        for cell in self.cells():
            self.wish(cell)

    def cells(self) -> dict[str, Settings]:
        """Cell id -> settings. Raises StoryError for more of them than the ceiling, which are never made."""
        with self._placed():
            return self._cells

    @cached_property
    def _cells(self) -> dict[str, Settings]:
        if too_large(self.sweep):
            raise self._too_many()
        return cells_of_sweep(self.sweep)

    def _too_many(self) -> StoryError:
        """One cell tells the price: to make them all might take for ever."""
        cells = size_of_sweep(self.sweep)
        first = self.sweep.model_copy(update={"over": {axis: values[:1] for axis, values in self.sweep.over.items()},
                                              "prompts": self.sweep.prompts[:1], "search": "grid"})
        planner = replace(self, sweep=first)
        one = self.stepper.predictor.estimate(planner.wish(next(iter(planner.cells()))).recipe).charged
        rate = self.show.rate("image")
        price = total([(None if rate is None else cells * one * rate / 3600, "image")])
        return StoryError(f"{cells} cells are more than the ceiling of {self.sweep.most}; they would take about "
                          f"{cells * one:.0f} s of device time, {price.said(4)}", field="most",
                          remedy="Cross fewer values, draw some with 'search: random', or raise 'most' if it is meant")

    @cached_property
    def locked(self) -> Locked | None:
        """The take whose composition is kept, where one is. Raises StoryError, ModelError."""
        with self._placed():
            return locked(self.show, self.library, self.stepper, self.sweep)

    def step(self, cell: str, rung: Rung | None = None) -> Step:
        """The picture of a cell in a round; as the look says without one."""
        unit = sweep_unit(self.sweep, cell)
        try:
            wish = self.wish(cell, rung)
        except GengaError as exc:
            return self.stepper.stuck(unit, "sweep", unit, exc)
        lines = self.locked.lines if self.locked and self._is_locked(cell) else None
        if lines and lines.artifact is None:
            like = self.stepper.predictor.estimate(wish.recipe)
            return self.stepper.waiting(unit, "sweep", unit, [lines], wish=wish, estimate=like)
        return self.stepper.step(unit, "sweep", unit, wish.recipe, wish=wish)

    def _is_locked(self, cell: str) -> bool:
        return keeps(self._cells[cell])

    def refinement(self, cell: str) -> Step:
        """A winner, drawn with more steps or larger."""
        unit, refine = sweep_unit(self.sweep, cell), self.sweep.refine
        wish = self.wish(cell, Rung(steps=refine.steps, native=refine.native) if refine and refine.steps else None)
        if refine and refine.native and not refine.steps:
            wish = self.wish(cell, Rung(steps=wish.recipe.steps, native=refine.native))
        return self.stepper.step(unit, "refinement", unit, wish.recipe, wish=wish)

    def final(self, refined: Step) -> Step:
        """A refined winner, enlarged as its look enlarges panels."""
        assert refined.wish is not None and refined.artifact is not None
        recipe = final_recipe(self.library, refined.wish.preset, refined.artifact)
        size = (refined.wish.recipe.width, refined.wish.recipe.height)
        return self.stepper.step(refined.unit, "refinement_final", refined.unit, recipe, wish=refined.wish, size=size)

    def wish(self, cell: str, rung: Rung | None = None) -> PanelWish:
        """The recipe of a cell, and why. Raises PresetError, ModelError, StoryError."""
        with self._placed():
            return self._wish(cell, rung)

    def _wish(self, cell: str, rung: Rung | None) -> PanelWish:
        settings = dict(self._cells[cell])
        drawn, aspect, seeds_of = self._base
        changes = _changes(drawn, settings, self.sweep.preset)
        # the seed follows from the unit that is tried, so that only what is crossed tells two pictures apart
        wish = panel_wish(self.show, self.library, seeds_of, drawn.model_copy(update=changes), aspect)
        if self.locked and self._is_locked(cell):
            wish = self.locked.applied(wish)
        recipe = wish.recipe
        if "seed" in settings:
            recipe = recipe.model_copy(update={"seed": int(settings["seed"])})
        elif self.locked and "take" not in settings:
            recipe = recipe.model_copy(update={"seed": self.locked.take.seed})  # the noise it came from keeps it too
        if rung:
            recipe = recipe.model_copy(update={"steps": rung.steps, **self._smaller(wish, rung, aspect)})
        return replace(wish, unit=sweep_unit(self.sweep, cell), recipe=recipe)

    def _smaller(self, wish: PanelWish, rung: Rung, aspect: float) -> dict[str, int]:
        if rung.native is None:
            return {}
        longest = (wish.preset.max_side or 2 * wish.preset.native) / wish.preset.native
        width, height = render_size(aspect, rung.native, round(rung.native * longest))
        return {"width": width, "height": height}

    @property
    def base(self) -> Drawn:
        """The panel or keyframe that is tried, as its author wrote it, or had when a round began."""
        with self._placed():
            return self._base[0]

    @cached_property
    def _base(self) -> tuple[Drawn, float, str]:
        """What is tried: words, proportions, and the unit from which its seed follows."""
        if self.sweep.unit is None:
            return Drawn(id=self.sweep.sweep, prompt="x", characters=self.sweep.characters), 1.0, f"sweep-{self.sweep.sweep}"
        size = self.show.settings.picture
        known: dict[str, tuple[Drawn, float]] = {}
        for board in self.boards:
            for page in board.pages:
                outlines = panel_outlines(page, self.show.settings.page, self.show.settings.reading)
                for panel, outline in zip(page.panels, outlines, strict=True):
                    left, top, right, bottom = outline.bounds
                    known[panel_unit(board, panel)] = (panel, (right - left) / (bottom - top))
            for shot in board.shots:
                known |= {keyframe_unit(board, shot, k): (k.model_copy(update={"preset": k.preset or shot.preset}),
                                                          size.width / size.height) for k in shot.keyframes}
        if self.sweep.unit not in known:
            raise StoryError(f"there is no panel or keyframe '{self.sweep.unit}'", field="unit",
                             remedy=nearest(self.sweep.unit, known))
        drawn, aspect = known[self.sweep.unit]
        return self.sweep.drawn or drawn, aspect, self.sweep.unit


def keeps(settings: Settings) -> bool:
    """Whether a cell keeps the composition that its sweep locks; what does not is there for comparison, and wins nothing."""
    return bool(dict(settings).get("lock", True))


def _changes(drawn: Drawn, settings: dict[str, Value], preset: str | None) -> dict[str, object]:
    """What a cell changes in the words that are tried."""
    changes: dict[str, object] = {"preset": settings.get("preset", preset or drawn.preset)}
    if "prompt" in settings:
        changes["prompt"] = settings["prompt"]
    added = [str(settings[axis]) for axis in ADDED if settings.get(axis)]
    if added:
        changes["prompt"] = ", ".join((drawn.prompt, *added))
    if "take" in settings:
        changes["take"] = settings["take"]
    changes["override"] = {**drawn.override, **{axis: settings[axis] for axis in OPENED if axis in settings}}
    uses = {use.model: use for use in drawn.loras}
    for axis, value in settings.items():
        if axis.startswith("lora."):
            uses[axis.removeprefix("lora.")] = LoraUse(model=axis.removeprefix("lora."), weight=float(value))
    # a weight of nothing is no LoRA at all: the picture without it is the comparison
    changes["loras"] = tuple(use for use in uses.values() if use.weight != 0)
    return changes
