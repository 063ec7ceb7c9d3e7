"""Drawn: what an author says of any picture that a model draws, on a page or in a shot."""

from typing import Annotated

from pydantic import Field

from studio.story.fields import Fraction, Id, Text, Value, Words
from studio.story.reading import Written


class LoraUse(Written):
    """A LoRA asked for by name."""

    model: Id
    weight: Annotated[float, Field(ge=-2, le=2)] = 0.8


class ControlUse(Written):
    """A ControlNet and its map."""

    model: Id
    image: str
    """Picture file, relative to the show."""
    weight: Annotated[float, Field(ge=0, le=2)] = 1.0
    start: Fraction = 0.0
    end: Fraction = 1.0


class InitUse(Written):
    """Image-to-image: where the picture starts from."""

    image: str
    """Picture file, relative to the show."""
    mask: str | None = None
    """Picture file; white is repainted, black is kept."""
    strength: Annotated[float, Field(gt=0, le=1)] = 0.6
    """1 forgets the picture, near 0 keeps it."""


class Drawn(Written):
    """A picture in words, with everything that may decide its pixels."""

    id: Id
    prompt: Words
    characters: tuple[Id, ...] = ()
    preset: Id | None = None
    negative: Text = ""
    """Added to the preset's negative prompt."""
    override: dict[str, Value] = Field(default_factory=dict)
    """Preset fields changed for this picture; only those that the preset declares open, within its bounds."""
    loras: tuple[LoraUse, ...] = ()
    control: tuple[ControlUse, ...] = ()
    init: InitUse | None = None
    take: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Another number is an explicit new seed."""
    seed_offset: Annotated[int, Field(ge=0, le=2**31)] = 0
    seed_namespace: Id | None = None
    """Whose seed base is used; the first character's when left out."""
