"""Capacity of a show: what its ledger measured, completed by what people state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from studio.errors import CapacityError
from studio.plan.capacity.growth import Rung, grow
from studio.plan.capacity.measured import PoolFacts, measure
from studio.plan.capacity.queueing import made_up
from studio.plan.capacity.sizing import Demand, Need, Supply, size
from studio.plan.history import History
from studio.plan.price import rate_said
from studio.production.opening import Production

GB = 1e9
SAMPLE = 200
"""Files that are looked at to know how large an artifact is."""
Told = Mapping[str, float]


@dataclass(frozen=True)
class Stated:
    """What people say in place of what the ledger or show.yaml does, by pool."""

    seconds: Told = field(default_factory=dict[str, float])
    cv: Told = field(default_factory=dict[str, float])
    """Coefficient of variation of durations."""
    rates: Told = field(default_factory=dict[str, float])
    """USD per device hour."""
    accepted: Told = field(default_factory=dict[str, float])
    """Yield."""
    workers: Told = field(default_factory=dict[str, float])
    megabytes: Told = field(default_factory=dict[str, float])
    """Size of an artifact."""
    storage: float = 0.0
    """USD per GB and month."""
    months: float = 12.0
    """How long artifacts are kept."""
    egress: float = 0.0
    """USD per GB that leaves once."""


@dataclass(frozen=True)
class Capacity:
    """The answer."""

    demand: Demand
    needs: tuple[Need, ...]
    rungs: tuple[Rung, ...]


def capacity(production: Production, history: History, demand: Demand, stated: Stated, per_machine: int = 8) -> Capacity:
    """Devices, costs and growth for `demand`. Raises CapacityError where the ledger lacks what nobody stated."""
    facts = measure(history)
    needs = [size(demand, supply_of(production, facts.get(pool, PoolFacts(pool)), stated)) for pool in demand.mix]
    return Capacity(demand, tuple(needs), tuple(grow(demand, needs, per_machine)))


def supply_of(production: Production, facts: PoolFacts, stated: Stated) -> Supply:
    """One pool, as the ledger measured it where nobody states otherwise."""
    durations, told = _durations(facts, stated)
    accepted, counted = _yield(facts, stated)
    rate, named = _rate(production, facts.pool, stated)
    kept, paid = _kept(production, facts, stated)
    workers = stated.workers.get(facts.pool)
    found = production.show.settings.pools.get(facts.pool)
    measured = facts.pool not in stated.seconds
    lost = facts.lost_seconds / facts.rendered if measured and facts.rendered else 0.0
    bases = [told, *([f"{lost:.3g} s a render lost in failed tries"] if lost else []), counted, named, paid]
    return Supply(facts.pool, durations, accepted, rate, int(workers) if workers else found.limit if found else 1, lost, kept,
                  tuple(bases))


def _durations(facts: PoolFacts, stated: Stated) -> tuple[tuple[float, ...], str]:
    mean, cv = stated.seconds.get(facts.pool), stated.cv.get(facts.pool)
    known = facts.durations
    if mean is None and not known:
        raise CapacityError(f"the ledger has no take of pool '{facts.pool}', so nothing tells how long one lasts",
                            field="--seconds", remedy=f"State it: --seconds {facts.pool}=12, or render something first")
    if cv is not None or not known:
        seconds = mean if mean is not None else sum(known) / len(known)
        spread = 1.0 if cv is None else cv
        why = "as nothing is known of how they vary (--cv states it)" if cv is None else "as stated"
        return made_up(seconds, spread), f"durations {seconds:.3g} s with a coefficient of variation of {spread:g}, {why}"
    if mean is None:
        return known, f"durations of {len(known)} takes in the ledger"
    scale = mean * len(known) / sum(known)
    return tuple(one * scale for one in known), f"{mean:.3g} s as stated, varying as the {len(known)} takes in the ledger do"


def _yield(facts: PoolFacts, stated: Stated) -> tuple[float, str]:
    said = stated.accepted.get(facts.pool)
    if said is not None:
        return said, f"yield {said:.0%} as stated"
    if not facts.rendered:
        raise CapacityError(f"nothing was rendered in pool '{facts.pool}', so accepted / rendered means nothing", field="--yield",
                            remedy="State it: --yield 0.9")
    if not facts.accepted:
        raise CapacityError(f"none of the {facts.rendered} takes of pool '{facts.pool}' is in use, so one accepted costs no "
                            "known number of renders", field="--yield", remedy="State it: --yield 0.9, or review first")
    return facts.accepted / facts.rendered, (f"yield {facts.accepted / facts.rendered:.0%}: {facts.accepted} of {facts.rendered} "
                                             f"takes are in use and not rejected, {facts.reviewed} of them reviewed by people")


def _rate(production: Production, pool: str, stated: Stated) -> tuple[float | None, str]:
    if pool in stated.rates:
        return stated.rates[pool], f"{rate_said(stated.rates[pool])} per device hour as stated"
    found = production.show.settings.pools.get(pool)  # type: ignore[call-overload]
    if found is None or found.usd_per_hour is None:
        return None, f"cost unknown: neither show.yaml (pools.{pool}.usd_per_hour) nor --rate names a price"
    return found.usd_per_hour, f"{rate_said(found.usd_per_hour)} per device hour by show.yaml"


def _kept(production: Production, facts: PoolFacts, stated: Stated) -> tuple[float, str]:
    per_gb = stated.storage * stated.months + stated.egress
    if not per_gb:
        return 0.0, "storage and egress not counted (--storage, --egress)"
    size = stated.megabytes.get(facts.pool, 0.0) * 1e6 or _bytes(production, facts.artifacts)
    if not size:
        raise CapacityError(f"nothing tells how large an artifact of pool '{facts.pool}' is", field="--mb",
                            remedy=f"State it: --mb {facts.pool}=1.5")
    usd = size / GB * per_gb
    return usd, f"${usd:.2g} for storage and egress of {size / 1e6:.3g} MB"


def _bytes(production: Production, artifacts: Sequence[tuple[str, str]]) -> float:
    """Mean size of a sample of files that are kept here; 0 where they lie in a bucket, or are gone."""
    if production.show.settings.artifacts is not None:
        return 0.0
    step = max(1, len(artifacts) // SAMPLE)
    sizes = [production.artifacts.path(sha, suffix).stat().st_size for sha, suffix in artifacts[::step]
             if production.artifacts.has(sha, suffix)]
    return sum(sizes) / len(sizes) if sizes else 0.0
