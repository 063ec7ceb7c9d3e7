"""Stating: figures that people type, `300/day`, `image=0.8,video=0.2`, `2h`; a complaint names the option and what it wants."""

import math
import re
from collections.abc import Sequence

from studio.errors import CapacityError
from studio.story.reading import nearest

PER = {"h": 24.0, "hour": 24.0, "d": 1.0, "day": 1.0, "w": 1 / 7, "week": 1 / 7}
SECONDS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
TOLERANCE = 1e-6
"""How far shares may add up to something else than 1."""


def per_day(text: str, option: str) -> float:
    """`300/day` -> 300; per hour or week as well. Raises CapacityError."""
    found = re.fullmatch(r"\s*(\S+?)\s*/\s*([a-z]+)\s*", text)
    if not found or found[2] not in PER:
        raise CapacityError(f"'{text}' is no number of jobs in a time", field=option,
                            remedy="Write it as 300/day, 20/hour or 1000/week")
    return positive(found[1], option) * PER[found[2]]


def duration(text: str, option: str) -> float:
    """`2h`, `90min`, `30s`, `1d` -> seconds. Raises CapacityError."""
    found = re.fullmatch(r"\s*([0-9.]+)\s*([a-z]+)\s*", text)
    if not found or found[2] not in SECONDS:
        raise CapacityError(f"'{text}' is no duration", field=option, remedy="Write it as 2h, 90min, 30s or 1d")
    return positive(found[1], option) * SECONDS[found[2]]


def positive(text: str, option: str) -> float:
    """A number above zero. Raises CapacityError."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number <= 0:
        raise CapacityError(f"'{text}' is no number above zero", field=option, remedy="Give a positive number")
    return number


def pairs(given: Sequence[str] | None, option: str, example: str = "image=12") -> dict[str, str]:
    """`image=0.8,video=0.2`, also over several options -> name and text. Raises CapacityError: no `=`, or twice the same."""
    found: dict[str, str] = {}
    for part in ",".join(given or ()).split(","):
        if not part.strip():
            continue
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not name or not value:
            raise CapacityError(f"'{part.strip()}' is no name with a value", field=option,
                                remedy=f"Write it as {example}")
        if name in found:
            raise CapacityError(f"'{name}' stands twice", field=option, remedy="Give it once")
        found[name] = value
    return found


def by_pool(given: Sequence[str] | None, option: str, known: Sequence[str]) -> dict[str, float]:
    """Pool -> positive number. Raises CapacityError, also for a pool that is not `known`."""
    found = pairs(given, option)
    for name in found:
        if name not in known:
            raise CapacityError(f"there is no pool '{name}'", field=option, remedy=nearest(name, known))
    return {name: positive(value, option) for name, value in found.items()}


def shares(given: str, option: str, known: Sequence[str]) -> dict[str, float]:
    """Pool -> share; together they are 1. Raises CapacityError."""
    found = by_pool([given], option, known)
    total = sum(found.values())
    if not found or abs(total - 1) > TOLERANCE:
        raise CapacityError(f"the shares add up to {total:g}, not to 1" if found else "no pool is named", field=option,
                            remedy="Write it as image=0.8,video=0.2")
    return found


def fractions(given: Sequence[str] | None, option: str, pools: Sequence[str], known: Sequence[str]) -> dict[str, float]:
    """`0.9` for all `pools`, or `image=0.9`: above 0, at most 1. Raises CapacityError."""
    alone = [text for text in given or () if "=" not in text]
    found = by_pool([text for text in given or () if "=" in text], option, known)
    if len(alone) > 1:
        raise CapacityError(f"'{alone[1]}' is said for all pools a second time", field=option, remedy="Give it once, or by pool")
    if alone:
        found = {pool: positive(alone[0], option) for pool in pools} | found
    for pool, value in found.items():
        if value > 1:
            raise CapacityError(f"{value:g} of {pool} is more than all", field=option, remedy="Give a fraction, 0.9 for 90 %")
    return found


def whole(given: Sequence[str] | None, option: str, known: Sequence[str]) -> dict[str, float]:
    """Pool -> whole number above zero. Raises CapacityError."""
    found = by_pool(given, option, known)
    for pool, value in found.items():
        if value != int(value):
            raise CapacityError(f"{value:g} {pool} is no whole number", field=option, remedy="Give 1, 2, 3 …")
    return found
