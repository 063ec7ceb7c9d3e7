"""Elsewhere: takes that another environment than today's made. Their bytes are there, so that alone makes nothing stale."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from studio.plan.history import History, PastTake
from studio.plan.impact.radius import APART, Held, Radius, Rate, count_used, in_order, pool_of, split_gone, usd_of, used_now
from studio.plan.impact.things import Thing

Today = Callable[[str], tuple[str, Mapping[str, str]]]
"""Engine -> digest and facts of the environment in which it would render on this machine now."""


@dataclass(frozen=True)
class Elsewhere:
    """What was made elsewhere."""

    radius: Radius
    """Of units whose take came from another environment, with what it would cost to draw them here."""
    differences: dict[str, int]
    """`torch: 2.5.1 -> 2.8.0` -> how many takes that is true of."""
    unknown: int
    """Units whose take does not say where it was made; what is lettered, cut and bound does not depend on it."""


def made_elsewhere(
    history: History, today: Today, rate: Rate, ids: Mapping[str, Collection[str]], within: Radius | None = None
) -> Elsewhere:
    """Units in use, of those in `within`, whose take's environment is not today's."""
    keys = {(one.unit, one.stage, one.language) for one in within.held} if within else None
    used = {key: recipe for key, recipe in used_now(history).items()
            if key[1] not in APART and (keys is None or key in keys)}
    differences: Counter[str] = Counter()
    held: list[Held] = []
    unknown = 0
    for key, recipe in used.items():
        take = history.takes[recipe]
        unknown += not take.environment
        told = _differences(history, take, today) if take.environment else ()
        if told:
            differences.update(told)
            held.append(Held(*key, recipe, take.seconds, usd_of(take, rate), True, "environment", recipe in history.published,
                             history.waiver(key[0], key[0].rsplit(".", 1)[0]), pool=pool_of(take)))
    here, _ = split_gone(held, ids)
    of = f", of what holds {within.thing.name}" if within else ""
    thing = Thing(f"today's environment{of}", "environment", "environment")
    radius = Radius(thing, tuple(sorted(here, key=in_order)), count_used(used, ids), ())
    return Elsewhere(radius, dict(differences.most_common()), unknown)


def _differences(history: History, take: PastTake, today: Today) -> tuple[str, ...]:
    digest, now = today(take.body.get("engine", ""))
    if digest == take.environment or not now:
        return ()
    was = history.environments.get(take.environment, {})
    told = tuple(f"{fact}: {was.get(fact, '-')} -> {now.get(fact, '-')}"
                 for fact in sorted({*was, *now}) if was.get(fact) != now.get(fact))
    return told or ("another environment",)
