"""Queueing: how long jobs wait for a device, by formula and by a seeded simulation without the formula's assumptions."""

import heapq
import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

SEED = 20_250_101
JOBS = 20_000
"""Jobs of one simulation; the first tenth, which finds an empty queue, is left out."""
TAIL = 0.05
"""Share of jobs that may be slower: p95."""


def erlang_c(servers: int, load: float) -> float:
    """Chance that a job has to wait: M/M/c, with `load` = arrivals x mean service time, in erlangs.

    A. K. Erlang (1917), by way of the recursion of Erlang B, which stays exact for hundreds of servers where factorials overflow:
    B(0) = 1, B(k) = load B(k-1) / (k + load B(k-1)), C = B / (1 - busy (1 - B)). 1 where the servers cannot keep up.
    """
    if load >= servers:
        return 1.0
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


@dataclass(frozen=True)
class Queue:
    """Jobs that arrive at random and are served by devices of one kind, first come first served."""

    per_second: float
    """Arrivals, Poisson."""
    seconds: float
    """Mean service time."""
    cs2: float
    """Squared coefficient of variation of service times: 0 all alike, 1 exponential."""
    servers: int
    ca2: float = 1.0
    """The same of the time between arrivals; 1 for Poisson."""

    @property
    def load(self) -> float:
        """Devices that are busy on average, if there are enough: erlangs."""
        return self.per_second * self.seconds

    @property
    def busy(self) -> float:
        """Share of their time in which devices work; 1 and more cannot be kept up."""
        return self.load / self.servers

    @property
    def mean_wait(self) -> float:
        """Seconds in the queue, on average; infinite where the devices cannot keep up.

        Allen and Cunneen's approximation for G/G/c: the wait of M/M/c times (ca2 + cs2) / 2; exact for M/M/c, and for M/G/1
        (Pollaczek and Khinchine). A. O. Allen, Probability, Statistics, and Queueing Theory with Computer Science Applications,
        2nd ed., Academic Press 1990; W. Whitt, Approximations for the GI/G/m queue, Production and Operations Management 2
        (1993).
        """
        if self.busy >= 1:
            return math.inf
        return erlang_c(self.servers, self.load) * self._if_waiting

    @property
    def _if_waiting(self) -> float:
        """Mean wait of those that wait."""
        return self.seconds / (self.servers - self.load) * (self.ca2 + self.cs2) / 2

    def wait(self, tail: float = TAIL) -> float:
        """Seconds that only the share `tail` of jobs waits longer; the wait of those that wait is taken as exponential, as it is
        in M/M/c.
        """
        if self.busy >= 1:
            return math.inf
        chance = erlang_c(self.servers, self.load)
        return max(0.0, self._if_waiting * math.log(chance / tail)) if chance > 0 else 0.0


@dataclass(frozen=True)
class Simulated:
    """What a simulation found, in seconds."""

    mean_wait: float
    wait: float
    """p95."""
    delivery: float
    """p95 of waiting and being served together."""


def simulate(per_second: float, durations: Sequence[float], servers: int, seed: int = SEED, jobs: int = JOBS) -> Simulated:
    """Jobs at random moments, each with one of `durations` drawn at random, over `servers` devices, first come first served."""
    chance = random.Random(seed)
    free, now = [0.0] * servers, 0.0
    waits: list[float] = []
    deliveries: list[float] = []
    for n in range(jobs):
        now += chance.expovariate(per_second)
        seconds = chance.choice(durations)
        start = max(now, free[0])
        heapq.heapreplace(free, start + seconds)
        if n >= jobs // 10:
            waits.append(start - now)
            deliveries.append(start - now + seconds)
    return Simulated(statistics.fmean(waits), quantile(waits), quantile(deliveries))


def quantile(values: Sequence[float], tail: float = TAIL) -> float:
    """The value that only the share `tail` is above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil((1 - tail) * len(ordered)) - 1)]


def spread(durations: Sequence[float]) -> float:
    """Squared coefficient of variation; 0 for one duration alone."""
    mean = statistics.fmean(durations)
    return statistics.pvariance(durations, mean) / mean**2 if len(durations) > 1 and mean > 0 else 0.0


def made_up(seconds: float, cv: float, count: int = 4000) -> tuple[float, ...]:
    """Durations with this mean and coefficient of variation, gamma distributed, for a pool of which the ledger knows none."""
    if cv == 0:
        return (seconds,)
    chance, shape = random.Random(SEED), 1 / cv**2
    drawn = [chance.gammavariate(shape, seconds / shape) for _ in range(count)]
    scale = seconds / statistics.fmean(drawn)
    return tuple(one * scale for one in drawn)
