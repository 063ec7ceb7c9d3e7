"""Worker: one device's process. It renders batches and says what it holds; it decides nothing."""

import os
import socket
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from studio.plan.recipes import Recipe
from studio.render import catalogue
from studio.render.ahead import AheadSources
from studio.render.batching import Batch
from studio.render.engine import Sources
from studio.render.farm import FarmResult, InProcessFarm
from studio.store.frames import SUFFIX as SEQUENCE

SHA_LENGTH = 64


@dataclass(frozen=True)
class Health:
    """A worker that rendered its tiny picture."""

    host: str
    device: str
    total_bytes: int
    pid: int


@dataclass(frozen=True)
class Packed:
    """A result as it travels: frames are bytes, since the driver may stand on another machine."""

    result: FarmResult
    frames: bytes | None = None

    def of(self, place: str, waited: float) -> "Packed":
        """The same, made at this device after its batch had waited so long for one."""
        return replace(self, result=replace(self.result, host=place, waited_seconds=waited))

    def unpack(self, scratch: Path, name: str) -> FarmResult:
        """The result with its frames as a file in `scratch`."""
        if self.frames is None:
            return self.result
        file = scratch / f"{name}{SEQUENCE}"
        file.write_bytes(self.frames)
        return replace(self.result, frames=file)


@dataclass(frozen=True)
class Answer:
    """One batch's results, and how the worker stands after it."""

    results: tuple[Packed, ...]
    loaded: frozenset[str]
    """sha256 of the weights it holds."""
    held_bytes: int
    """What its process holds beside weights."""


class Worker:
    """Lives in a Ray actor; the second batch finds the weights of the first one warm."""

    def __init__(self) -> None:
        self._farm = InProcessFarm()
        self._driver = ""
        self._ahead: AheadSources | None = None

    def probe(self) -> Health:
        """Render a tiny picture. Raises RenderError when what comes is none."""
        from studio.render.fleet.probe import tiny_picture, total_bytes

        tiny_picture(self._farm.device)
        return Health(socket.gethostname(), self._farm.device, total_bytes(self._farm.device), os.getpid())

    def render(
        self, driver: str, engine: str, recipes: Sequence[Recipe], sources: Sources, limit: float | None,
        following: Sequence[Recipe] = (),
    ) -> Answer:
        """One batch within `limit` device seconds; a recipe that fails does so alone.

        following: what most likely comes next, whose weights and pictures are fetched meanwhile.
        """
        import psutil

        ahead = self._sources_of(driver, sources)
        ahead.expect((*recipes, *following))
        ahead.turn(recipes, following)
        results = self._farm.batch(Batch(catalogue.engine(engine), tuple(recipes)), ahead, limit)
        cache = self._farm.cache
        loaded = frozenset(sha for key in cache.keys() for sha in _digests(key))  # noqa: SIM118 (not a dict)
        weights = cache.used_bytes if self._farm.device == "cpu" else 0
        return Answer(tuple(_pack(r) for r in results), loaded, psutil.Process().memory_info().rss - weights)

    def _sources_of(self, driver: str, sources: Sources) -> AheadSources:
        """The driver's, with what was fetched for it already."""
        if self._ahead is None or driver != self._driver:
            if self._ahead:
                self._ahead.close()
            self._driver, self._ahead = driver, AheadSources(sources)
        return self._ahead


def _pack(result: FarmResult) -> Packed:
    if result.frames is None:
        return Packed(result)
    data = result.frames.read_bytes()
    result.frames.unlink()
    return Packed(replace(result, frames=None), data)


def _digests(key: Hashable) -> Iterator[str]:
    if isinstance(key, str) and len(key) == SHA_LENGTH:
        yield key
    elif isinstance(key, tuple | frozenset):
        for part in key:
            yield from _digests(part)
