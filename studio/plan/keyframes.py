"""Keyframes of a shot and what they are made from: depth frames as control maps, a background, figures drawn apart from it."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from studio.errors import GengaError, PresetError, StoryError
from studio.plan.film_recipes import BlockoutRecipe, SequenceRef
from studio.plan.library import Library
from studio.plan.plans import Step
from studio.plan.prompts import PanelWish, panel_wish
from studio.plan.refs import ControlRef, InitRef, LayersRef
from studio.plan.stepping import Stepper
from studio.story.boards import placed
from studio.story.drawn import Drawn
from studio.story.shots import Background, Blockout, Keyframe, Shot
from studio.story.show import Show
from studio.story.storyboard import Storyboard, background_unit, keyframe_unit, shot_unit
from studio.story.timing import ShotTiming

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
"""Depth frames that a folder may hold."""


@dataclass
class KeyframePlanner:
    """Steps of one shot up to its keyframes."""

    show: Show
    board: Storyboard
    library: Library
    stepper: Stepper
    shot: Shot
    timing: ShotTiming
    ingredients: list[Step] = field(default_factory=list[Step])
    """What the keyframes are made from. Nobody picks among these: one that is kept is fresh."""
    keyframes: list[Step] = field(default_factory=list[Step])

    def __post_init__(self) -> None:
        self.place = shot_unit(self.board, self.shot)
        self._blockout = self._ingredient(self._of_blockout(self.shot.blockout)) if self.shot.blockout else None
        self._background = self._ingredient(self._of_background(self.shot.background)) if self.shot.background else None
        figure: Step | None = None
        for keyframe in self.shot.keyframes:
            if self.shot.background:
                figure = self._ingredient(self._figure(keyframe, self.shot.background, figure))
                self.keyframes.append(self._joined(keyframe, self.shot.background, figure))
            else:
                before = self.keyframes[-1] if self.keyframes else None
                self.keyframes.append(self._keyframe(keyframe, before))
        odd = _another_size(self.keyframes)
        if odd:
            at = self.keyframes.index(odd)
            first = next(step for step in self.keyframes if step.wish)
            self.keyframes[at] = self._stuck(odd.unit, "keyframe", _size_error(odd, first))

    def control(self, gap: int) -> SequenceRef | None:
        """The control maps of gap number `gap`, where the shot has a blockout that is made."""
        use, maps = self.shot.blockout, self._maps()
        if use is None or maps is None:
            return None
        frames = maps[gap_maps(gap)]
        return SequenceRef(model=self._control_model(use), frames=frames, weight=use.weight, start=use.start, end=use.end)

    def _keyframe(self, keyframe: Keyframe, before: Step | None) -> Step:
        unit = self._unit(keyframe)
        try:
            wish = self._wish(unit, keyframe)
            if self.shot.blockout:
                wish = self._laid_out(wish, self.shot.blockout)
        except GengaError as exc:
            return self._stuck(unit, "keyframe", exc)
        needed = [step for step in (self._blockout, before if keyframe.from_previous else None) if step]
        if any(step.artifact is None for step in needed):
            return self._waiting(unit, "keyframe", needed, wish)
        wish = self.stepper.chosen(unit, "keyframe", _over(wish, keyframe, before))
        return self.stepper.step(unit, "keyframe", self.place, wish.recipe, wish=wish)

    def _figure(self, keyframe: Keyframe, background: Background, before: Step | None) -> Step:
        """A keyframe's figure by itself, on a plain ground."""
        unit = self._unit(keyframe)
        alone = {"prompt": f"{keyframe.prompt}, {background.plain}", "take": self._take(keyframe)}
        try:
            wish = self._wish(unit, keyframe.model_copy(update=alone))
        except GengaError as exc:
            return self._stuck(unit, "figure", exc)
        if keyframe.from_previous and before and before.artifact is None:
            return self._waiting(unit, "figure", [before], wish)
        wish = _over(wish, keyframe, before)
        return self.stepper.step(unit, "figure", self.place, wish.recipe, wish=wish)

    def _joined(self, keyframe: Keyframe, background: Background, figure: Step) -> Step:
        """A figure and the shot's background as one picture: the keyframe."""
        unit = self._unit(keyframe)
        together = {"prompt": f"{keyframe.prompt}, {background.prompt}", "control": (), "init": None,
                    "take": self._take(keyframe)}
        try:
            wish = self._wish(unit, keyframe.model_copy(update=together))
        except GengaError as exc:
            return self._stuck(unit, "keyframe", exc)
        assert self._background is not None
        needed = [self._background, figure]
        if any(step.artifact is None for step in needed):
            return self._waiting(unit, "keyframe", needed, wish)
        inputs: dict[str, Path] = {}
        mask = self._file(keyframe.mask, inputs) if keyframe.mask else None
        layers = LayersRef(image=figure.artifact or "", ground=self._background.artifact or "", mask=mask,
                           feather=background.feather, strength=background.strength)
        wish = replace(wish, recipe=wish.recipe.model_copy(update={"init": layers}), inputs=inputs)
        return self.stepper.step(unit, "keyframe", self.place, wish.recipe, wish=wish)

    def _take(self, keyframe: Keyframe) -> int:
        """Take number of a figure and of what it is joined to: each rejection of the keyframe asks for the next."""
        return keyframe.take + len(self.stepper.history.rejected(self._unit(keyframe), "keyframe"))

    def _of_background(self, background: Background) -> Step:
        unit = background_unit(self.board, self.shot, background)
        try:
            wish = self._wish(unit, background)
        except GengaError as exc:
            return self._stuck(unit, "background", exc)
        return self.stepper.step(unit, "background", self.place, wish.recipe, wish=wish)

    def _of_blockout(self, use: Blockout) -> Step:
        """The shot's depth frames, cut into control maps as large as its keyframes."""
        inputs: dict[str, Path] = {}
        try:
            drawn = self._wish(self._unit(self.shot.keyframes[0]), self.shot.keyframes[0]).recipe
            self._control_model(use)
            source = tuple(self._file(name, inputs) for name in _frames_of(self.show, use, self.place))
        except GengaError as exc:
            return self._stuck(self.place, "blockout", exc)
        gaps = self.timing.gaps
        recipe = BlockoutRecipe(
            contract=self.library.contracts["blockout"], source=source, read=use.read, invert=use.invert, width=drawn.width,
            height=drawn.height, drawings=self.timing.drawings, keys=(*(gap.start for gap in gaps), self.timing.drawings - 1),
            fps=self.show.settings.fps // self.timing.hold,
        )
        return self.stepper.step(self.place, "blockout", self.place, recipe, inputs=inputs)

    def _laid_out(self, wish: PanelWish, use: Blockout) -> PanelWish:
        """`wish` with the blockout's map of its moment, where that is made."""
        model, maps = self._control_model(use), self._maps()
        if maps is None:
            return wish
        at = next(i for i, keyframe in enumerate(self.shot.keyframes) if self._unit(keyframe) == wish.unit)
        control = ControlRef(model=model, image=maps[key_map(at)], weight=use.weight, start=use.start, end=use.end)
        return replace(wish, recipe=wish.recipe.model_copy(update={"controls": (*wish.recipe.controls, control)}))

    def _maps(self) -> dict[str, str] | None:
        """Name -> sha256 of the control maps that the blockout was made into."""
        made = self.stepper.history.takes.get(self._blockout.digest) if self._blockout else None
        return made.extras if made and self._blockout and self._blockout.artifact else None

    def _control_model(self, use: Blockout) -> str:
        return self.library.models.expect(use.model, "controlnet")

    def _wish(self, unit: str, drawn: Drawn) -> PanelWish:
        size = self.show.settings.picture
        return panel_wish(self.show, self.library, unit, drawn, size.width / size.height, self.shot.preset)

    def _unit(self, keyframe: Keyframe) -> str:
        return keyframe_unit(self.board, self.shot, keyframe)

    def _file(self, name: str, inputs: dict[str, Path]) -> str:
        sha = self.library.files.digest(self.show.folder / name)
        inputs[sha] = self.show.folder / name
        return sha

    def _ingredient(self, step: Step) -> Step:
        fresh = replace(step, state="fresh", reasons=()) if step.artifact and not step.waiver else step
        self.ingredients.append(fresh)
        return fresh

    def _waiting(self, unit: str, stage: Any, needed: list[Step], wish: PanelWish) -> Step:
        like = self.stepper.predictor.estimate(wish.recipe)
        return self.stepper.waiting(unit, stage, self.place, needed, wish=wish, estimate=like)

    def _stuck(self, unit: str, stage: Any, error: GengaError) -> Step:
        return self.stepper.stuck(unit, stage, self.place, placed(error, self.board, unit))


