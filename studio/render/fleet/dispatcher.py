"""Dispatcher: the one queue in front of all devices. A detached Ray actor: it outlives the runs that hand it work.

It starts a worker on every device, gives each what placing says, and keeps results until their driver fetches them. What to do is
decided by tasks, placing and seats, which know no Ray.
"""

import asyncio
import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from studio.errors import GengaError, RenderError
from studio.render.engine import Sources
from studio.render.farm import FarmResult
from studio.render.fleet import nodes
from studio.render.fleet.placing import place
from studio.render.fleet.seats import Seat
from studio.render.fleet.states import DeviceState, FleetState, QueueState
from studio.render.fleet.tasks import Board, Lease, Task
from studio.render.fleet.worker import Answer, Packed

SILENCE_SECONDS = 20.0
"""A driver that says nothing for so long was killed; its devices are free for others."""
KEEP_SECONDS = 600.0
"""How long what was finished for it is kept: it may only have been unable to speak."""
EVICT_SECONDS = 30.0
"""What a device is given to end a batch that nobody wants any more, before its worker is replaced."""
PROBE_SECONDS = 900.0
"""A busy machine takes minutes to import torch."""
LONGEST_SECONDS = 6 * 3600.0
"""After which a worker is taken to hang whose batch has no limit."""
LOOK_SECONDS = 2.0
HANG_SECONDS = 5.0
"""What a worker is given beyond its limit before it is taken to hang."""
AHEAD = 8
"""Batches that may wait for a driver to fetch them before it is given no more devices."""


