"""History: what the ledger knows, as the planner needs it. A value; the store folds events into it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from studio.plan.approved import PastApproval, PastCheck
from studio.plan.presets import PresetStamp
from studio.plan.price import Price, total
from studio.plan.ranking import Better

Stage = Literal[
    "panel", "final", "page", "book", "blockout", "background", "figure", "keyframe", "inbetween", "inbetween_final",
    "voice", "clip", "subtitles", "film", "lines", "sweep", "refinement", "refinement_final", "canary",
]
"""The way of a panel (rendered, upscaled, lettered on its page, bound into its book), then that of a shot; canaries are apart."""
STAGES: tuple[Stage, ...] = get_args(Stage)
INGREDIENTS: tuple[Stage, ...] = ("blockout", "background", "figure")
"""What keyframes are made from; made together with them."""
DRAWN: tuple[Stage, ...] = ("panel", "background", "figure", "keyframe", "sweep", "refinement", "canary")
"""Stages whose pictures a model draws from an author's words."""


@dataclass(frozen=True, slots=True)
class PastTake:
    """One rendered recipe."""

    recipe: str
    body: dict[str, Any]
    stage: Stage
    unit: str
    artifact: str
    suffix: str
    extras: dict[str, str]
    seconds: float
    usd: float | None
    """None where the show named no rate for its pool then; unknown, not free."""
    words: dict[str, str]
    preset: PresetStamp | None
    seed: int | None
    environment: str
    measures: dict[str, float] = field(default_factory=dict[str, float])
    """What was measured of it: `seconds` of a sound, `frames` of a sequence, `lufs` of a film."""
    notes: tuple[str, ...] = ()
    """What was done that nobody asked for, in sentences."""
    device: str = ""
    """torch's name for what it was rendered on; empty where the ledger does not say."""
    peak_bytes: int = 0
    """Most memory that its batch held; 0 where it was not measured."""
    pool: str = ""
    """The pool whose device made it; empty where the ledger does not say."""
    load_seconds: float = 0.0
    """Its share of loading weights."""
    batch: int = 0
    """Recipes that its batch held; 0 where the ledger does not say."""

    @property
    def price(self) -> Price:
        """What it cost, at the rate of its day."""
        return total([(self.usd, self.pool)])


@dataclass(frozen=True, slots=True)
class PastProfile:
    """One batch that was drawn to be measured, for no unit."""

    body: dict[str, Any]
    """One recipe of it."""
    seconds: float
    """Of one picture: its share of the batch."""
    device: str
    peak_bytes: int = 0
    """As for a take."""


@dataclass(frozen=True, slots=True)
class PastPick:
    """The take that a unit uses."""

    recipe: str
    artifact: str
    suffix: str
    extras: dict[str, str]
    at: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A check's word about an artifact."""

    check: str
    passed: bool
    blocking: bool
    note: str
    value: float | None = None
    """The number that a gate looked at; None for checks that need no policy."""


def forbidding(verdicts: Iterable[Verdict], accepted: bool = False) -> list[Verdict]:
    """Those that forbid using an artifact. A person who accepted it is over the gates, not over checks of whether it is sound."""
    return [v for v in verdicts if v.blocking and not v.passed and not (accepted and v.value is not None)]


def mending(verdicts: Iterable[Verdict], unit: str) -> str:
    """What one can do about verdicts that forbid a unit's take; a person is over the gates, not over the checks."""
    over = all(v.value is not None for v in verdicts)
    return ("Set another 'take:' or change the prompt, then apply again"
            + (f"; or use it all the same with 'genga review --accept {unit}'" if over else ""))


Decision = Literal["accept", "reject", "undo"]
Cause = Literal["anatomy", "face", "off_model", "style", "composition", "lettering", "continuity", "policy", "other"]
"""Why a person rejects a take."""
CAUSES: tuple[Cause, ...] = get_args(Cause)


@dataclass(frozen=True, slots=True)
class Number:
    """What a scorer found in a picture."""

    value: float
    note: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Merit:
    """One scorer's share in which of several candidates is picked."""

    asked: str
    """Scorer and parameters, as numbers are kept under."""
    better: Better
    weight: float


@dataclass(frozen=True, slots=True)
class PastReview:
    """A person's word about a take, as long as it is not taken back."""

    id: str
    artifact: str
    verdict: Decision
    reasons: tuple[Cause, ...]
    reviewer: str
    note: str
    at: str


@dataclass(frozen=True, slots=True)
class PastPublish:
    """A deliverable that was written for people."""

    recipe: str
    unit: str
    at: str
    files: tuple[str, ...]
    """Relative to the show."""


@dataclass(frozen=True, slots=True)
class PastWaiver:
    """A person's word that a unit may stay as it is, stale or not, through a day."""

    unit: str
    """A panel, keyframe or line; or a page, shot or episode with all that stands in it."""
    until: str
    """Last day on which it holds, UTC, `2026-07-01`."""
    why: str
    by: str
    at: str

    def __str__(self) -> str:
        return f"waived until {self.until} by {self.by}: {self.why}"


Key = tuple[str, Stage, str]
"""Unit, stage, language (empty for pictures without words)."""


