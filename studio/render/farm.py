"""Farms: where engines run. A farm takes recipes and yields results as batches finish."""

import contextlib
import queue
import socket
import threading
import time
import weakref
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol, cast

from studio.errors import GengaError, ModelError, OutOfMemory, RenderError
from studio.plan.limits import Limit, together
from studio.plan.recipes import Recipe
from studio.render import catalogue
from studio.render.ahead import AheadSources
from studio.render.batching import Batch, cut
from studio.render.engine import Bench, Engine, Rendered, Sources
from studio.render.environment import best_device, environment_digest
from studio.render.model_cache import ModelCache
from studio.render.peaks import watch_memory

if TYPE_CHECKING:
    from PIL import Image

AHEAD = 2
"""Finished batches that may wait for the caller before the device pauses."""


@dataclass(frozen=True)
class FarmResult:
    """What became of one recipe: a picture or a file of frames, or the error that kept it from being one."""

    recipe: Recipe
    picture: "Image.Image | None" = None
    frames: Path | None = None
    """A frame sequence; whoever takes the result deletes the file."""
    error: GengaError | None = None
    seconds: float = 0.0
    """Device seconds: this recipe's equal share of its batch, without loading."""
    load_seconds: float = 0.0
    """Its share of loading weights."""
    device: str = "cpu"
    host: str = field(default_factory=socket.gethostname)
    ladder: tuple[str, ...] = ()
    """Memory steps that its batch took."""
    environment: str = ""
    """Digest of `environment_facts`."""
    environment_facts: dict[str, str] = field(default_factory=dict)
    peak_bytes: int = 0
    """Most memory that its batch held. 0 where that is not known, and where the ladder was climbed: what a full device holds
    says nothing of what the recipe wanted."""
    loaded_bytes: int = 0
    """Its share of the bytes of the weights that were loaded."""
    hot_bytes: int = 0
    """Its share of the bytes of weight files that lie far away and had a copy here."""
    cold_bytes: int = 0
    """The same without one: its batch waited for them."""
    idle_seconds: float = 0.0
    """Its share of the time that the device waited for the caller before this batch."""
    waited_seconds: float = 0.0
    """How long its batch waited for a device that others share."""
    batch: int = 1
    """Recipes that its batch held; where it is padded, they pay for its empty places too."""


def _unknown(_recipe: Recipe) -> int:
    return 0


def _endless(_recipe: Recipe) -> Limit | None:
    return None


def _lost(_result: FarmResult) -> None:
    return None


@dataclass(frozen=True)
class Terms:
    """On what terms work is asked for. They decide when and where it is done, never what comes of it."""

    pool: str = "image"
    priority: int = 0
    """Higher goes first, where several callers share devices."""
    deadline: float | None = None
    """When it is wanted, seconds since 1970; within a class what is due sooner goes first."""
    limits: Callable[[Recipe], Limit | None] = _endless
    """Device seconds that a recipe may take; None for as long as it likes."""
    wanted_bytes: Callable[[Recipe], int] = _unknown
    """Peak that a recipe is expected to hold; 0 where nothing is known."""
    rescue: Callable[[FarmResult], None] = _lost
    """Is given what was finished when the caller closed the iterator: it is paid for."""

    def limit_of(self, batch: Sequence[Recipe]) -> float | None:
        """Device seconds that a batch may take: those of its recipes together; None where one has no limit."""
        return together(self.limits(recipe) for recipe in batch)


class Farm(Protocol):
    """Where engines run."""

    def render(self, recipes: Sequence[Recipe], sources: Sources, terms: Terms | None = None) -> Generator[FarmResult]:
        """One result per recipe, as batches finish; refused recipes first. Failing recipes never stop others.

        Closing the iterator stops the work after the batch on the device; what is finished then goes to `terms.rescue`.
        """
        ...


@dataclass(frozen=True)
class _Crash:
    """A fault of the farm itself, to be raised where the caller stands."""

    error: BaseException


_DONE = object()


