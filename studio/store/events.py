"""Events: the lines of the ledger. Each says what happened to one unit, for which recipe, in which run."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from studio.plan.history import ApprovedPicture, CanaryOutcome, Cause, Decision, Stage
from studio.plan.presets import Override, PresetStamp
from studio.record import Record


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


class Intake(Event):
    """A storyboard was read."""

    event: Literal["intake"] = "intake"
    file: str
    digest_of_file: str
    units: tuple[str, ...] = ()


class TakeEvent(Event):
    """A recipe was rendered: paid work. A cached picture writes a pick, never a second take."""

    event: Literal["take"] = "take"
    body: dict[str, Any]
    """The whole recipe, so that digest -> recipe needs nothing but the ledger."""
    artifact: str
    """sha256 of the picture."""
    suffix: str = ".png"
    extras: dict[str, str] = Field(default_factory=dict)
    """Further artifacts of the same take, file name -> sha256: a page's `page.pdf`."""
    measures: dict[str, float] = Field(default_factory=dict)
    """What was measured of it: `seconds` of a sound, `frames` of a sequence, by which later units are timed; `lufs` and
    `true_peak_db` of a film."""
    notes: tuple[str, ...] = ()
    """What was done that nobody asked for, in sentences."""
    stage: Stage
    preset: PresetStamp | None = None
    words: dict[str, str] = Field(default_factory=dict)
    """What the prompt was made of (template, characters, prompt), so that a change can be told from another."""
    overrides: tuple[Override, ...] = ()
    seconds: float
    """Device seconds of this take: its share of its batch."""
    load_seconds: float = 0.0
    """Its share of loading weights."""
    usd: float = 0.0
    """Seconds times the pool's rate, at the time."""
    pool: str = "image"
    device: str = "cpu"
    host: str = ""
    environment: str = ""
    """Digest of device, driver and library versions: inside one, the same recipe gives the same bytes."""
    environment_facts: dict[str, str] = Field(default_factory=dict)
    ladder: tuple[str, ...] = ()
    """Memory steps taken, in order; empty when it fitted at once."""
    peak_bytes: int = 0
    """Most memory that its batch held: the device's own on a GPU, all of the process elsewhere. 0 where it was not measured."""


class Failure(Event):
    """A recipe could not be rendered, or a check that blocks said no."""

    event: Literal["failure"] = "failure"
    stage: Stage
    language: str = ""
    error: str
    message: str
    seconds: float = 0.0


class Score(Event):
    """A check's or scorer's word about an artifact."""

    event: Literal["score"] = "score"
    artifact: str
    scorer: str
    value: float | None = None
    passed: bool
    blocking: bool = True
    note: str = ""
    stage: Stage | None = None
    """At which it was asked; older lines do not say."""
    gate: bool = False
    """Said by a policy of that day: whether it blocks today follows from its number and today's policy."""


class Measure(Event):
    """A scorer's number for a picture; kept, so that no picture is measured twice."""

    event: Literal["measure"] = "measure"
    artifact: str
    asked: str
    """Scorer and parameters, as gates ask for it."""
    stamp: str
    """Also the digests of weights and boards: another stamp is measured anew."""
    value: float
    note: str = ""
    seconds: float = 0.0


class Review(Event):
    """A person's word about a take."""

    event: Literal["review"] = "review"
    id: str
    artifact: str
    stage: Stage
    language: str = ""
    verdict: Decision
    reasons: tuple[Cause, ...] = ()
    reviewer: str
    note: str = ""
    seconds: float = 0.0
    """How long the person looked."""
    undoes: str = ""
    """Id of the review that is taken back."""


class Pick(Event):
    """The take that a unit uses from now on."""

    event: Literal["pick"] = "pick"
    artifact: str
    suffix: str = ".png"
    extras: dict[str, str] = Field(default_factory=dict)
    stage: Stage
    reused: bool
    """The picture was found, not rendered."""
    preset: PresetStamp | None = None
    language: str = ""
    """For pages and books."""


class Publish(Event):
    """A deliverable was written."""

    event: Literal["publish"] = "publish"
    files: tuple[str, ...]
    """Relative to the show."""
    artifacts: tuple[str, ...] = ()


class Approval(Event):
    """A person found the canaries of a preset right as they are."""

    event: Literal["approval"] = "approval"
    preset: PresetStamp
    said: dict[str, Any]
    """All fields of the preset, so that a later change can be told field by field."""
    pictures: dict[str, ApprovedPicture]
    """By canary."""


class CanaryCheck(Event):
    """The canaries of a preset were compared with the approved ones."""

    event: Literal["canary"] = "canary"
    preset: PresetStamp
    outcomes: dict[str, CanaryOutcome]
    """By canary."""
    alert: bool
    """Something drifted or could not be drawn."""
    causes: tuple[str, ...] = ()
    """What changed since the approval, in sentences."""
    rendered: bool
    """They were really drawn; else today's pictures were found."""


class BudgetRaise(Event):
    """A person set another ceiling; the unit is its scope: `show` or an episode."""

    event: Literal["raise"] = "raise"
    usd: float
    by: str
    why: str = ""


class Alert(Event):
    """A budget reached one of its marks; the unit is its scope. Written once per mark and ceiling."""

    event: Literal["alert"] = "alert"
    mark: int
    """Per cent."""
    ceiling: float
    spent: float
    text: str
    sent: int = 0
    """To how many of those who are to be told it was sent."""
    failed: tuple[str, ...] = ()
    """Services that could not be reached, without their secrets."""


LedgerEvent = Annotated[
    Intake | TakeEvent | Failure | Score | Measure | Review | Pick | Publish | Approval | CanaryCheck | BudgetRaise
    | Alert,
    Field(discriminator="event"),
]
EVENTS: TypeAdapter[Any] = TypeAdapter(LedgerEvent)
