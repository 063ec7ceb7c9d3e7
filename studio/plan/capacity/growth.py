"""Growth: one device, several, a cluster, or bursts; each with the figure that speaks for or against it."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from studio.plan.capacity.queueing import JOBS
from studio.plan.capacity.sizing import Demand, Level, Need, Supply, level_at, size

IDLE = 0.25
"""Share of the peak's devices that must be idle in a mean hour for bursts to be worth their trouble."""

LEAST = 0.001
"""Seconds of a wait below which nobody cares how many."""


@dataclass(frozen=True)
class Rung:
    """One way of growing."""

    name: str
    advised: bool
    why: str


def grow(demand: Demand, needs: Sequence[Need], per_machine: int) -> list[Rung]:
    """The ladder from one device to bursts; exactly one of the first three is advised, bursts besides where peaks stand out."""
    total = sum(need.devices or 0 for need in needs)
    alone, told = _one(demand, needs)
    several = not alone and 0 < total <= per_machine
    return [
        Rung("one device", alone, told),
        Rung("several devices", several, _several(needs, total, per_machine, alone)),
        Rung("cluster", total > per_machine, _cluster(total, per_machine)),
        _burst(demand, needs, total),
    ]


def _one(demand: Demand, needs: Sequence[Need]) -> tuple[bool, str]:
    """Whether one device for all pools would do, its queue shared."""
    load = sum(need.per_hour / 3600 * need.supply.seconds for need in needs)
    if load >= 1:
        return False, f"the busiest hour is the work of {load:.2f} devices"
    if any(need.devices is None for need in needs):
        return False, "no number of devices keeps the promise: one render alone takes longer"
    level = _shared(needs)
    limits = [need.limit for need in needs if need.limit is not None]
    promised = f", {said(min(limits))} promised" if limits else ""
    figure = f"busy {load * 100:.0f} %, p95 delivery {said(level.delivery)}{promised}"
    return not limits or max(level.delivery, level.simulated.delivery if level.simulated else math.inf) <= min(limits), figure


def _shared(needs: Sequence[Need]) -> Level:
    """All pools on one device: each job is of a pool with its share of all arrivals."""
    per_hour = sum(need.per_hour for need in needs)
    durations: list[float] = []
    for need in needs:
        count = max(1, round(JOBS / 4 * need.per_hour / per_hour))
        own = sorted(seconds + need.supply.lost_seconds for seconds in need.supply.durations)
        durations += [own[int((i + 0.5) / count * len(own))] for i in range(count)]
    return level_at(Supply("shared", tuple(durations), 1.0, None, 1), per_hour, 1, None)


def _several(needs: Sequence[Need], total: int, per_machine: int, alone: bool) -> str:
    if alone:
        return "one is enough"
    told = [_with_less(need) for need in needs if need.devices]
    return f"{total}, each pool its own: {'; '.join(told)}" if told else "no number of devices keeps the promise"


def _cluster(total: int, per_machine: int) -> str:
    if not total:
        return "no number of devices keeps the promise"
    if total > per_machine:
        return f"{total} devices are needed, a machine holds {per_machine}"
    return f"one machine of {per_machine} holds the {f'{total} that are' if total > 1 else 'one that is'} needed"


def _with_less(need: Need) -> str:
    """`image 3 (with 2: busy 97 %, p95 wait 4 h)`."""
    less = need.below
    if less is None:
        return f"{need.pool} {need.devices}"
    figure = f"busy {less.busy * 100:.0f} %, p95 wait {said(less.wait)}" if less.busy < 1 else "they cannot keep up"
    return f"{need.pool} {need.devices} (with {less.devices}: {figure})"


def _burst(demand: Demand, needs: Sequence[Need], total: int) -> Rung:
    if not total:
        return Rung("burst", False, "no number of devices keeps the promise")
    if demand.peak <= 1:
        return Rung("burst", False, "no peak was named; --peak says how many times as much the busiest hour brings")
    calm = sum(size(replace(demand, peak=1.0), need.supply).devices or 0 for need in needs)
    idle = total - calm
    rates = [need.supply.usd_per_hour for need in needs if need.supply.usd_per_hour is not None]
    saves = idle * 23 * statistics.fmean(rates) if rates else 0.0
    saved = f"; renting them for that hour alone saves up to ${saves:.2f} a day" if saves else ""
    why = f"the busiest hour needs {total} devices, a mean hour {calm}: {idle} would stand idle{saved}"
    return Rung("burst", idle / total >= IDLE, why)


def said(seconds: float) -> str:
    """`40 s`, `12 min`, `2.5 h`, `3.1 d`; `<0.001 s` for next to nothing, `endless` where a queue only grows."""
    if math.isinf(seconds):
        return "endless"
    for unit, size_of in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size_of or (unit == "min" and seconds >= 120):
            return f"{seconds / size_of:.3g} {unit}"
    if 0 < seconds < LEAST:
        return f"<{LEAST:g} s"
    return f"{seconds:.3g} s"