class InProcessFarm:
    """One device in this process: a thread renders the next batch while the caller stores the last one.

    cache: None makes one bounded by the device's memory. device: torch device string; None takes the best here.
    engine_of: how engines are found; tests give their own.
    """

    def __init__(
        self, cache: ModelCache | None = None, device: str | None = None,
        engine_of: Callable[[str], Engine] = catalogue.engine,
    ) -> None:
        self._device_wanted, self._cache, self._engine_of = device, cache, engine_of
        self._device_lock = threading.Lock()  # two callers share one device in turns, batch by batch

    @property
    def device(self) -> str:
        """The device this farm renders on."""
        if self._device_wanted is None:
            self._device_wanted = best_device()
        return self._device_wanted

    @property
    def cache(self) -> ModelCache:
        """The models kept between calls."""
        if self._cache is None:
            self._cache = ModelCache(device=self.device)
        return self._cache

    @cached_property
    def scratch(self) -> Path:
        """Folder of frame files on their way to the store; gone with this process."""
        folder = TemporaryDirectory(prefix="genga-")
        weakref.finalize(self, folder.cleanup)
        return Path(folder.name)

    def render(self, recipes: Sequence[Recipe], sources: Sources, terms: Terms | None = None) -> Generator[FarmResult]:
        """See Farm.render."""
        terms = terms or Terms()
        batches, refused = cut(recipes, self._engine_of)
        yield from (FarmResult(r.recipe, error=r.error) for r in refused)
        if not batches:
            return
        finished: queue.Queue[object] = queue.Queue(maxsize=AHEAD)
        stop = threading.Event()
        work = [(batch, terms.limit_of(batch.recipes)) for batch in batches]
        worker = threading.Thread(target=self._work, args=(work, sources, finished, stop), name="farm", daemon=True)
        worker.start()
        here: list[FarmResult] = []
        try:
            while (item := finished.get()) is not _DONE:
                if isinstance(item, _Crash):
                    raise item.error
                here = cast("list[FarmResult]", item)
                while here:
                    yield here.pop(0)
        finally:
            stop.set()
            while worker.is_alive():  # it may be waiting for room in the queue
                here += _left(finished)
                worker.join(0.05)
            for result in here + _left(finished):
                terms.rescue(result)

    def _work(
        self, work: list[tuple[Batch, float | None]], sources: Sources, finished: "queue.Queue[object]", stop: threading.Event
    ) -> None:
        ahead = AheadSources(sources)
        ahead.expect(recipe for batch, _ in work for recipe in batch.recipes)
        try:
            idle = 0.0
            for (batch, limit), following in zip_longest(work, work[1:]):
                if stop.is_set():
                    break
                with self._device_lock:
                    ahead.turn(batch.recipes, following[0].recipes if following else ())
                    results = self.batch(batch, ahead, limit)
                paused = time.perf_counter()
                finished.put([replace(result, idle_seconds=idle / len(results)) for result in results])
                idle = time.perf_counter() - paused
        except BaseException as exc:
            finished.put(_Crash(exc))
        ahead.close()
        finished.put(_DONE)

    def batch(self, batch: Batch, sources: Sources, limit: float | None = None) -> list[FarmResult]:
        """Results of one batch; when it fails, each recipe by itself, so that the guilty one fails alone.

        limit: device seconds that it may take.
        """
        results = self._attempt(batch, sources, limit)
        first = results[0].error
        if first is None or len(results) == 1 or isinstance(first, ModelError | OutOfMemory):
            return results  # weights and memory are the whole batch's affair
        if any(result.error is not first for result in results):
            return results  # the engine told the guilty ones itself
        apart = limit / len(results) if limit else None
        again = [r for recipe in batch.recipes for r in self._attempt(Batch(batch.engine, (recipe,)), sources, apart)]
        return charged(again, results)

    def _attempt(self, batch: Batch, sources: Sources, limit: float | None) -> list[FarmResult]:
        deadline = time.monotonic() + limit if limit else None
        bench = Bench(sources, self.cache, self.device, scratch=self.scratch, deadline=deadline)
        rendered: Sequence[Rendered] = [Rendered()] * len(batch.recipes)
        error: GengaError | None = None
        peak = watch_memory(self.device)
        started = time.perf_counter()
        try:
            rendered = batch.engine.render(batch.recipes, bench)
        except GengaError as exc:
            error = exc
        except Exception as exc:
            error = RenderError(f"engine '{batch.engine.name}' failed: {type(exc).__name__}: {exc}", field="recipe",
                                remedy="Report this with the recipe, if the recipe is sound")
            error.__cause__ = exc
        seconds = time.perf_counter() - started - bench.load_seconds
        share, held = 1 / len(batch.recipes), 0 if bench.ladder or any(made.ladder for made in rendered) else peak()
        facts = batch.engine.environment(self.device)
        return [
            FarmResult(
                recipe, made.picture, made.frames, made.error or error, max(seconds, 0.0) * share, bench.load_seconds * share,
                self.device, ladder=(*bench.ladder, *made.ladder), environment=environment_digest(facts), environment_facts=facts,
                batch=len(batch.recipes), peak_bytes=held, loaded_bytes=round(bench.loaded_bytes * share),
                hot_bytes=round(bench.hot_bytes * share), cold_bytes=round(bench.cold_bytes * share),
            )
            for recipe, made in zip(batch.recipes, rendered, strict=True)
        ]


def charged(again: list[FarmResult], first: list[FarmResult]) -> list[FarmResult]:
    """Results of a second try, with what the first one cost: the guilty ones bear it, all of them where none failed again."""
    guilty = [result for result in again if result.error] or again
    seconds, loading = (sum(getattr(r, name) for r in first) / len(guilty) for name in ("seconds", "load_seconds"))
    return [
        replace(r, seconds=r.seconds + seconds, load_seconds=r.load_seconds + loading) if any(r is g for g in guilty) else r
        for r in again
    ]


def _left(finished: "queue.Queue[object]") -> list[FarmResult]:
    """Results that nobody took."""
    found: list[FarmResult] = []
    with contextlib.suppress(queue.Empty):
        while True:
            item = finished.get_nowait()
            found += item if isinstance(item, list) else []
    return found
