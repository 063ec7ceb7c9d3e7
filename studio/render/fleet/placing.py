"""Placing: which waiting task goes to which free device. Pure.

Higher priority first, and one step more for every AGEING_SECONDS of waiting, so that nothing waits for ever. Among equals, whose
weights are loaded there goes first, unless something has waited longer than PATIENCE_SECONDS; then the oldest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from studio.plan.recipes import Recipe
from studio.render.fleet.tasks import Task

AGEING_SECONDS = 300.0
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


def weights_of(recipe: Recipe) -> frozenset[str]:
    """sha256 of every file of weights that a recipe is rendered with."""
    named = [getattr(recipe, name, None) for name in ("model", "vae", "adapter")]
    parts = [part for name in ("loras", "motion_loras", "controls") for part in getattr(recipe, name, ())]
    named += [getattr(part, "model", None) for part in parts]
    return frozenset(sha for sha in named if sha)


def _rank(task: Task, slot: Slot, now: float) -> tuple[float, bool, int, float]:
    waited = now - task.since
    urgency = task.priority + waited // AGEING_SECONDS
    return -urgency, waited <= PATIENCE_SECONDS, len(task.weights - slot.loaded), task.since


def _fits(task: Task, slot: Slot, devices: Sequence[Slot]) -> bool:
    largest = max(device.total_bytes for device in devices if device.serves(task))
    return task.wanted_bytes <= slot.total_bytes or slot.total_bytes >= largest
