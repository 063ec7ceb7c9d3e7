"""The Engine seam: recipes in, pictures out. An engine is one file in engines/ and one line in the catalogue."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from PIL import Image

    from studio.render.model_cache import ModelCache


class Sources(Protocol):
    """Where an engine finds what a recipe names by sha256."""

    def model(self, sha256: str) -> Path:
        """File or folder of weights. Raises ModelError when no card here has this digest."""
        ...

    def picture(self, sha256: str) -> "Image.Image":
        """A stored picture, decoded, in its own mode. Raises StoreError when it is not kept here."""
        ...


@dataclass
class Bench:
    """What a farm lends an engine for one batch."""

    sources: Sources
    cache: "ModelCache"
    device: str = "cpu"
    """torch device string: `cpu`, `cuda:0`."""
    ladder: list[str] = field(default_factory=list)
    """Memory steps the engine had to take; it appends, the farm puts them on the takes."""
    load_seconds: float = 0.0
    """Seconds this batch spent loading weights; the engine adds."""


@dataclass(frozen=True)
class Rendered:
    """What an engine gives back for one recipe."""

    picture: "Image.Image"
    """RGB, 8 bits, of the recipe's size."""


class Engine(Protocol):
    """Turns recipes into pictures. Stateless: weights live in the bench's model cache."""

    name: str
    contract: int
    """Raised whenever the same recipe would give other pixels."""

    def group(self, recipe: Any) -> Hashable:
        """Recipes with equal groups may share a batch: same weights, shape, sampler and batch size."""
        ...

    def batch_size(self, recipe: Any) -> int:
        """The number of recipes per batch; the engine pads the last batch itself."""
        ...

    def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
        """One batch, in order; at most `batch_size` recipes of one group.

        A recipe's pixels never depend on its neighbours. Raises RenderError (OutOfMemory when the ladder ends)
        or ModelError.
        """
        ...

    def environment(self, device: str) -> dict[str, str]:
        """Everything outside the recipe that may decide bits: device, driver, threads, library versions."""
        ...
