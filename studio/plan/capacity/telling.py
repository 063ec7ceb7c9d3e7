"""Telling: a capacity as plain values."""

import math
from collections.abc import Sequence
from typing import Any

from studio.plan.capacity.growth import Rung
from studio.plan.capacity.sizing import Demand, Need

FORMULA = "M/M/c with Erlang C, times (1 + cs²)/2 for how durations vary (Allen and Cunneen)"


def record(demand: Demand, needs: Sequence[Need], rungs: Sequence[Rung]) -> dict[str, Any]:
    """Plain values for `genga capacity --json`; what is endless is null."""
    return {
        "jobs_per_day": demand.per_day, "peak": demand.peak, "hours": demand.hours, "formula": FORMULA,
        "pools": [_pool(need) for need in needs],
        "growth": [{"way": rung.name, "advised": rung.advised, "why": rung.why} for rung in rungs],
    }


def _pool(need: Need) -> dict[str, Any]:
    supply = need.supply
    return {
        "pool": need.pool, "devices": need.devices, "limit_seconds": need.limit, "workers": supply.workers,
        "seconds": supply.seconds, "cs2": supply.cs2, "images_per_hour": supply.per_hour, "asked_per_hour": need.per_hour,
        "yield": supply.accepted, "usd_per_hour": supply.usd_per_hour, "usd": supply.usd, "usd_accepted": supply.usd_accepted,
        "usd_per_day": need.usd_per_day, "usd_held_per_day": need.usd_held_per_day, "from": list(supply.bases),
        "levels": [{
            "devices": level.devices, "busy": level.busy, "mean_wait": _finite(level.mean_wait), "p95_wait": _finite(level.wait),
            "p95_delivery": _finite(level.delivery), "meets": level.meets,
            "simulated": {"mean_wait": level.simulated.mean_wait, "p95_wait": level.simulated.wait,
                          "p95_delivery": level.simulated.delivery} if level.simulated else None,
        } for level in need.levels],
    }


def _finite(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None
