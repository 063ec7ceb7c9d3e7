"""Ahead: what the next batches are made from is fetched while the device draws this one: weights from afar, pictures decoded."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.plan.recipes import Recipe
from studio.render.engine import Sources
from studio.render.needs import pictures_of, sequences_of, weights_of
from studio.store.hot import Near

if TYPE_CHECKING:
    from PIL import Image

AT_ONCE = 4
"""Pictures that are fetched at the same time: from a bucket each is mostly waiting."""


class AheadSources:
    """Sources that know what comes next. What they hand out is shared: engines never change a source picture in place.

    Weights are fetched for the whole run, one after the other; pictures only for this batch and the next one. What cannot be had
    raises where the engine asks for it.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ahead")
        self._carrier = ThreadPoolExecutor(1, thread_name_prefix="ahead-weights")
        self._carried: set[str] = set()
        self._pictures: dict[str, Future[Image.Image]] = {}
        self._frames: dict[str, Future[Path]] = {}

    def expect(self, recipes: Iterable[Recipe]) -> None:
        """These will be drawn, in this order. Weights that lie on this machine cost nothing here."""
        for sha in (sha for recipe in recipes for sha in weights_of(recipe)):
            if sha not in self._carried:
                self._carried.add(sha)
                self._carrier.submit(self._sources.near, sha)

    def turn(self, now: Sequence[Recipe], following: Sequence[Recipe] = ()) -> None:
        """`now` is drawn from here on, `following` after it."""
        recipes = [*now, *following]
        self._pictures = self._begun(self._pictures, [sha for r in recipes for sha in pictures_of(r)], self._sources.picture)
        self._frames = self._begun(self._frames, [sha for r in recipes for sha in sequences_of(r)], self._sources.frames)

    def _begun(self, before: dict[str, Future[Any]], wanted: list[str], fetch: Any) -> dict[str, Future[Any]]:
        for sha, future in before.items():
            if sha not in wanted:
                future.cancel()
        kept = {sha: future for sha, future in before.items() if not _failed(future)}
        return {sha: kept.get(sha) or self._pool.submit(fetch, sha) for sha in dict.fromkeys(wanted)}

    def model(self, sha256: str) -> Path:
        """See Sources."""
        return self._sources.model(sha256)

    def near(self, sha256: str) -> Near:
        """See Sources."""
        return self._sources.near(sha256)

    def picture(self, sha256: str) -> "Image.Image":
        """See Sources."""
        begun = self._pictures.get(sha256)
        return begun.result() if begun else self._sources.picture(sha256)

    def frames(self, sha256: str) -> Path:
        """See Sources."""
        begun = self._frames.get(sha256)
        return begun.result() if begun else self._sources.frames(sha256)

    def close(self) -> None:
        """Nothing more is fetched."""
        for pool in (self._pool, self._carrier):
            pool.shutdown(wait=False, cancel_futures=True)


def _failed(future: Future[Any]) -> bool:
    """What could not be had then may be there now."""
    return future.done() and (future.cancelled() or future.exception() is not None)
