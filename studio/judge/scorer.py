"""The Scorer seam: pictures in, numbers out. A scorer is one file in scorers/ and one line in the catalogue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from studio.plan.history import Stage
from studio.plan.recipes import Recipe
from studio.record import Record

if TYPE_CHECKING:
    from PIL import Image

    from studio.render.model_cache import ModelCache

T = TypeVar("T")
Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Subject:
    """One picture that is to be judged, with what it was meant to be."""

    artifact: str
    """sha256 of its file."""
    unit: str
    stage: Stage
    picture: "Image.Image"
    """RGB, 8 bits."""
    recipe: Recipe
    characters: tuple[str, ...] = ()
    """Names of who appears in it, from cast/."""
    preset: str = ""
    """Name of its look."""


@dataclass(frozen=True)
class Measured:
    """What a scorer found in one picture."""

    value: float
    note: str = ""
    """What was found, for people: `2 faces, the largest 18 % of the height`."""


class JudgeSources(Protocol):
    """Where scorers find weights and pictures."""

    def model(self, name: str) -> Path:
        """File or folder of a model by its card's or file's name. Raises ModelError when it is nowhere here."""
        ...

    def picture(self, sha256: str) -> "Image.Image":
        """A kept picture, decoded: control maps. Raises StoreError when it is not kept here."""
        ...

    def board(self, name: str) -> list[Path]:
        """The pictures of a reference board, a folder in the show. Raises StoryError for one that is empty or missing."""
        ...

    def sheet(self, character: str) -> list[Path]:
        """Reference pictures of a character; empty where there are none."""
        ...


@dataclass
class Desk:
    """What judging lends a scorer."""

    sources: JudgeSources
    cache: "ModelCache"
    device: str = "cpu"
    """torch device string."""
    batch: int = 32
    """Most pictures at once on the device."""
    notes: list[str] = field(default_factory=list[str])

    def lend(self, key: Any, load: Callable[[], T]) -> T:
        """Weights, or embeddings of a board, from the cache."""
        return self.cache.get(key, load)


class Scorer(Protocol):
    """Gives every picture a number. Made from its parameters; stateless otherwise: weights live in the desk's cache."""

    name: str
    version: int
    """Raised whenever the same picture and parameters would be given another number."""
    better: Better
    unit: str
    """What the number counts: `cosine`, `faces`, `share`."""
    parameters: Record
    """Everything besides the picture that decides the number: model name, phrases, board."""

    def stamp(self, desk: Desk) -> str:
        """Version, parameters and the digests of weights and boards: equal stamps, equal numbers."""
        ...

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """A number for each, in order; None for what this scorer has no word on (no control map, no character).

        A picture's number never depends on its neighbours, but for `near_duplicate`, which says so.
        Raises ModelError for missing weights, StoryError for a broken board.
        """
        ...