def key_map(keyframe: int) -> str:
    """Name of the control map of keyframe number `keyframe` (from 0) among what a blockout was made into."""
    return f"key-{keyframe + 1:02d}.png"


def gap_maps(gap: int) -> str:
    """Name of the control maps of gap number `gap` (from 0)."""
    return f"gap-{gap + 1:02d}.mkv"


def _over(wish: PanelWish, keyframe: Keyframe, before: Step | None) -> PanelWish:
    """`wish` drawn over the picture before it, if its author wants that."""
    if not keyframe.from_previous or before is None:
        return wish
    init = InitRef(image=before.artifact or "", strength=keyframe.from_previous)
    return replace(wish, recipe=wish.recipe.model_copy(update={"init": init}))


def _frames_of(show: Show, use: Blockout, place: str) -> list[str]:
    """The files of a blockout: the pictures in its folder in the order of their names, or its video."""
    where = show.folder / use.frames
    if not where.is_dir():
        return [use.frames]
    names = sorted(file.name for file in where.iterdir() if file.suffix.lower() in PICTURES)
    if not names:
        raise StoryError(f"there is no picture in '{use.frames}'", field=f"{place}.blockout.frames",
                         remedy=f"Put depth frames there ({', '.join(PICTURES)}), or name a video")
    return [f"{use.frames.rstrip('/')}/{name}" for name in names]


def _size(step: Step) -> tuple[int, int]:
    assert step.wish is not None
    return step.wish.recipe.width, step.wish.recipe.height


def _another_size(keyframes: list[Step]) -> Step | None:
    """The first keyframe that is not as large as the one before it, if there is one."""
    known = [step for step in keyframes if step.wish]
    return next((step for step in known if _size(step) != _size(known[0])), None)


def _size_error(odd: Step, first: Step) -> GengaError:
    (w, h), (x, y) = _size(odd), _size(first)
    return PresetError(f"the keyframe is {w}x{h} pixels, the first of its shot {x}x{y}: nothing can be drawn between them",
                       field=f"{odd.unit}.preset",
                       remedy="Give all keyframes of a shot looks with the same 'native' and 'max_side'")
