"""Placing: which waiting task goes to which free device. Pure.

The higher class first, and a class higher for every AGEING_SECONDS of waiting, so that nothing waits for ever. Within a class,
what is due soonest; then whose weights are loaded there, unless something has waited longer than PATIENCE_SECONDS; then the
shortest run and the oldest.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from studio.render.fleet.tasks import Task

AGEING_SECONDS = 1800.0
"""After half an hour, as urgent as the class above."""
CLASS_POINTS = 100
"""Of priority between a class and the next (studio.dispatch.classes); what is below says how short a run is."""
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Slot:
    """A device as placing sees it."""

    name: str
    pools: frozenset[str] = frozenset()
    """Pools that it serves; empty for all."""
    loaded: frozenset[str] = frozenset()
    """sha256 of weights that it holds."""
    total_bytes: int = 0
    """Its memory."""

    def serves(self, task: Task) -> bool:
        """Is the task's pool worked off here?"""
        return not self.pools or task.pool in self.pools


def place(waiting: Sequence[Task], free: Sequence[Slot], devices: Sequence[Slot], now: float) -> list[tuple[Task, Slot]]:
    """Pairs to begin now: each free device at most one task, the most urgent pair first.

    devices: all there are, the busy ones too; a task that fits into none goes to the largest, whose ladder may save it.
    """
    pairs: list[tuple[Task, Slot]] = []
    tasks, slots = list(waiting), list(free)
    while tasks and slots:
        found = min(
            ((_rank(t, s, now), i, t, s) for i, t in enumerate(tasks) for s in slots if s.serves(t) and _fits(t, s, devices)),
            key=lambda pair: pair[:2], default=None,
        )
        if found is None:
            break
        _, _, task, slot = found
        pairs.append((task, slot))
        tasks.remove(task)
        slots.remove(slot)
    return pairs


def _rank(task: Task, slot: Slot, now: float) -> tuple[float, ...]:
    waited = now - task.since
    level = task.priority // CLASS_POINTS + waited // AGEING_SECONDS
    due = math.inf if task.deadline is None else task.deadline
    if waited > PATIENCE_SECONDS:
        return -level, due, 0, task.since
    return -level, due, 1, len(task.weights - slot.loaded), -task.priority, task.since


def _fits(task: Task, slot: Slot, devices: Sequence[Slot]) -> bool:
    largest = max(device.total_bytes for device in devices if device.serves(task))
    return task.wanted_bytes <= slot.total_bytes or slot.total_bytes >= largest
