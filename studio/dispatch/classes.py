"""Classes and deadlines of runs: how urgent one is, as the tags by which Dagster's queue and the farm go. Pure.

A class decides first; within one, what is due sooner and what is shorter goes first.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Class = Literal["delivery", "demo", "batch"]
"""Due soon; somebody waits for it; whenever there is room."""
CLASS, PRIORITY, DEADLINE = "genga/class", "dagster/priority", "genga/deadline"
CLASSES: tuple[Class, ...] = get_args(Class)
RANKS: dict[Class, int] = {"delivery": 200, "demo": 100, "batch": 0}
STEP = 100
"""Points between a class and the next."""
LONGEST = STEP - 1
"""Points that a run of no length has over one of a quarter of an hour or more; what is due now, over what is due in four days."""


@dataclass(frozen=True)
class Urgency:
    """How urgent a run is."""

    kind: Class = "batch"
    deadline: datetime | None = None
    """When it is wanted, with its time zone; None where nobody said."""

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> "Urgency":
        """What a run's tags name; what follows from a run is as urgent."""
        named = tags.get(CLASS, "")
        return cls(named if named in CLASSES else "batch", deadline_of(tags))

    def tags(self, now: datetime, seconds: float = 0.0) -> dict[str, str]:
        """Run tags. seconds: device seconds that the run is expected to take."""
        points = LONGEST - min(LONGEST, round(10 * math.log2(1 + max(0.0, seconds))))
        due: dict[str, str] = {}
        if self.deadline is not None:
            hours = max(0.0, (self.deadline - now).total_seconds() / 3600)
            points = max(points, LONGEST - min(LONGEST, math.ceil(hours)))
            due = {DEADLINE: self.deadline.isoformat(timespec="seconds")}
        return {CLASS: self.kind, PRIORITY: str(RANKS[self.kind] + points), **due}


SOON = Urgency("demo")
"""What a person asks for who says no more."""


def class_of(priority: int) -> Class:
    """The class of a run with this priority; `batch` for less than any class has."""
    found: Class | None = next((kind for kind in CLASSES if priority >= RANKS[kind]), None)
    return found or "batch"


def deadline_of(tags: Mapping[str, str]) -> datetime | None:
    """When a run is wanted, by its tags; None where they do not say, or not as a time with its zone."""
    try:
        found = datetime.fromisoformat(tags.get(DEADLINE, ""))
    except ValueError:  # a person may write tags in the Dagster UI
        return None
    return found if found.tzinfo else None
