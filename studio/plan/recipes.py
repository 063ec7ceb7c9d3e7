"""Recipes: everything that decides the pixels, and nothing else. A recipe's digest names its picture for ever."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from studio.plan.film_recipes import (
    BlockoutRecipe,
    ClipRecipe,
    FilmRecipe,
    FramesFinalRecipe,
    InbetweenRecipe,
    SubtitlesRecipe,
    VoiceRecipe,
)
from studio.plan.refs import ControlRef, InitRef, LayersRef, LoraRef, PoseRef, Precision, Sampler, Scheduler, Sha
from studio.record import Record, canonical_json


class ImageRecipe(Record):
    """One picture from text, a picture, or both."""

    kind: Literal["image"] = "image"
    engine: str
    contract: int
    """Version of what the engine makes of a recipe; raised when the same recipe gives other pixels."""
    model: Sha
    vae: Sha | None = None
    loras: tuple[LoraRef, ...] = ()
    prompt: str
    negative: str = ""
    sampler: Sampler
    scheduler: Scheduler = "model"
    steps: int
    guidance: float
    clip_skip: int = 1
    """1 uses the text encoder's last layer, 2 the one before it."""
    width: int
    """Pixels, a multiple of 8."""
    height: int
    seed: int
    """0 .. 2**32 - 1; noise is drawn from it on the CPU."""
    controls: tuple[ControlRef | PoseRef, ...] = ()
    init: InitRef | LayersRef | None = None
    precision: Precision = "fp32"
    batch_size: int = 1
    """Batches are padded to this, so that neighbours never change a picture."""

    def alike(self) -> str:
        """Everything but words, seed and pictures: recipes that are alike in it may share a batch."""
        told = self.model_dump(mode="json", exclude={"prompt", "negative", "seed"})
        for control in told["controls"]:
            control.pop("image", None)
            control.pop("figures", None)
        if self.init:
            told["init"] = {"strength": self.init.strength, "mask": self.init.mask is not None}
        if isinstance(self.init, LayersRef):
            told["init"]["feather"] = self.init.feather
        return canonical_json(told)


class UpscaleRecipe(Record):
    """One larger picture from a picture."""

    kind: Literal["upscale"] = "upscale"
    engine: str
    contract: int
    model: Sha | None = None
    """None for engines without weights (`lanczos`)."""
    image: Sha
    scale: Annotated[int, Field(ge=1, le=8)]
    tile: int = 256
    """Pixels of the input; pictures larger than this are done in overlapping tiles."""
    overlap: int = 16
    precision: Precision = "fp32"


class LinesRecipe(Record):
    """The line art of a picture, as a map for ControlNets."""

    kind: Literal["lines"] = "lines"
    engine: Literal["lines"] = "lines"
    contract: int
    image: Sha


class PageRecipe(Record):
    """One lettered page: layout, art and words. Made by the comic package, kept like any other picture."""

    kind: Literal["page"] = "page"
    engine: Literal["page"] = "page"
    contract: int
    page: dict[str, Any]
    """The storyboard's page without what only decides panels' pixels."""
    paper: dict[str, Any]
    """Page size, lettering and reading direction."""
    texture: dict[str, Any]
    language: str
    titles: dict[str, str]
    """Characters' names as readers see them."""
    art: tuple[Sha, ...]
    """Pictures of the panels, in the page's order."""
    fonts: Sha


class BookRecipe(Record):
    """One bound episode in one language."""

    kind: Literal["book"] = "book"
    engine: Literal["book"] = "book"
    contract: int
    pages: tuple[Sha, ...]
    """Page pictures, in reading order."""
    language: str
    reading: Literal["rtl", "ltr"]
    facts: dict[str, Any]
    """Title, author, episode: what stands in ComicInfo.xml."""


Recipe = (
    ImageRecipe | UpscaleRecipe | LinesRecipe | PageRecipe | BookRecipe | InbetweenRecipe | BlockoutRecipe | FramesFinalRecipe
    | VoiceRecipe | ClipRecipe | SubtitlesRecipe | FilmRecipe
)

_ADAPTER: TypeAdapter[Recipe] = TypeAdapter(Annotated[Recipe, Field(discriminator="kind")])


def recipe_from_json(text: str | bytes) -> Recipe:
    """A recipe back from its JSON. Raises pydantic.ValidationError for anything else."""
    return _ADAPTER.validate_json(text)


def recipe_from(data: dict[str, Any]) -> Recipe:
    """A recipe back from plain values, as a ledger line holds it."""
    return _ADAPTER.validate_python(data)
