"""A fleet without Ray: a real dispatcher over made-up devices, in a loop whose clock jumps instead of waiting."""

import asyncio
import selectors
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from PIL import Image

from studio.plan.recipes import Recipe
from studio.render.farm import FarmResult
from studio.render.fleet import nodes
from studio.render.fleet.dispatcher import Dispatcher
from studio.render.fleet.seats import Seat
from studio.render.fleet.states import DeviceState
from studio.render.fleet.tasks import Task
from studio.render.fleet.worker import Answer, Health, Packed

from .shelf import Shelf

T = TypeVar("T")
STORY_SECONDS = 4 * 3600.0
"""Of the clock that jumps; whatever takes longer never comes."""


class _Jumping(selectors.SelectSelector):
    now = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "nothing will ever happen again"
        self.now += max(timeout, 0.0)
        return super().select(0)


class Clockwork(asyncio.SelectorEventLoop):
    """Waiting costs nothing; what others give to a thread is done at once, so that each story goes the same way every time."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds of the story."""
        return self._jumping.now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """See AbstractEventLoop."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as exc:
            done.set_exception(exc)
        return done


class Died(Exception):
    """What Ray says of a call whose worker is gone."""


class FakeWorker:
    """As Ray's handle of a worker: calls begin at once, and break when it dies."""

    def __init__(self, fleet: "FakeFleet", device: str) -> None:
        self.device, self.last_words, self._dead = device, None, asyncio.Event()
        self.probe = SimpleNamespace(remote=lambda: self._begin(fleet.probe(self)))
        self.render = SimpleNamespace(remote=lambda driver, engine, recipes, *rest: self._begin(fleet.render(self, recipes)))

    last_words: Answer | None
    """An answer that was on its way already when the worker was stopped."""

    @property
    def dead(self) -> bool:
        """It was stopped, or died by itself."""
        return self._dead.is_set()

    def die(self) -> None:
        """Whatever it does."""
        self._dead.set()

    def _begin(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        return asyncio.ensure_future(self._until_death(asyncio.ensure_future(work)))

    async def _until_death(self, work: "asyncio.Task[Any]") -> Any:
        death = asyncio.ensure_future(self._dead.wait())
        try:
            await asyncio.wait({work, death}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            if self.last_words:
                return self.last_words
            raise Died("the worker died")
        finally:
            work.cancel()
            death.cancel()


async def _sound(worker: FakeWorker) -> Health:
    return Health("host", "cpu", 8 * 2**30, 1)


async def _quick(worker: FakeWorker, recipes: Sequence[Recipe]) -> Answer:
    await asyncio.sleep(len(recipes))
    return answer(recipes)


class FakeFleet:
    """Devices by name. A story sets what happens: `start` may raise; `probe` and `render` may take long, raise or never end."""

    def __init__(self, patch: pytest.MonkeyPatch, *devices: str) -> None:
        self.devices = list(devices)
        self.workers: list[FakeWorker] = []
        self.tries: dict[str, list[float]] = defaultdict(list)
        """When a worker was to be started on a device."""
        self.start: Callable[[str], None] = lambda device: None
        self.probe: Callable[[FakeWorker], Coroutine[Any, Any, Health]] = _sound
        self.render: Callable[[FakeWorker, Sequence[Recipe]], Coroutine[Any, Any, Answer]] = _quick
        patch.setattr(nodes, "seats", lambda: [Seat(name, "node", f"host/{name}") for name in self.devices])
        patch.setattr(nodes, "start_worker", self._start)
        patch.setattr(nodes, "stop_worker", lambda worker: worker and worker.die())
        self._patch = patch

    def _start(self, seat: Seat) -> FakeWorker:
        self.tries[seat.name].append(now())
        self.start(seat.name)
        self.workers.append(FakeWorker(self, seat.name))
        return self.workers[-1]

    def play(self, story: Callable[[Dispatcher], Awaitable[T]]) -> T:
        """A story from the moment at which the devices are ready, where they can be."""
        async def told() -> T:
            dispatcher = Dispatcher()
            await dispatcher.open()
            await asyncio.sleep(1)
            return await story(dispatcher)

        with asyncio.Runner(loop_factory=Clockwork) as runner:
            self._patch.setattr("studio.render.fleet.dispatcher.time", SimpleNamespace(monotonic=runner.get_loop().time))
            return runner.run(asyncio.wait_for(told(), STORY_SECONDS))


def now() -> float:
    """Seconds of the story."""
    return asyncio.get_running_loop().time()


def answer(recipes: Sequence[Recipe]) -> Answer:
    """A picture each, of one device second."""
    made = tuple(Packed(FarmResult(recipe, Image.new("RGB", (64, 64)), seconds=1.0)) for recipe in recipes)
    return Answer(made, frozenset(), 0)


def batch(*recipes: Recipe, driver: str = "d", limit: float | None = None) -> Task:
    """A driver's batch of these."""
    return Task(f"{driver}/0", driver, "fake", recipes, limit_seconds=limit)


async def submit(dispatcher: Dispatcher, task: Task) -> None:
    """Hand it in, as its driver does."""
    await dispatcher.submit(task.driver, [task], Shelf())


async def results(dispatcher: Dispatcher, driver: str, count: int) -> list[FarmResult]:
    """So many results, as they come."""
    found: list[FarmResult] = []
    while len(found) < count:
        found += [packed.result for packed in await dispatcher.fetch(driver, 5.0) or ()]
    return found


async def device(dispatcher: Dispatcher, name: str) -> DeviceState:
    """How it stands."""
    return next(d for d in (await dispatcher.state()).devices if d.name == name)


async def never(*_: Any) -> Any:
    """Does not end."""
    await asyncio.Event().wait()