class Dispatcher:
    """See module. All methods run in one event loop, so that nothing needs a lock."""

    def __init__(self) -> None:
        self._board = Board()
        self._seats: dict[str, Seat] = {}
        self._sources: dict[str, Sources] = {}
        self._heard: dict[str, float] = {}
        self._outbox: dict[str, list[Sequence[Packed]]] = defaultdict(list)
        self._silent: dict[str, float] = {}
        self._news: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._jobs: set[asyncio.Task[None]] = set()
        self._looked = -LOOK_SECONDS
        self._tending: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to tend devices; more calls change nothing."""
        if self._tending is None:
            self._tending = asyncio.create_task(self._tend())

    async def submit(self, driver: str, tasks: Sequence[Task], sources: Sources) -> None:
        """Put a driver's batches into the queue."""
        now = time.monotonic()
        self._heard[driver], self._sources[driver] = now, sources
        self._silent.pop(driver, None)
        self._board.submit(replace(task, since=now) for task in tasks)
        self._assign()

    async def fetch(self, driver: str, seconds: float) -> list[Packed] | None:
        """What was finished for a driver since it last asked; waits up to `seconds` for something. None for a driver that is not
        known: it was silent, and what it wants must be handed in again.
        """
        if driver not in self._heard:
            return self._taken(driver) or None
        self._heard[driver] = time.monotonic()
        news = self._news[driver]
        if not self._outbox[driver]:
            news.clear()
            try:
                await asyncio.wait_for(news.wait(), seconds)
            except TimeoutError:
                return []
        packed = self._taken(driver)
        self._heard[driver] = time.monotonic()
        self._assign()
        return packed

    def _taken(self, driver: str) -> list[Packed]:
        return [packed for batch in self._outbox.pop(driver, ()) for packed in batch]

    async def beat(self, driver: str) -> None:
        """A driver that is busy with its results still lives."""
        if driver in self._heard:
            self._heard[driver] = time.monotonic()

    async def leave(self, driver: str) -> list[Packed]:
        """A driver wants nothing more; what is finished and was not fetched."""
        self._forget(driver)
        return self._taken(driver)

    def _forget(self, driver: str) -> None:
        for lease in self._board.drop(driver):
            self._spawn(self._evict(self._seats.get(lease.device)))
        for kept in (self._sources, self._heard, self._news):
            kept.pop(driver, None)

    async def _evict(self, seat: Seat | None) -> None:
        """Free a device from a batch that nobody wants: most end soon, and keep their weights warm."""
        worker, begun = (seat.worker, seat.batches) if seat else (None, 0)
        await asyncio.sleep(EVICT_SECONDS)
        if seat and seat.state == "busy" and seat.worker is worker and seat.batches == begun:
            self._stop(seat, "its batch was wanted no more")

    async def state(self) -> FleetState:
        """Devices and queue, for people."""
        now = time.monotonic()
        doing = {lease.device: lease for lease in self._board.leases.values()}
        waiting: dict[tuple[str, int, float], list[Task]] = defaultdict(list)
        for task in self._board.waiting:
            waiting[task.pool, task.priority, task.deadline or math.inf].append(task)
        return FleetState(
            tuple(DeviceState.of(seat, doing.get(seat.name), now) for seat in self._seats.values()),
            tuple(QueueState.of(tasks, now) for _, tasks in sorted(waiting.items(), key=lambda one: one[0])),
            drivers=len(self._heard), refused=self._board.refused,
        )

    async def _tend(self) -> None:
        while True:
            try:
                await self._look_after(time.monotonic())
            except Exception:  # whatever Ray says today, devices are looked after tomorrow
                logging.getLogger(__name__).exception("the fleet could not be looked after")
            await asyncio.sleep(0.25)

    async def _look_after(self, now: float) -> None:
        for driver in [d for d, heard in self._heard.items() if now - heard > SILENCE_SECONDS]:
            self._forget(driver)
            self._silent[driver] = now
        for driver in [d for d, since in self._silent.items() if now - since > KEEP_SECONDS]:
            del self._silent[driver]
            self._outbox.pop(driver, None)
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._take_in(await asyncio.to_thread(nodes.seats))
        for seat in self._seats.values():
            if seat.state == "resting" and now >= seat.until:
                self._start(seat)
        self._assign()

    def _start(self, seat: Seat) -> None:
        try:
            seat.sit(nodes.start_worker(seat))
        except Exception as exc:  # the others are looked after all the same
            logging.getLogger(__name__).exception("no worker could be started on %s", seat.name)
            seat.leave(_told(exc), time.monotonic())
            return
        self._spawn(self._welcome(seat))

    def _take_in(self, found: Sequence[Seat]) -> None:
        """Take in new nodes and forget those that are gone."""
        there = {seat.name: seat for seat in found}
        for name in set(self._seats) - set(there):
            del self._seats[name]  # its batch ends with an error of Ray's
        self._seats |= {name: seat for name, seat in there.items() if name not in self._seats}

    async def _welcome(self, seat: Seat) -> None:
        worker = seat.worker
        try:
            health = await asyncio.wait_for(worker.probe.remote(), PROBE_SECONDS)
        except TimeoutError:
            self._stop(seat, f"its tiny picture did not end in {PROBE_SECONDS:.0f} s")
            return
        except Exception as exc:
            self._stop(seat, _told(exc))
            return
        seat.healthy(health.device, health.total_bytes, health.pid)
        self._assign()

    def _assign(self) -> None:
        idle = [seat.slot for seat in self._seats.values() if seat.state == "idle"]
        if not idle or not self._board.waiting:
            return
        now = time.monotonic()
        ready = [task for task in self._board.waiting if len(self._outbox.get(task.driver, ())) < AHEAD]
        for task, slot in place(ready, idle, [s.slot for s in self._seats.values() if s.total_bytes], now):
            seat = self._seats[slot.name]
            seat.begin()
            self._spawn(self._work(seat, self._board.lease(task, seat.name, now)))

    async def _work(self, seat: Seat, lease: Lease) -> None:
        task, worker = lease.task, seat.worker
        limit = task.limit_seconds
        patience = 3 * limit + HANG_SECONDS if limit else LONGEST_SECONDS  # a batch that fails is tried again, recipe by recipe
        try:
            call = worker.render.remote(
                task.driver, task.engine, task.recipes, self._sources.get(task.driver), limit, self._board.following(task))
            answer: Answer = await asyncio.wait_for(call, patience)
        except TimeoutError:  # engines stop by themselves; this one hangs
            self._lost(seat, worker, f"stopped after {patience:.0f} s at one batch")
            self._give_up(seat, self._board.die(lease.attempt, time.monotonic(), hung=True), nodes.hung)
            return
        except Exception as exc:
            self._lost(seat, worker, _told(exc))
            self._give_up(seat, self._board.die(lease.attempt, time.monotonic()), nodes.deadly)
            return
        if seat.worker is worker:  # else it was stopped while its answer was on its way
            self._done(seat, answer)
        if self._board.finish(lease.attempt):
            waited = lease.begun - task.since
            self._deliver(task.driver, [packed.of(seat.place, waited) for packed in answer.results])
        self._assign()

    def _done(self, seat: Seat, answer: Answer) -> None:
        seconds = sum(packed.result.seconds for packed in answer.results)
        seat.done(len(answer.results), seconds, answer.loaded)
        if seat.leaks(answer.held_bytes):
            self._stop(seat, "grew too large")
            seat.failures = 0

    def _lost(self, seat: Seat, worker: Any, why: str) -> None:
        if seat.worker is worker:  # else it was stopped from here, and another may work there already
            self._stop(seat, why)

    def _stop(self, seat: Seat, why: str) -> None:
        nodes.stop_worker(seat.worker)
        seat.leave(why, time.monotonic())

    def _give_up(self, seat: Seat, tasks: Sequence[Task], error: Callable[[Task, str], GengaError]) -> None:
        for task in tasks:  # one recipe each, which held devices all the while
            seconds = sum(debt.settle() for debt in task.debts)
            failed = FarmResult(task.recipes[0], error=error(task, seat.name), seconds=seconds)
            self._deliver(task.driver, [Packed(failed)])

    def _deliver(self, driver: str, results: Sequence[Packed]) -> None:
        if driver in self._heard:
            self._outbox[driver].append(results)
            self._news[driver].set()

    def _spawn(self, work: Any) -> None:
        job = asyncio.create_task(work)
        self._jobs.add(job)  # the loop itself only remembers tasks weakly
        job.add_done_callback(self._jobs.discard)


def _told(exc: Exception) -> str:
    cause = getattr(exc, "cause", None)
    told = cause if isinstance(cause, RenderError) else exc
    if "actor died" in str(told):  # Ray's words for it fill a screen and name nothing that a person knows
        return "its worker died"
    return (str(told).strip().splitlines() or [type(told).__name__])[0]
