"""Schedule: when the steps of plans would be done on the devices that a show has. Pure; a list schedule, not a promise."""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio.plan.history import STAGES
from studio.plan.plans import Plan, Step


@dataclass(frozen=True)
class Schedule:
    """How long it takes until everything is done."""

    seconds: float
    """From now to the end of the last step."""
    busy: Mapping[str, float]
    """Pool -> device seconds of its steps."""
    limits: Mapping[str, int]
    """Pool -> devices."""
    ends: Mapping[tuple[str, str], float]
    """(episode, step key) -> seconds from now at which it is done."""

    @property
    def bottleneck(self) -> str:
        """The pool whose devices are busy longest; empty where there is nothing to do."""
        return max(self.busy, key=lambda pool: self.busy[pool] / self.limits.get(pool, 1), default="")


def schedule(plans: Sequence[Plan], limits: Mapping[str, int], high: bool = False) -> Schedule:
    """Give every step the first device of its pool that is free, stage after stage, as the queue does.

    A step waits for what stands before it on its page or in its shot, a book or film for its whole episode. high: with
    seconds that nine of ten units stay under. Source: list scheduling, Graham 1966; its end is at most (2 - 1/m) times
    the best one's on m devices.
    """
    free = {pool: [0.0] * limit for pool, limit in limits.items()}
    done: dict[tuple[str, str], float] = defaultdict(float)
    whole: dict[str, float] = defaultdict(float)
    ends: dict[tuple[str, str], float] = {}
    busy: dict[str, float] = defaultdict(float)
    order = sorted(((STAGES.index(step.stage), plan.episode, step) for plan in plans for step in plan.steps if step.todo),
                   key=lambda one: one[0])
    for start, end in _groups(order):
        finished: list[tuple[str, str, float]] = []
        for _, episode, step in order[start:end]:
            ready = done[episode, step.place] if step.place else whole[episode]
            at = _put(free.setdefault(step.pool, [0.0]), ready, _seconds(step, high))
            busy[step.pool] += _seconds(step, high)
            ends[episode, step.key] = at
            finished.append((episode, step.place, at))
        for episode, place, at in finished:
            done[episode, place] = max(done[episode, place], at)
            whole[episode] = max(whole[episode], at)
    return Schedule(max(ends.values(), default=0.0), dict(busy), {pool: len(held) for pool, held in free.items()}, ends)


def _groups(order: Sequence[tuple[int, str, Step]]) -> list[tuple[int, int]]:
    """From where to where each stage runs in `order`."""
    starts = [i for i, one in enumerate(order) if i == 0 or one[0] != order[i - 1][0]]
    return list(itertools.pairwise([*starts, len(order)]))


def _put(devices: list[float], ready: float, seconds: float) -> float:
    """When a step that is ready then is done, on the device that is free first."""
    end = max(heapq.heappop(devices), ready) + seconds
    heapq.heappush(devices, end)
    return end


def _seconds(step: Step, high: bool) -> float:
    return max(step.high, step.seconds) if high else step.seconds
