"""Preset: a named, versioned look. Its template is locked; a storyboard changes only what it declares open."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from studio.errors import PresetError, StoryError
from studio.plan.motion import Motion
from studio.plan.refs import Precision, Sampler, Scheduler
from studio.record import Record, canonical_json, sha256
from studio.story.drawn import Drawn, LoraUse
from studio.story.fields import Id, Text, Value, Words
from studio.story.reading import Source, Written, nearest

OPENABLE = ("steps", "guidance", "sampler", "scheduler", "clip_skip", "native")
"""Fields that a preset may declare open to storyboards."""


class Opening(Written):
    """How far a storyboard may move one field."""

    min: float | None = None
    max: float | None = None
    choices: tuple[str, ...] | None = None


class Upscale(Written):
    """How a picked panel becomes a final."""

    engine: Id = "lanczos"
    model: Id | None = None
    scale: Annotated[int, Field(ge=1, le=8)] = 4
    tile: Annotated[int, Field(ge=64, le=4096)] = 256
    overlap: Annotated[int, Field(ge=0, le=256)] = 16


class Texture(Written):
    """The final texture pass of a page, seeded and deterministic."""

    grain: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Paper grain: standard deviation as a fraction of full brightness times 0.1."""
    halftone: Annotated[float, Field(ge=0, le=1)] = 0.0
    """0 leaves the art, 1 replaces its shading with dots."""
    halftone_lpi: Annotated[float, Field(ge=10, le=150)] = 45.0
    """Screen lines per inch."""
    halftone_angle: Annotated[float, Field(ge=0, lt=180)] = 45.0
    mono: bool = False
    """Print in black and white."""


class Preset(Written):
    """One file in presets/."""

    SCHEMA = "preset"

    name: Id
    version: Annotated[int, Field(ge=1)]
    """Raise it with every change: takes remember it."""
    title: Text = ""
    engine: Id = "diffusers"
    model: Id
    """Name of a model card."""
    vae: Id | None = None
    template: Words
    """Prompt with {characters} and {prompt} in it; locked."""
    negative: Text = ""
    sampler: Sampler
    scheduler: Scheduler = "model"
    steps: Annotated[int, Field(ge=1, le=200)]
    guidance: Annotated[float, Field(ge=0, le=30)]
    clip_skip: Annotated[int, Field(ge=1, le=12)] = 1
    native: Annotated[int, Field(ge=64, le=2048)]
    """Side in pixels of the square whose area a panel is rendered at."""
    max_side: Annotated[int, Field(ge=64, le=4096)] | None = None
    """Longest side in pixels; twice `native` when left out."""
    loras: tuple[LoraUse, ...] = ()
    allowed_loras: tuple[Id, ...] = ()
    """LoRAs that a storyboard or character may add."""
    precision: Precision = "fp32"
    batch_size: Annotated[int, Field(ge=1, le=64)] = 4
    open: dict[Literal["steps", "guidance", "sampler", "scheduler", "clip_skip", "native"], Opening] = Field(
        default_factory=dict
    )
    upscale: Upscale = Upscale()
    texture: Texture = Texture()
    motion: Motion | None = None
    """How shots in this look move; optical flow with the defaults when left out."""
    pool: Id = "image"
    """Whose devices draw it: one of show.yaml's pools, also one of its own."""

    @model_validator(mode="after")
    def _template_has_prompt(self) -> "Preset":
        try:
            text = self.template.format(characters="\x00", prompt="\x01")
        except (KeyError, IndexError, ValueError) as exc:
            raise ValueError(f"template: only {{characters}} and {{prompt}} may stand in braces ({exc})") from None
        if "\x01" not in text:
            raise ValueError("template: {prompt} is missing, so the panel's words would be lost")
        return self

    @property
    def engines(self) -> set[str]:
        """Names of all engines that this look draws, moves and enlarges by."""
        motion = self.motion or Motion()
        return {self.engine, self.upscale.engine, motion.engine, motion.finals.engine}

    @cached_property
    def stamp(self) -> "PresetStamp":
        """Name, version and content digest; what a take remembers of its preset."""
        # what was written before there was motion keeps the digest under which its takes were made
        said = self.model_dump(mode="json", exclude={"motion"} if self.motion is None else None)
        said["pool"] = "image"  # where it is drawn changes no picture
        return PresetStamp(name=self.name, version=self.version, content=sha256(canonical_json(said).encode()))


class PresetStamp(Record):
    """Which preset, exactly."""

    name: str
    version: int
    content: str
    """Digest of everything in the preset but comments."""

    @property
    def label(self) -> str:
        """`cel@3`."""
        return f"{self.name}@{self.version}"


class Override(Record):
    """One preset field that a storyboard changed: shown as a diff at submission, kept on the take."""

    field: str
    was: Value
    now: Value

    @property
    def diff(self) -> str:
        """`guidance: 4.0 -> 6.0`."""
        return f"{self.field}: {self.was} -> {self.now}"


def read_presets(folder: Path) -> dict[str, Preset]:
    """All presets of presets/*.yaml by name. Raises StoryError for a name used twice or no preset at all."""
    presets: dict[str, Preset] = {}
    for file in sorted(folder.glob("*.yaml")):
        source = Source(file)
        preset = source.parse(Preset)
        if preset.name in presets:
            raise source.error(f"preset '{preset.name}' exists twice", ("name",), "Give one another name")
        presets[preset.name] = preset
    if not presets:
        raise StoryError("the show has no preset", file=folder, remedy="Copy one from shows/momotaro/presets")
    return presets


def apply_overrides(preset: Preset, panel: Drawn, unit: str) -> tuple[Preset, tuple[Override, ...]]:
    """The preset as this panel uses it, and what the panel changed.

    Raises PresetError for a field that is not open, a value of the wrong type or one out of bounds.
    """
    changed: dict[str, Any] = {}
    for field, value in panel.override.items():
        opening = preset.open.get(field)  # type: ignore[call-overload]
        where = f"{unit}.override.{field}"
        if opening is None:
            raise PresetError(
                f"preset '{preset.name}' does not open '{field}' (the template is locked)", field=where,
                remedy=f"Open here: {', '.join(preset.open) or 'nothing'}. {nearest(field, preset.open)}",
            )
        _check_bounds(opening, value, preset.name, where)
        changed[field] = value
    if not changed:
        return preset, ()
    # validated again, so that an override obeys the field's own type and bounds too
    try:
        used = Preset.model_validate({**preset.model_dump(), **changed})
    except ValueError as exc:
        raise PresetError(f"override does not fit: {exc}", field=unit, remedy="Use a value of the field's type") from None
    diffs = tuple(
        Override(field=f, was=getattr(preset, f), now=getattr(used, f))
        for f in changed if getattr(used, f) != getattr(preset, f)
    )
    return used, diffs


def _check_bounds(opening: Opening, value: Value, preset: str, where: str) -> None:
    if opening.choices is not None and value not in opening.choices:
        raise PresetError(f"'{value}' is not open in preset '{preset}'", field=where,
                          remedy=f"Choose from {', '.join(opening.choices)}")
    if opening.min is None and opening.max is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PresetError(f"'{value}' is not a number", field=where, remedy="Use a number")
    low, high = opening.min, opening.max
    if (low is not None and value < low) or (high is not None and value > high):
        raise PresetError(
            f"{value} is out of bounds; preset '{preset}' allows {'' if low is None else low} .. "
            f"{'' if high is None else high}", field=where, remedy="Use a value inside, or widen the preset",
        )
