"""The Scorer seam: pictures in, numbers out. A scorer is one file in scorers/ and one line in the catalogue."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from studio.plan.history import Stage
from studio.plan.ranking import Better
from studio.plan.recipes import Recipe
from studio.record import Record, canonical_json, sha256

if TYPE_CHECKING:
    from PIL import Image

    from studio.judge.duplicates import Neighbours
    from studio.render.model_cache import ModelCache

T = TypeVar("T")


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

    def digest(self, path: Path) -> str:
        """sha256 of a file or folder that this gave, as the show's hash memory knows it."""
        ...

    def picture(self, sha256: str) -> "Image.Image":
        """A kept picture, decoded: control maps. Raises StoreError when it is not kept here."""
        ...

    def board(self, name: str) -> list[Path]:
        """The pictures of a reference board, a folder in the show. Raises StoryError for one that is empty or missing."""
        ...

    def cast(self) -> list[str]:
        """Names of all characters, sorted: a scorer that reads their sheets has them all in its stamp."""
        ...

    def sheet(self, character: str) -> list[Path]:
        """Reference pictures of a character; empty where there are none."""
        ...


@dataclass
class Desk:
    """What judging lends a scorer; one for a run, as what was seen is kept to its end."""

    sources: JudgeSources
    cache: "ModelCache"
    device: str = "cpu"
    """torch device string."""
    batch: int = 32
    """Most pictures at once on the device."""
    notes: list[str] = field(default_factory=list[str])
    seen: dict[tuple[Hashable, str], Any] = field(default_factory=dict[tuple[Hashable, str], Any])
    """What was found in pictures: (what was looked for, artifact) -> embedding, faces."""

    neighbours: "Callable[[], Neighbours] | None" = None
    """What the show's panels use, read when it is first asked for; None where there is no show."""

    def lend(self, key: Hashable, load: Callable[[], T], size: Callable[[T], int] | None = None) -> T:
        """Weights, or embeddings of a board, from the cache. size: bytes of what is no module and no tensor."""
        return self.cache.get(key, load, size)

    def look(self, subjects: Sequence[Subject], key: Hashable, see: Callable[[list[Subject]], Sequence[T]]) -> list[T]:
        """What `see` finds in each subject, in order; every artifact is looked at once, whichever scorer asks.

        key: everything besides the picture that decides what is found. see: answers for the subjects that it is given.
        """
        fresh = {s.artifact: s for s in subjects if (key, s.artifact) not in self.seen}
        if fresh:
            found = see(list(fresh.values()))
            self.seen.update({(key, artifact): it for artifact, it in zip(fresh, found, strict=True)})
        return [self.seen[key, s.artifact] for s in subjects]

    def digest(self, model: str) -> str:
        """sha256 of the weights called `model`. Raises ModelError when they are nowhere here."""
        return self.sources.digest(self.sources.model(model))


class Scorer(Protocol):
    """Gives every picture a number. Made from its parameters; stateless otherwise: weights live in the desk's cache."""

    @property
    def name(self) -> str:
        """Its name in the catalogue."""
        ...

    @property
    def version(self) -> int:
        """Raised whenever the same picture and parameters would be given another number."""
        ...

    @property
    def better(self) -> Better:
        """Which numbers are the good ones."""
        ...

    @property
    def unit(self) -> str:
        """What the number counts: `cosine`, `faces`, `share`."""
        ...

    @property
    def parameters(self) -> Record:
        """Everything besides the picture that decides the number: model name, phrases, board."""
        ...

    def stamp(self, desk: Desk) -> str:
        """Version, parameters and the digests of weights and boards: equal stamps, equal numbers."""
        ...

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """A number for each, in order; None for what this scorer has no word on (no control map, no character).

        A picture's number never depends on its neighbours. Raises ModelError for missing weights, StoryError for a
        broken board or parameters that its model cannot follow.
        """
        ...


class Unconditional(Record):
    """Parameters of a scorer that takes none."""


def stamped(scorer: Scorer, *digests: str) -> str:
    """sha256 over a scorer's name, version and parameters, and the digests of the weights and boards that it reads."""
    facts = [scorer.name, scorer.version, scorer.parameters.model_dump(mode="json"), list(digests)]
    return sha256(canonical_json(facts).encode())
