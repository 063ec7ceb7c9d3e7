"""RayFarm: recipes go to the fleet's dispatcher, results come back as batches finish."""

import contextlib
import threading
import uuid
import weakref
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from studio.errors import OrchestrationError
from studio.plan.recipes import Recipe
from studio.render import catalogue
from studio.render.batching import cut
from studio.render.engine import Engine, Sources
from studio.render.farm import FarmResult, Terms
from studio.render.fleet.connecting import dispatcher
from studio.render.fleet.states import FleetState
from studio.render.fleet.tasks import Task, still
from studio.render.fleet.worker import Packed
from studio.render.needs import weights_of

FETCH_SECONDS, BEAT_SECONDS = 5.0, 5.0


class RayFarm:
    """A driver's view of a fleet. Devices stay warm from one run to the next, since they belong to no run.

    address: HOST:PORT of the Ray head of a `genga up --farm ray`. Sources travel to the devices: on other machines the show's
    folder must stand at the same place, or its artifacts in a bucket.
    """

    def __init__(self, address: str, engine_of: Callable[[str], Engine] = catalogue.engine) -> None:
        self._address, self._engine_of = address, engine_of

    @cached_property
    def _dispatcher(self) -> Any:
        return dispatcher(self._address)

    @cached_property
    def scratch(self) -> Path:
        """Folder of frame files on their way to the store; gone with this process."""
        folder = TemporaryDirectory(prefix="genga-")
        weakref.finalize(self, folder.cleanup)
        return Path(folder.name)

    def render(self, recipes: Sequence[Recipe], sources: Sources, terms: Terms | None = None) -> Generator[FarmResult]:
        """See Farm.render. Raises OrchestrationError when the fleet goes away meanwhile."""
        terms = terms or Terms()
        batches, refused = cut(recipes, self._engine_of)
        yield from (FarmResult(r.recipe, error=r.error) for r in refused)
        driver = uuid.uuid4().hex
        tasks = [
            Task(
                f"{driver}/{i}", driver, batch.engine.name, batch.recipes, frozenset(weights_of(batch.recipes[0])), terms.pool,
                terms.priority, deadline=terms.deadline, wanted_bytes=terms.wanted_bytes(batch.recipes[0]),
                limit_seconds=terms.limit_of(batch.recipes),
            )
            for i, batch in enumerate(batches)
        ]
        if tasks:
            yield from self._follow(driver, tasks, sources, terms)

    def _follow(self, driver: str, tasks: list[Task], sources: Sources, terms: Terms) -> Generator[FarmResult]:
        self._ask("submit", driver, tasks, sources)
        gone = threading.Event()
        threading.Thread(target=self._beat, args=(driver, gone), name="beat", daemon=True).start()
        left = Counter(recipe.digest() for task in tasks for recipe in task.recipes)
        here: list[Packed] = []
        try:
            while left.total():
                fetched = self._ask("fetch", driver, FETCH_SECONDS)
                if fetched is None:  # we could not be heard for a while, and were taken for dead
                    self._ask("submit", driver, still(tasks, left), sources)
                    continue
                here = fetched
                while here:
                    packed = here.pop(0)
                    left[packed.result.recipe.digest()] -= 1
                    yield self._unpack(packed)
        finally:
            gone.set()
            with contextlib.suppress(OrchestrationError):  # the fleet is gone: nothing is at work for us
                here += self._ask("leave", driver)
            for packed in here:
                terms.rescue(self._unpack(packed))

    def _unpack(self, packed: Packed) -> FarmResult:
        return packed.unpack(self.scratch, uuid.uuid4().hex)

    def _beat(self, driver: str, gone: threading.Event) -> None:
        while not gone.wait(BEAT_SECONDS):
            with contextlib.suppress(Exception):  # whoever fetches is told
                self._dispatcher.beat.remote(driver)

    def _ask(self, what: str, *arguments: Any) -> Any:
        from ray import get
        from ray.exceptions import RayError

        try:
            return get(getattr(self._dispatcher, what).remote(*arguments))
        except RayError as exc:
            raise OrchestrationError(
                f"the fleet at {self._address} went away: {str(exc).splitlines()[0]}", field="GENGA_FARM",
                remedy="Restart 'genga up --farm ray'; what was finished is kept",
            ) from exc


def fleet_state(address: str) -> FleetState:
    """How a fleet stands now. Raises OrchestrationError when it does not answer."""
    actor = dispatcher(address)
    from ray import get  # after it was looked for

    return get(actor.state.remote(), timeout=30)
