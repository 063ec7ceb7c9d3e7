"""Events: the lines of the ledger. Each says what happened to one unit, for which recipe, in which run."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from studio.plan.approved import ApprovedPicture, CanaryOutcome
from studio.plan.history import Cause, Decision, Stage
from studio.plan.presets import Override, PresetStamp
from studio.store.event import Event, Paid, Predicted


class Intake(Event):
    """A storyboard was read."""

    event: Literal["intake"] = "intake"
    file: str
    digest_of_file: str
    units: tuple[str, ...] = ()


class TakeEvent(Paid):
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
    names: dict[str, str] = Field(default_factory=dict)
    """sha256 -> what people call the weights in it."""
    characters: tuple[str, ...] = ()
    """Names of who appears."""
    rejected_for: tuple[Cause, ...] = ()
    """Why the unit's take before was rejected, where that is the cause of this one."""
    predicted: Predicted | None = None
    """None where nobody planned it, and on older lines."""
    seconds: float  # pyright: ignore[reportGeneralTypeIssues] (a take always had it)
    write_seconds: float | None = None
    """To store the artifact. Not the device's time, so not charged."""
    bytes: int | None = None
    """Of the artifact and its extras."""
    loaded_bytes: int | None = None
    """Its share of the weights that were read for its batch."""
    hot_bytes: int | None = None
    """Its share of weight files that lie far away and were read from a copy on this machine."""
    cold_bytes: int | None = None
    """Its share of those that had no copy here when its batch asked for them. Both are 0 where no weights lie far away."""
    waited_seconds: float | None = None
    """How long its batch waited for a device of a fleet; None where it had one of its own."""
    batch: int | None = None
    """Recipes that its batch held; None for what no farm rendered, and on older lines."""
    pool: str = "image"
    device: str = "cpu"
    host: str = ""
    """The machine; of a fleet its device too, as in `farm-1/0`."""
    environment: str = ""
    """Digest of device, driver and library versions: inside one, the same recipe gives the same bytes."""
    environment_facts: dict[str, str] = Field(default_factory=dict)
    ladder: tuple[str, ...] = ()
    """Memory steps taken, in order, and `nan: …` where it was drawn again in fp32; empty when it fitted at once."""
    peak_bytes: int = 0
    """Most memory that its batch held: the device's own on a GPU, all of the process elsewhere. 0 where it was not measured."""


class Profile(Event):
    """A batch was drawn to be measured: no take, for its pictures are not kept and nobody is charged. unit: `profile/PRESET`."""

    event: Literal["profile"] = "profile"
    preset: PresetStamp
    body: dict[str, Any]
    """One recipe of the batch; the others have other seeds. Its digest is the event's recipe."""
    batch: int
    """Pictures."""
    seconds: float
    """Device seconds of one picture: its share of the batch, without loading."""
    load_seconds: float = 0.0
    peak_bytes: int = 0
    """As of a take."""
    device: str
    host: str = ""
    environment: str = ""
    environment_facts: dict[str, str] = Field(default_factory=dict)
    ladder: tuple[str, ...] = ()


class Failure(Paid):
    """A recipe could not be rendered, or a check that blocks said no."""

    event: Literal["failure"] = "failure"
    stage: Stage
    language: str = ""
    error: str
    message: str


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


class Waiver(Event):
    """A person lets a unit stay as it is until a day, or takes that back."""

    event: Literal["waiver"] = "waiver"
    until: str
    """Last day on which it holds, UTC, ISO 8601; empty in one that takes it back."""
    why: str
    by: str
    lifted: bool = False
    """It takes back what was said before about this unit."""


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
    """A person set another ceiling, or took the last one back; the unit is its scope: `show` or an episode."""

    event: Literal["raise"] = "raise"
    usd: float | None
    """The ceiling from now on; None for what show.yaml says, where the only one was taken back."""
    by: str
    why: str = ""
    undo: bool = False
    """The last ceiling is taken back."""


class Alert(Event):
    """A budget reached one of its marks; the unit is its scope. Written once per mark and ceiling, before people are told."""

    event: Literal["alert"] = "alert"
    mark: int
    """Per cent."""
    ceiling: float
    spent: float
    text: str
    sent: int = 0
    """Of older lines: a notice says it now, as it does `failed`."""
    failed: tuple[str, ...] = ()


class Notice(Event):
    """People were told of an alert; the unit is its scope. Where there is none, nobody was to be told, or who told was killed."""

    event: Literal["notice"] = "notice"
    mark: int
    ceiling: float
    sent: int
    """To how many of those who are to be told it was sent."""
    failed: tuple[str, ...] = ()
    """Services that could not be reached, without their secrets."""


class Start(Event):
    """A run's step got its place in its pool and began to work. `unit` is its first partition."""

    event: Literal["start"] = "start"
    asset: str
    pool: str = ""
    by: str
    """Who asked for the run: `apply`, `review`, a sensor's or schedule's name, `backfill`, `hand`."""
    queue_class: str = ""
    """delivery, demo or batch; empty for a run that was asked for by hand."""
    priority: int = 0
    """Dagster's: higher goes first."""
    submitted: str
    """When the run was put into the queue; UTC, ISO 8601."""


class Prices(Event):
    """What show.yaml says that things cost, entered when it says something new. Takes carry their own rate."""

    event: Literal["prices"] = "prices"
    pools: dict[str, dict[str, Any]]
    """By pool: limit, usd_per_hour (all told), purchase, watts, usd_per_kwh."""
    usd_per_gb_month: float | None = None
    egress_usd_per_gb: float | None = None
    max_usd: float | None = None
    """Ceiling of all that the show spends, as show.yaml says it; `raise` lines go before it."""


LedgerEvent = Annotated[
    Intake | TakeEvent | Profile | Failure | Score | Measure | Review | Pick | Publish | Waiver | Approval | CanaryCheck
    | BudgetRaise | Alert | Notice | Start | Prices,
    Field(discriminator="event"),
]
EVENTS: TypeAdapter[Any] = TypeAdapter(LedgerEvent)
