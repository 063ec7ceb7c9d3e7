"""Sizing: the devices that a pool needs for a demand, and what one accepted picture costs there."""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from studio.plan.capacity.queueing import JOBS, Queue, Simulated, quantile, simulate, spread

AROUND = 2
"""Numbers of devices below and above the one needed that are shown."""
MOST_JOBS = 200_000
"""Jobs of the longest simulation, of devices that are hardly ever idle; a quarter of a second."""
MORE = 20
"""Devices that a simulation may ask for beyond the formula before no number is said to do."""


@dataclass(frozen=True)
class Demand:
    """What is to be delivered."""

    per_day: float
    """Accepted units a day, over all pools."""
    mix: Mapping[str, float]
    """Pool -> its share of them; together 1."""
    sla: Mapping[str, float]
    """`delivery`, or a pool -> seconds within which 95 of 100 are to be there."""
    peak: float = 1.0
    """How many times as many come in the busiest hour as in the mean one."""
    hours: float = 24.0
    """Hours of a day in which they come."""

    def limit(self, pool: str) -> float | None:
        """Seconds that a unit of `pool` may take; None where nothing was promised."""
        return self.sla.get(pool, self.sla.get("delivery"))


@dataclass(frozen=True)
class Supply:
    """One pool, as measured or stated."""

    pool: str
    durations: tuple[float, ...]
    """Device seconds of a render."""
    accepted: float
    """Yield: accepted of rendered, 0 .. 1."""
    usd_per_hour: float | None
    """None where nobody said."""
    workers: int
    """Devices that are there."""
    lost_seconds: float = 0.0
    """Device seconds per render that failed tries take besides."""
    kept_usd: float = 0.0
    """Storage and egress of one render."""
    bases: tuple[str, ...] = ()
    """What these numbers rest on, in sentences."""

    @cached_property
    def seconds(self) -> float:
        """Mean device seconds of a render, with what failed tries take besides."""
        return statistics.fmean(self.durations) + self.lost_seconds

    @cached_property
    def cs2(self) -> float:
        """Squared coefficient of variation of durations."""
        return spread(self.durations)

    @cached_property
    def slow(self) -> float:
        """p95 of durations."""
        return quantile(self.durations) + self.lost_seconds

    @property
    def per_hour(self) -> float:
        """Renders an hour of all workers: workers x 3600 / seconds."""
        return self.workers * 3600 / self.seconds

    @property
    def usd(self) -> float | None:
        """USD of one render: rate x seconds / 3600, and storage and egress. None where no rate was named: unknown, not free."""
        return None if self.usd_per_hour is None else self.usd_per_hour * self.seconds / 3600 + self.kept_usd

    @property
    def usd_accepted(self) -> float | None:
        """USD of one accepted unit: what the rejected ones cost is in it, once, by the yield."""
        return None if self.usd is None else self.usd / self.accepted


@dataclass(frozen=True)
class Level:
    """How a number of devices does."""

    devices: int
    busy: float
    mean_wait: float
    wait: float
    """p95, seconds; infinite where they cannot keep up."""
    delivery: float
    """p95 of waiting and rendering together."""
    simulated: Simulated | None
    """None where they cannot keep up."""
    meets: bool
    """The promise holds, by formula and simulation."""


@dataclass(frozen=True)
class Need:
    """What a demand asks of one pool."""

    supply: Supply
    per_hour: float
    """Renders in the busiest hour: accepted units asked for, divided by yield."""
    per_day: float
    """Renders a day."""
    limit: float | None
    devices: int | None
    """None where no number of devices keeps the promise."""
    levels: tuple[Level, ...]

    @property
    def pool(self) -> str:
        """Its name."""
        return self.supply.pool

    @property
    def at(self) -> Level | None:
        """How the devices needed do."""
        return next((level for level in self.levels if level.devices == self.devices), None)

    @property
    def below(self) -> Level | None:
        """How one less does."""
        return next((level for level in self.levels if self.devices and level.devices == self.devices - 1), None)

    @property
    def usd_per_day(self) -> float | None:
        """USD of a day's renders, paid by the second."""
        return None if self.supply.usd is None else self.per_day * self.supply.usd

    @property
    def usd_held_per_day(self) -> float | None:
        """USD of a day in which all these devices are kept, busy or not."""
        rate = self.supply.usd_per_hour
        return None if rate is None or self.devices is None else self.devices * 24 * rate


def size(demand: Demand, supply: Supply) -> Need:
    """The fewest devices with which 95 of 100 units are there in time; without a promise, those that keep up."""
    per_day = demand.per_day * demand.mix[supply.pool] / supply.accepted
    per_hour = per_day / demand.hours * demand.peak
    limit = demand.limit(supply.pool)
    least = math.floor(per_hour / 3600 * supply.seconds) + 1
    if limit is not None and supply.slow > limit:
        return Need(supply, per_hour, per_day, limit, None, (level_at(supply, per_hour, least, limit),))
    devices = least
    while not _promising(supply, per_hour, devices, limit):
        devices += 1
    found = level_at(supply, per_hour, devices, limit)
    for _ in range(MORE):  # the simulation is the harder judge where few jobs are very long
        if found.meets:
            break
        devices += 1
        found = level_at(supply, per_hour, devices, limit)
    else:
        return Need(supply, per_hour, per_day, limit, None, (found,))
    around = range(max(1, devices - AROUND), devices + AROUND + 1)
    levels = tuple(found if n == devices else level_at(supply, per_hour, n, limit) for n in around)
    return Need(supply, per_hour, per_day, limit, devices, levels)


def level_at(supply: Supply, per_hour: float, devices: int, limit: float | None) -> Level:
    """How `devices` do. Delivery is the slower of: the p95 wait and a mean render; no wait and a p95 render."""
    queue = Queue(per_hour / 3600, supply.seconds, supply.cs2, devices)
    wait = queue.wait()
    delivery = max(wait + supply.seconds, supply.slow)
    if queue.busy >= 1:
        return Level(devices, queue.busy, math.inf, math.inf, math.inf, None, meets=False)
    durations = [seconds + supply.lost_seconds for seconds in supply.durations]
    jobs = min(MOST_JOBS, round(JOBS / (1 - queue.busy)))  # the busier, the longer until chance has evened out
    simulated = simulate(per_hour / 3600, durations, devices, jobs=jobs)
    meets = limit is None or max(delivery, simulated.delivery) <= limit
    return Level(devices, queue.busy, queue.mean_wait, wait, delivery, simulated, meets)


def _promising(supply: Supply, per_hour: float, devices: int, limit: float | None) -> bool:
    """By the formula alone, which is quick."""
    queue = Queue(per_hour / 3600, supply.seconds, supply.cs2, devices)
    return queue.busy < 1 and (limit is None or max(queue.wait() + supply.seconds, supply.slow) <= limit)
