"""Canaries: a few fixed pictures of a preset, drawn again and again. When one comes out differently, something changed."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from studio.errors import GengaError, StoryError
from studio.plan.history import PastTake
from studio.plan.library import Library
from studio.plan.presets import Preset, PresetStamp
from studio.plan.prompts import PanelWish, panel_wish
from studio.plan.reasons import explain
from studio.record import canonical_json, sha256
from studio.story.drawn import Drawn, LoraUse
from studio.story.fields import Id, Text, Words
from studio.story.reading import Source, Written, nearest
from studio.story.show import Show

FOLDER = "canaries"
OF_PRESET = ("sampler", "scheduler", "steps", "guidance", "clip skip", "precision", "batch size", "engine", "size",
             "preset template", "negative prompt", "LoRA")
"""Reasons that the preset's own fields tell already."""
SHORT = 60
"""Characters of an old or new value that a change shows."""


class Canary(Written):
    """One fixed picture."""

    id: Id
    prompt: Words
    characters: tuple[Id, ...] = ()
    negative: Text = ""
    """Added to the preset's negative prompt."""
    loras: tuple[LoraUse, ...] = ()
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    """Fixed: it follows from no name, so that nothing but what draws can change the picture."""


class CanaryFile(Written):
    """One file in canaries/, called as its preset."""

    SCHEMA = "canaries"

    canaries: Annotated[tuple[Canary, ...], Field(min_length=1, max_length=12)]

    @model_validator(mode="after")
    def _ids_once(self) -> "CanaryFile":
        ids = [canary.id for canary in self.canaries]
        twice = next((name for name in ids if ids.count(name) > 1), None)
        if twice:
            raise ValueError(f"canary '{twice}' stands twice; give one another id")
        return self


STANDARD = (
    Canary(id="face", prompt="1girl, solo, portrait, black hair, short hair, brown eyes, smile, simple background", seed=11),
    Canary(id="figure", prompt="1boy, solo, full body, brown hair, school uniform, looking at viewer, sky", seed=12),
    Canary(id="night", prompt="1girl, solo, upper body, red hair, long hair, jacket, city, night", seed=13),
)
"""For presets without a file: a face, a whole figure, a dark picture."""


def canary_unit(preset: str, canary: str) -> str:
    """How ledger and picture call a canary; no unit of a storyboard has a slash in it."""
    return f"{FOLDER}/{preset}/{canary}"


def read_canaries(show: Show, preset: str) -> tuple[Canary, ...]:
    """The canaries of a preset. Raises StoryError for a broken file, or one that names an unknown character."""
    file = canary_file(show, preset)
    if not file.is_file():
        return STANDARD
    source = Source(file)
    canaries = source.parse(CanaryFile).canaries
    for i, canary in enumerate(canaries):
        for j, name in enumerate(canary.characters):
            if name not in show.cast:
                raise source.error(f"unknown character '{name}'", ("canaries", i, "characters", j), nearest(name, show.cast))
    return canaries


def check_files(show: Show, library: Library) -> None:
    """Raises StoryError for a file in canaries/ that is called as no preset: it would never be looked at."""
    for file in sorted((show.folder / FOLDER).glob("*.yaml")):
        if file.stem not in library.presets:
            raise StoryError(f"there is no preset '{file.stem}' for these canaries", file=file,
                             remedy=f"Call the file as its preset. {nearest(file.stem, library.presets)}")


def canary_wishes(show: Show, library: Library, preset: Preset) -> dict[str, PanelWish]:
    """Canary -> what it would be drawn from today: as a square panel would be, but with its own seed.

    Raises StoryError (a broken canary file), PresetError, ModelError.
    """
    wishes: dict[str, PanelWish] = {}
    for canary in read_canaries(show, preset.name):
        panel = Drawn(id=canary.id, prompt=canary.prompt, characters=canary.characters, preset=preset.name,
                      negative=canary.negative, loras=canary.loras)
        wish = panel_wish(show, library, canary_unit(preset.name, canary.id), panel, 1.0)
        recipe = wish.recipe.model_copy(update={"seed": canary.seed})
        wishes[canary.id] = replace(wish, recipe=recipe, seed_of=lambda take, seed=canary.seed: seed)
    return wishes


def canary_mark(show: Show, library: Library, preset: Preset) -> str:
    """A short text that changes with the preset, with any weights or words that its canaries are drawn from, and with what
    keeps them from being drawn.
    """
    try:
        told = [wish.recipe.digest() for wish in canary_wishes(show, library, preset).values()]
    except GengaError as exc:
        told = [exc.render()]
    return sha256("\n".join([preset.stamp.content, *told]).encode())[:16]


def preset_changes(was: PresetStamp, said: Mapping[str, Any], preset: Preset) -> list[str]:
    """What tells a preset from the one approved, whose fields were `said`; old and new version first."""
    if was.content == preset.stamp.content:
        return []
    now = preset.model_dump(mode="json")
    fields = [f"{name}: {_short(said.get(name))} -> {_short(now[name])}"
              for name in now if name != "version" and said.get(name) != now[name]]
    without = "" if was.version != preset.version else " (without a new version)"
    return [f"preset {was.label} -> {preset.stamp.label}{without}", *(f"preset {field}" for field in fields)]


def recipe_changes(past: PastTake | None, wish: PanelWish, of_preset: bool) -> list[str]:
    """What else tells a canary's recipe from the approved one: weights, engine contract, its own words.

    of_preset: the preset changed too, and its fields are told by `preset_changes`.
    """
    reasons = explain(past, wish.recipe.model_dump(mode="json"), wish.words)
    told = [reason for reason in reasons if not (of_preset and reason.cause in OF_PRESET)]
    return [str(reason).replace("engine version:", "engine contract:") for reason in told]


def environment_changes(was: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Facts in which two environments differ."""
    names = sorted({*was, *now})
    return [f"environment {k}: {was.get(k, '-')} -> {now.get(k, '-')}" for k in names if was.get(k) != now.get(k)]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else canonical_json(value)
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"


def canary_file(show: Show, preset: str) -> Path:
    """Where a preset's canaries would be written."""
    return show.folder / FOLDER / f"{preset}.yaml"
