"""Tasks: batches on their way to a device, and who works on which. Pure: no Ray, no clock of its own."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from studio.plan.recipes import Recipe

MOST_DEATHS = 3
"""Workers that may die with one recipe before it is given up: it, and not they, is then to blame."""


@dataclass(eq=False)
class Debt:
    """Device seconds of an attempt that came to nothing. All of its recipes know it; the first that is given up pays it."""

    seconds: float

    def settle(self) -> float:
        """What is still to be paid; nothing after that."""
        seconds, self.seconds = self.seconds, 0.0
        return seconds


@dataclass(frozen=True)
class Task:
    """One batch, as a driver hands it in."""

    id: str
    driver: str
    """Who asks; results go there, and when it falls silent its tasks are dropped."""
    engine: str
    recipes: tuple[Recipe, ...]
    weights: frozenset[str] = frozenset()
    """sha256 of everything that must be loaded."""
    pool: str = "image"
    priority: int = 0
    """Higher goes first."""
    deadline: float | None = None
    """When it is wanted, seconds since 1970; None where nobody said."""
    since: float = 0.0
    """When it was handed in, in seconds of the dispatcher's clock."""
    wanted_bytes: int = 0
    """Peak that is expected on the device; 0 where nothing is known."""
    limit_seconds: float | None = None
    """Device seconds that all of it may take."""
    deaths: int = 0
    debts: tuple[Debt, ...] = ()
    """Of the attempts at it whose worker died or hung."""

    def alone(self) -> "list[Task]":
        """One task per recipe, so that the guilty one dies alone."""
        limit = self.limit_seconds / len(self.recipes) if self.limit_seconds else None
        return [
            replace(self, id=f"{self.id}.{i}", recipes=(recipe,), limit_seconds=limit) for i, recipe in enumerate(self.recipes)
        ]


def still(tasks: Iterable[Task], left: Mapping[str, int]) -> list[Task]:
    """What of some tasks is not done yet. left: digest -> how many recipes of it are awaited."""
    awaited = dict(left)
    found: list[Task] = []
    for task in tasks:
        recipes: list[Recipe] = []
        for recipe in task.recipes:
            if awaited.get(recipe.digest(), 0) > 0:
                awaited[recipe.digest()] -= 1
                recipes.append(recipe)
        if recipes:
            found.append(replace(task, recipes=tuple(recipes)))
    return found


@dataclass(frozen=True)
class Lease:
    """One attempt at a task. Its number is what a result must name to be taken."""

    attempt: int
    task: Task
    device: str
    begun: float


@dataclass
class Board:
    """Which tasks wait, and which device has which. A result is taken once, and only from the attempt that counts."""

    waiting: list[Task] = field(default_factory=list[Task])
    leases: dict[int, Lease] = field(default_factory=dict[int, Lease])
    refused: int = 0
    """Results of attempts that no longer counted."""
    _attempts: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def submit(self, tasks: Iterable[Task]) -> None:
        """Put tasks in the queue."""
        self.waiting += tasks

    def lease(self, task: Task, device: str, now: float) -> Lease:
        """Give a waiting task to a device."""
        self.waiting.remove(task)
        lease = Lease(next(self._attempts), task, device, now)
        self.leases[lease.attempt] = lease
        return lease

    def finish(self, attempt: int) -> Task | None:
        """The task that this attempt has done; None for an attempt that was declared dead, whose result is refused."""
        lease = self.leases.pop(attempt, None)
        if lease is None:
            self.refused += 1
            return None
        return lease.task

    def die(self, attempt: int, now: float, hung: bool = False) -> Sequence[Task]:
        """The worker of this attempt died, or was stopped because it hung. Its recipes wait again, one by one.

        Returns tasks that are given up: a recipe with which MOST_DEATHS workers died, or that hung all alone.
        """
        lease = self.leases.pop(attempt, None)
        if lease is None:
            return ()
        task = lease.task
        most = 1 if hung and len(task.recipes) == 1 else MOST_DEATHS
        debts = (*task.debts, Debt(now - lease.begun))
        again = [replace(one, deaths=task.deaths + 1, debts=debts) for one in task.alone()]
        self.waiting += [one for one in again if one.deaths < most]
        return [one for one in again if one.deaths >= most]

    def following(self, task: Task) -> Sequence[Recipe]:
        """What the device of this task will most likely be given next: its driver's next batch with the same weights.

        Nothing where either was there when a worker died: fetching, too, may be what kills.
        """
        alike = (t for t in self.waiting if t.driver == task.driver and t.weights == task.weights and not t.deaths)
        found = None if task.deaths else next(alike, None)
        return found.recipes if found else ()

    def drop(self, driver: str) -> list[Lease]:
        """Forget a driver's tasks. What devices are at work on ends there, and its result is refused; returns these."""
        dropped = [lease for lease in self.leases.values() if lease.task.driver == driver]
        self.waiting = [task for task in self.waiting if task.driver != driver]
        self.leases = {n: lease for n, lease in self.leases.items() if lease.task.driver != driver}
        return dropped