@dataclass
class History:
    """Everything that was rendered, picked and judged, and under which preset contents.

    What a key holds is replaced, never changed, so that a copy costs nothing however much was rendered.
    """

    takes: dict[str, PastTake] = field(default_factory=dict)
    """By recipe digest; the last one, for a picture that was lost may be drawn again with other bytes on another device."""
    profiles: list[PastProfile] = field(default_factory=list[PastProfile])
    """What was measured apart from any unit, oldest first."""
    picks: dict[Key, PastPick] = field(default_factory=dict)
    used: dict[tuple[str, Stage], dict[str, None]] = field(default_factory=dict[tuple[str, Stage], dict[str, None]])
    """(unit, stage) -> recipes that it has ever used, oldest first; a take may be drawn for one unit and used by another."""
    asked: dict[str, frozenset[Stage]] = field(default_factory=dict[str, frozenset[Stage]])
    """Artifact -> stages at which gates were asked about it, besides that of its take."""
    verdicts: dict[str, dict[str, Verdict]] = field(default_factory=dict)
    """By artifact, then check; the latest word counts."""
    numbers: dict[str, dict[str, Number]] = field(default_factory=dict)
    """By artifact, then what was asked (scorer and parameters)."""
    reviews: dict[Key, list[PastReview]] = field(default_factory=dict)
    """In order of time, without those that were taken back."""
    failures: dict[Key, str] = field(default_factory=dict)
    """Last failure of a unit's stage since its last pick."""
    presets: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    """(name, version) -> (content digest, when first seen)."""
    again: dict[tuple[str, str], PastTake] = field(default_factory=dict)
    """(recipe, environment) -> the last take of a recipe that was rendered more than once, as only canaries are."""
    approvals: dict[str, PastApproval] = field(default_factory=dict)
    """Preset -> its approved canaries; the last approval counts."""
    redrawn: dict[str, str] = field(default_factory=dict)
    """Preset -> when its canaries were last really drawn to be compared."""
    checks: dict[str, PastCheck] = field(default_factory=dict[str, PastCheck])
    """Preset -> how its canaries were last found."""
    published: dict[str, PastPublish] = field(default_factory=dict)
    """By recipe; the last time."""
    waivers: dict[str, PastWaiver] = field(default_factory=dict)
    """By unit; the last word about it, if it was not taken back."""
    environments: dict[str, dict[str, str]] = field(default_factory=dict)
    """Digest of an environment -> its facts."""
    lost_seconds: dict[str, float] = field(default_factory=dict)
    """Stage -> device seconds of tries that failed."""
    spent: dict[str, float] = field(default_factory=dict[str, float])
    """Episode (or what else begins a unit's id) -> USD of all its takes and failures, as far as their price is known."""
    unpriced: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    """The same -> pool -> takes and failures whose price is not known."""
    raised: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """Scope of a budget -> the ceilings that people set and did not take back; the last one holds."""
    told: dict[tuple[str, float], int] = field(default_factory=dict[tuple[str, float], int])
    """(scope, ceiling) -> highest mark of that budget, per cent, that people were told of."""
    merits: tuple[Merit, ...] = ()
    """By what the show picks among candidates; of the policies, not of the ledger."""
    torn: list[str] = field(default_factory=list)
    """Ledger lines that could not be read, `file:line`."""

    def copy(self) -> "History":
        """One to which events may be added while this stays as it is; what its keys hold is shared."""
        return History(**{one.name: copy(getattr(self, one.name)) for one in fields(self)})

    def take_in(self, recipe: str, environment: str) -> PastTake | None:
        """The last take of a recipe in one environment."""
        first = self.takes.get(recipe)
        return self.again.get((recipe, environment)) or (first if first and first.environment == environment else None)

    def measured(self) -> Iterator[PastTake | PastProfile]:
        """Whatever tells how long recipes take and how much they hold."""
        yield from self.takes.values()
        yield from self.profiles

    def accepted(self, unit: str, stage: Stage, language: str = "") -> str | None:
        """The artifact that a person wants this unit to use, if the last word about it was not a rejection."""
        return next((r.artifact for r in reversed(self.last_words(unit, stage, language)) if r.verdict == "accept"), None)

    def rejected(self, unit: str, stage: Stage, language: str = "") -> dict[str, PastReview]:
        """The artifacts that a person rejected and did not accept later, with their reviews."""
        return {r.artifact: r for r in self.last_words(unit, stage, language) if r.verdict == "reject"}

    def last_words(self, unit: str, stage: Stage, language: str) -> list[PastReview]:
        """The latest review of each of the unit's artifacts, in order of time."""
        latest: dict[str, PastReview] = {}
        for review in self.reviews.get((unit, stage, language), ()):
            latest.pop(review.artifact, None)
            latest[review.artifact] = review
        return list(latest.values())

    def waiver(self, unit: str, place: str = "") -> PastWaiver | None:
        """The waiver of a unit, else of the page or shot that it stands in, else of its episode."""
        if not self.waivers:
            return None
        return self.waivers.get(unit) or self.waivers.get(place) or self.waivers.get(unit.split(".", 1)[0])

    def lapse(self, today: str) -> None:
        """Forget the waivers that ended before `today` (UTC, ISO): as if they had never been said."""
        self.waivers = {unit: waiver for unit, waiver in self.waivers.items() if waiver.until >= today}

    def blocking(self, artifact: str, accepted: bool = False) -> list[Verdict]:
        """The checks and gates that forbid using this artifact; the checks alone where a person accepted it."""
        return forbidding(self.verdicts.get(artifact, {}).values(), accepted)
