"""Motion: how a preset leads from keyframe to keyframe, and what becomes of the frames."""

from typing import Annotated

from pydantic import Field, model_validator

from studio.plan.film_recipes import SeedMode
from studio.plan.refs import Sampler
from studio.story.drawn import LoraUse
from studio.story.effects import AnyEffect
from studio.story.fields import Fraction, Id
from studio.story.reading import Written
from studio.story.shots import Quality


class FrameFinals(Written):
    """How drawn frames become final ones."""

    engine: Id = "lanczos"
    model: Id | None = None
    """Name of an upscaler's model card."""
    scale: Annotated[int, Field(ge=1, le=8)] = 4
    tile: Annotated[int, Field(ge=64, le=4096)] = 256
    overlap: Annotated[int, Field(ge=0, le=256)] = 16
    denoise: Fraction = 0.0
    sharpen: Annotated[float, Field(ge=0, le=3)] = 0.0
    """Amount of unsharp masking of lines."""
    sharpen_limit: Fraction = 0.1
    """Most that sharpening may change a pixel, as a fraction of full brightness."""


class Motion(Written):
    """A preset's way of moving."""

    engine: Id = "flow"
    """`flow` (optical flow, no weights), `animatediff`, or any other that makes inbetweens."""
    adapter: Id | None = None
    """Name of a motion adapter's model card; for `animatediff`."""
    loras: Annotated[tuple[LoraUse, ...], Field(max_length=2)] = ()
    """Motion LoRAs, at most two."""
    fps: Annotated[int, Field(ge=1, le=60)] = 8
    """Drawings a second; each is held until the film's next one."""
    quality: Quality = "final"
    sampler: Sampler | None = None
    """The preset's own when left out."""
    strength: Annotated[float, Field(gt=0, le=1)] = 0.5
    """How far frames may leave the draft between the keyframes."""
    window: Annotated[int, Field(ge=2, le=64)] = 16
    stride: Annotated[int, Field(ge=1, le=64)] = 8
    overlap: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    seed_mode: SeedMode = "one"
    finals: FrameFinals = FrameFinals()
    effects: tuple[AnyEffect, ...] = ()
    """Of every shot in this look, before the shot's own."""

    @model_validator(mode="after")
    def _slides(self) -> "Motion":
        if self.stride >= self.window:
            raise ValueError(f"stride {self.stride} is no less than window {self.window}: neighbours would share no frame")
        return self
