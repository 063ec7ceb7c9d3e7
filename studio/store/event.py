"""What events of the ledger have in common."""

from datetime import UTC, datetime

from pydantic import Field

from studio.plan.causes import TakeCause
from studio.record import Record
from studio.story.prices import Purchase


def utc_now() -> str:
    """Now in UTC, ISO 8601 with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Event(Record):
    """What every event carries."""

    at: str = Field(default_factory=utc_now)
    """UTC, ISO 8601."""
    show: str
    unit: str
    """Unit id: `episode.panel`, `episode.page`, `episode.shot`, `episode.shot.keyframe` or `episode`."""
    recipe: str = ""
    """Recipe digest; empty where none is meant."""
    trace: str = ""
    """One id from submission to delivery."""
    run: str = ""
    """Dagster run id; empty outside Dagster."""
    attempt: int = 1


class Paid(Event):
    """What every use of a device carries. Older lines lack what was added later; that is unknown, never zero."""

    cause: TakeCause | None = None
    """Why it had to be made."""
    seconds: float = 0.0
    """Device seconds: its share of its batch."""
    load_seconds: float = 0.0
    """Its share of loading weights."""
    idle_seconds: float = 0.0
    """Its share of the time that the device waited for finished pictures to be stored before it began."""
    pool: str = ""
    usd: float | None = None
    """All these seconds at the pool's rate of that day; None where the show named none."""
    usd_per_hour: float | None = None
    """That rate."""
    purchase: Purchase | None = None


class Predicted(Record):
    """What a take was expected to take when its run planned it."""

    seconds: float
    """Device seconds of rendering: as many take longer as take less."""
    high: float
    """Nine of ten take less."""
    takes: int
    """Like takes that this rested on; 0 for a guess."""
