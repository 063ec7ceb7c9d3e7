"""The Engine seam: recipes in, pictures out. An engine is one file in engines/ and one line in the catalogue."""

import time
from collections.abc import Callable, Generator, Hashable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from studio.errors import GengaError, TooSlow
from studio.store.hot import Near

if TYPE_CHECKING:
    from PIL import Image

    from studio.render.model_cache import ModelCache

T = TypeVar("T")


def always_room(stage: str, pixels: int) -> None:
    """The claim of an ordinary device: its own allocator will say when it is full."""


class Sources(Protocol):
    """Where an engine finds what a recipe names by sha256."""

    def model(self, sha256: str) -> Path:
        """File or folder of weights. Raises ModelError when no card here has this digest."""
        ...

    def near(self, sha256: str) -> Near:
        """The same weights where they are read fastest. Raises like `model`; fetches what lies far away."""
        ...

    def picture(self, sha256: str) -> "Image.Image":
        """A stored picture, decoded, in its own mode. Raises StoreError when it is not kept here."""
        ...

    def frames(self, sha256: str) -> Path:
        """The file of a stored frame sequence (studio.store.frames reads it). Raises StoreError when it is not kept here."""
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
    """Seconds this batch spent loading weights."""
    loaded_bytes: int = 0
    """Bytes of the weights that were loaded for it."""
    hot_bytes: int = 0
    """Bytes of files among them that lie far away and had a copy here."""
    cold_bytes: int = 0
    """The same without a copy: it waited until they were fetched."""
    scratch: Path | None = None
    """Folder for files that an engine makes and the farm hands on; sequence engines need it."""
    claim: Callable[[str, int], None] = always_room
    """Asked before each stage (`denoise`, `decode`) with the pixels it holds at once; raises MemoryError for no."""
    deadline: float | None = None
    """On the clock of time.monotonic: when the batch has taken too long. Loading weights puts it off."""

    def in_time(self) -> None:
        """Asked by engines between steps. Raises TooSlow after the deadline."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise TooSlow("it took longer than its limit and was stopped", field="recipe",
                          remedy="Fewer steps or a smaller size, or raise 'limits' in show.yaml")

    def lend(self, key: Hashable, load: Callable[..., T], *weights: str) -> T:
        """Weights from the cache, loaded if need be; the time stands in `load_seconds`.

        weights: sha256 of what they come from; `load` is given the path of each. Room for as many bytes is made before.
        """
        before, started = self.cache.stats, time.monotonic()
        kept = key in self.cache.keys()  # noqa: SIM118 (a cache is no dict)
        expected = 0 if kept else sum(_bytes_of(self.sources.model(sha)) for sha in weights)
        value = self.cache.get(key, lambda: load(*map(self._near, weights)), expected_bytes=expected)
        if self.deadline is not None:
            self.deadline += time.monotonic() - started
        self.load_seconds += self.cache.stats.load_seconds - before.load_seconds
        self.loaded_bytes += self.cache.stats.loaded_bytes - before.loaded_bytes
        return value

    @contextmanager
    def loading(self) -> "Generator[None]":
        """What is done within counts as loading."""
        started = time.monotonic()
        yield
        self.load_seconds += time.monotonic() - started

    def _near(self, sha256: str) -> Path:
        near = self.sources.near(sha256)
        if near.hot is not None:
            bytes_ = _bytes_of(near.path)
            self.hot_bytes += bytes_ if near.hot else 0
            self.cold_bytes += 0 if near.hot else bytes_
        return near.path

    def note(self, step: str) -> None:
        """Put a step on the ladder, once."""
        if step not in self.ladder:
            self.ladder.append(step)

    @contextmanager
    def apart(self) -> "Generator[Bench]":
        """A bench with a ladder of its own, for what not the whole batch has to do; what it loads counts here."""
        other = replace(self, ladder=[], load_seconds=0.0, loaded_bytes=0, hot_bytes=0, cold_bytes=0)
        try:
            yield other
        finally:
            self.load_seconds += other.load_seconds
            self.loaded_bytes += other.loaded_bytes
            self.hot_bytes += other.hot_bytes
            self.cold_bytes += other.cold_bytes


@dataclass(frozen=True)
class Rendered:
    """What an engine gives back for one recipe: a picture, a file of frames, or why it alone is neither."""

    picture: "Image.Image | None" = None
    """RGB, 8 bits, of the recipe's size."""
    frames: Path | None = None
    """A frame sequence in the bench's scratch folder, written by studio.store.frames."""
    ladder: tuple[str, ...] = ()
    """Steps that this recipe took and its batch did not."""
    error: GengaError | None = None
    """What failed for this recipe alone: its neighbours stand."""


class Engine(Protocol):
    """Turns recipes into pictures. Stateless: weights live in the bench's model cache."""

    name: str
    contract: int
    """Raised whenever the same recipe would give other pixels."""

    def import_libraries(self) -> None:
        """Import what rendering takes seconds to import, without touching a device: others may be forked from this process."""
        ...

    def group(self, recipe: Any) -> Hashable:
        """Recipes with equal groups may share a batch: same weights, shape, sampler and batch size."""
        ...

    def batch_size(self, recipe: Any) -> int:
        """The number of recipes per batch; the engine pads the last batch itself."""
        ...

    def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
        """One batch, in order; at most `batch_size` recipes of one group.

        A recipe's pixels never depend on its neighbours. Raises RenderError (OutOfMemory when the ladder ends)
        or ModelError when all of the batch failed.
        """
        ...

    def environment(self, device: str) -> dict[str, str]:
        """Everything outside the recipe that may decide bits: device, driver, threads, library versions."""
        ...


def _bytes_of(path: Path) -> int:
    files = path.rglob("*.safetensors") if path.is_dir() else [path]
    return sum(f.stat().st_size for f in files)
