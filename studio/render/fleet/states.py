"""States: what `genga farm` shows of a fleet. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from studio.render.fleet.seats import Seat
from studio.render.fleet.tasks import Lease, Task


@dataclass(frozen=True)
class DeviceState:
    """One device now."""

    name: str
    device: str
    """torch's name of it; empty until its worker is ready."""
    state: str
    pools: tuple[str, ...]
    """Pools that it serves; empty for all."""
    loaded: tuple[str, ...]
    """sha256 of weights that it holds."""
    doing: str
    """`4 image`; empty when idle."""
    busy_seconds: float
    """Since its batch began."""
    pictures: int
    seconds: float
    """Device seconds of what it did so far."""
    restarts: int
    trouble: str
    """Why its last worker was replaced."""
    pid: int = 0
    """Of its worker."""
    trouble_seconds: float = 0.0
    """Since that worker was replaced, or is to be."""
    priority: int = 0
    """Of what it does."""
    deadline: float | None = None
    """When that is wanted, seconds since 1970; None where nobody said."""

    @classmethod
    def of(cls, seat: Seat, lease: Lease | None, now: float) -> "DeviceState":
        """From a seat, and what it works on."""
        doing = f"{len(lease.task.recipes)} {lease.task.pool}" if lease else ""
        return cls(
            seat.name, seat.device, seat.state, tuple(sorted(seat.pools)), tuple(sorted(seat.loaded)), doing,
            now - lease.begun if lease else 0.0, seat.pictures, seat.seconds, seat.restarts,
            seat.trouble, seat.pid, now - seat.troubled if seat.trouble else 0.0,
            lease.task.priority if lease else 0, lease.task.deadline if lease else None,
        )

    @property
    def pictures_per_hour(self) -> float | None:
        """While it works; None before the first."""
        return self.pictures / self.seconds * 3600 if self.seconds else None


@dataclass(frozen=True)
class QueueState:
    """What waits of one pool, priority and deadline."""

    pool: str
    priority: int
    recipes: int
    longest_seconds: float
    """How long the oldest has waited."""
    deadline: float | None = None
    """When it is wanted, seconds since 1970; None where nobody said."""

    @classmethod
    def of(cls, tasks: Sequence[Task], now: float) -> "QueueState":
        """From its tasks."""
        one = tasks[0]
        return cls(one.pool, one.priority, sum(len(t.recipes) for t in tasks), max(now - t.since for t in tasks), one.deadline)


@dataclass(frozen=True)
class FleetState:
    """A fleet now."""

    devices: tuple[DeviceState, ...] = ()
    queues: tuple[QueueState, ...] = ()
    drivers: int = 0
    """Runs that wait for results."""
    refused: int = 0
    """Results that came from a worker after it was declared dead."""
