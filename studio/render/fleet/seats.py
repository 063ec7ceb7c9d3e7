"""Seats: a place for one device worker, and when the next worker may sit there. Pure."""

from dataclasses import dataclass, field
from typing import Any, Literal

from studio.render.fleet.placing import Slot

LEAK_BYTES = 4 * 2**30
"""Growth beside the weights, since the worker's first batch, after which it is replaced."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 120.0
"""Seconds before a worker that died is replaced; twice as many after each further death."""

State = Literal["starting", "idle", "busy", "resting"]


@dataclass
class Seat:
    """One device of one node, whoever works there now."""

    name: str
    """`HOST-NODE/0`."""
    node: str
    place: str = ""
    """`HOST/0`: the device as takes remember it, whichever head it was lent to."""
    pools: frozenset[str] = frozenset()
    gpus: float = 0.0
    """Share of the node's GPUs that a worker here is given."""
    state: State = "resting"
    worker: Any = None
    """Ray's handle of the worker."""
    until: float = 0.0
    """When a worker may start here again."""
    failures: int = 0
    """Workers that died one after the other, without a batch between."""
    device: str = ""
    pid: int = 0
    total_bytes: int = 0
    loaded: frozenset[str] = frozenset()
    batches: int = 0
    """Begun here."""
    pictures: int = 0
    seconds: float = 0.0
    """Device seconds of the batches that were done here."""
    restarts: int = 0
    trouble: str = ""
    """Why the last worker was replaced."""
    troubled: float = 0.0
    """When."""
    _first_held: int | None = field(default=None, repr=False)

    @property
    def slot(self) -> Slot:
        """The seat as placing sees it."""
        return Slot(self.name, self.pools, self.loaded, self.total_bytes)

    def sit(self, worker: Any) -> None:
        """A worker starts here."""
        self.worker, self.state, self.loaded, self._first_held = worker, "starting", frozenset(), None

    def healthy(self, device: str, total_bytes: int, pid: int) -> None:
        """Its tiny picture came."""
        self.state, self.device, self.total_bytes, self.pid = "idle", device, total_bytes, pid

    def begin(self) -> None:
        """A batch begins."""
        self.state = "busy"
        self.batches += 1

    def done(self, pictures: int, seconds: float, loaded: frozenset[str]) -> None:
        """A batch ended."""
        self.state, self.loaded, self.failures = "idle", loaded, 0
        self.pictures += pictures
        self.seconds += seconds

    def leave(self, why: str, now: float) -> None:
        """The worker is gone; the next one waits longer each time that workers die without having done anything."""
        self.worker, self.state, self.loaded, self.trouble = None, "resting", frozenset(), why
        self.troubled = now
        self.until = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2**self.failures)
        self.failures += 1
        self.restarts += 1

    def leaks(self, held_bytes: int) -> bool:
        """Has the worker grown too much? held_bytes: what its process holds beside weights, after a batch."""
        if self._first_held is None:
            self._first_held = held_bytes
        return held_bytes - self._first_held > LEAK_BYTES
