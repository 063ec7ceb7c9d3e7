"""Locks: a take's composition kept by its line art, by the take itself or outside a mask, while all else varies. Pure."""

from dataclasses import dataclass, replace
from pathlib import Path

from studio.errors import StoryError
from studio.plan.history import History, PastTake
from studio.plan.library import Library
from studio.plan.plans import Step
from studio.plan.prompts import PanelWish
from studio.plan.recipes import LinesRecipe
from studio.plan.refs import ControlRef, InitRef
from studio.plan.stepping import Stepper
from studio.story.show import Show
from studio.story.sweeps import Lock, Sweep

MASKED = 0.8
"""How strongly the inside of a mask is drawn anew where the lock does not say."""


@dataclass(frozen=True)
class Locked:
    """A take and by what its composition is kept."""

    lock: Lock
    take: PastTake
    lines: Step | None
    """Its line art; None where that is not used."""
    model: str = ""
    """sha256 of the ControlNet that is shown the line art."""
    mask: tuple[str, Path] | None = None
    """sha256 and file."""

    @property
    def strength(self) -> float:
        """How strongly cells are drawn over the take, where they start from it."""
        return self.lock.strength or MASKED

    def applied(self, wish: PanelWish) -> PanelWish:
        """`wish` with the composition of the take, as far as its line art is made."""
        recipe, inputs = wish.recipe, dict(wish.inputs)
        if self.lines and self.lines.artifact:
            control = ControlRef(model=self.model, image=self.lines.artifact, weight=self.lock.weight, start=self.lock.start,
                                 end=self.lock.end)
            recipe = recipe.model_copy(update={"controls": (*recipe.controls, control)})
        if self.lock.strength is not None or self.mask:
            init = InitRef(image=self.take.artifact, mask=self.mask[0] if self.mask else None,
                           strength=self.strength)
            recipe = recipe.model_copy(update={"init": init})
        if self.mask:
            inputs[self.mask[0]] = self.mask[1]
        return replace(wish, recipe=recipe, inputs=inputs)


def locked(show: Show, library: Library, stepper: Stepper, sweep: Sweep) -> Locked | None:
    """What `sweep` keeps; None for one without a lock.

    Raises StoryError for a unit without a take, a take that is unknown or lost, or a mask that is not there; ModelError for a
    ControlNet that is.
    """
    lock = sweep.lock
    if lock is None or sweep.unit is None:
        return None
    take = _take(stepper.history, sweep.unit, lock)
    if not stepper.has(take.artifact, take.suffix):
        raise StoryError(f"take {take.artifact[:12]}… of {sweep.unit} is not kept any more", field="lock.take",
                         remedy="'genga apply' draws it again")
    mask = _mask(show, library, lock.mask) if lock.mask else None
    if not lock.lines:
        return Locked(lock, take, None, mask=mask)
    recipe = LinesRecipe(contract=library.contracts["lines"], image=take.artifact)
    lines = stepper.step(sweep.unit, "lines", sweep.unit, recipe)
    # nobody picks among line arts: one that is kept is fresh
    lines = replace(lines, state="fresh", reasons=()) if lines.artifact else lines
    return Locked(lock, take, lines, library.models.expect(_controlnet(library, lock), "controlnet"), mask)


def _take(history: History, unit: str, lock: Lock) -> PastTake:
    if lock.take is None:
        pick = history.picks.get((unit, "panel", "")) or history.picks.get((unit, "keyframe", ""))
        found = [history.takes[pick.recipe]] if pick and pick.recipe in history.takes else []
        if not found:
            raise StoryError(f"{unit} has no take in use whose composition could be kept", field="lock",
                             remedy="Draw it first with 'genga apply', or name a 'take'")
        return found[0]
    named = {take.artifact: take for take in history.takes.values()
             if take.artifact.startswith(lock.take) and take.seed is not None}
    if len(named) != 1:
        raise StoryError(f"{len(named) or 'no'} drawn takes begin with {lock.take}", field="lock.take",
                         remedy="'genga review --list' and a sweep's table name takes; give more letters of one")
    return next(iter(named.values()))


def _mask(show: Show, library: Library, name: str) -> tuple[str, Path]:
    """Raises StoryError for a file outside the show, one that is not there, and what is no picture."""
    file = show.folder / name
    if not file.resolve().is_relative_to(show.folder.resolve()):
        raise StoryError("the mask lies outside the show", file=file, field="lock.mask",
                         remedy=f"Copy it into {show.folder.name}/ and name it relative to it")
    if not file.is_file():
        raise StoryError("there is no such picture", file=file, field="lock.mask",
                         remedy="Save one of the take's size there: white where it may change, black where it stays")
    from PIL import Image

    try:
        with Image.open(file) as picture:
            picture.load()
    except Exception as exc:  # PIL raises a dozen kinds for damaged files
        raise StoryError(f"the mask cannot be decoded ({exc})", file=file, field="lock.mask",
                         remedy="Save it as a PNG of the take's size: white may change, black stays") from exc
    return library.files.digest(file), file


def _controlnet(library: Library, lock: Lock) -> str:
    if lock.model:
        return lock.model
    known = [name for name, card in library.models.cards.items() if card.architecture == "controlnet"]
    if len(known) != 1:
        raise StoryError(f"models.yaml has {len(known) or 'no'} ControlNets", field="lock.model",
                         remedy=f"Name the one for line art: {', '.join(known)}" if known else
                         "Add a ControlNet for line art, or keep the take by 'lines: false' and a 'strength' or 'mask'")
    return known[0]
