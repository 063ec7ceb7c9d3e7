"""Classes of runs: how urgent one is, as the tags by which Dagster's queue and the farm go. Pure.

A class decides first; within one, short runs go before long ones.
"""

import math
from collections.abc import Mapping
from typing import Literal, get_args

Class = Literal["delivery", "demo", "batch"]
"""Due soon; somebody waits for it; whenever there is room."""
CLASS, PRIORITY = "genga/class", "dagster/priority"
CLASSES: tuple[Class, ...] = get_args(Class)
RANKS: dict[Class, int] = {"delivery": 200, "demo": 100, "batch": 0}
LONGEST = 99
"""Points that a run of no length has over one of a quarter of an hour or more."""


def urgency(kind: Class, seconds: float = 0.0) -> dict[str, str]:
    """Run tags of a class. seconds: device seconds that the run is expected to take."""
    shortness = LONGEST - min(LONGEST, round(10 * math.log2(1 + max(0.0, seconds))))
    return {CLASS: kind, PRIORITY: str(RANKS[kind] + shortness)}


def class_of(tags: Mapping[str, str], otherwise: Class = "batch") -> Class:
    """The class that a run's tags name; what follows from a run is of its class."""
    named = tags.get(CLASS, "")
    return named if named in CLASSES else otherwise
