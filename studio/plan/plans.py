"""Plan: a value that says, unit by unit, what is fresh, stale, missing or blocked, why, and what it costs."""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

from studio.errors import GengaError
from studio.plan.history import DRAWN, PastWaiver, Stage
from studio.plan.predict import Estimate
from studio.plan.price import Price, total
from studio.plan.prompts import PanelWish
from studio.plan.reasons import Kind, Reason
from studio.plan.recipes import ImageRecipe, Recipe

State = Literal["fresh", "stale", "missing", "blocked"]
STATES: tuple[State, ...] = ("fresh", "stale", "missing", "blocked")


@dataclass(frozen=True, slots=True)
class Step:
    """One unit at one stage."""

    unit: str
    stage: Stage
    place: str
    """Unit id of the page or shot it belongs to; empty for what is made of the whole episode."""
    state: State
    reasons: tuple[Reason, ...] = ()
    language: str = ""
    recipe: Recipe | None = None
    """None while an upstream picture that it names does not exist."""
    digest: str = ""
    artifact: str | None = None
    """The picture that this recipe has already: the pick's when fresh, one found in the store otherwise."""
    seconds: float = 0.0
    usd: float | None = 0.0
    """None where its pool has no rate: unknown, which is not free."""
    basis: str = ""
    """What the price rests on."""
    wish: PanelWish | None = None
    error: GengaError | None = None
    inputs: dict[str, Path] = field(default_factory=dict[str, Path])
    """sha256 -> file of the show that must be in the store before it can be made."""
    waiver: PastWaiver | None = None
    """It is stale and stays as it is: recipe, digest and artifact are those of the take that it uses."""
    high: float = 0.0
    """Device seconds under which nine of ten such units stay."""
    each: Estimate | None = None
    """Prediction for one take of it: a unit that wants candidates has several. None where none is rendered now."""

    @property
    def key(self) -> str:
        """`01.river panel`, `01.p01 page ja`."""
        return " ".join(p for p in (self.unit, self.stage, self.language) if p)

    @property
    def pool(self) -> str:
        """Pool that the step runs in."""
        if self.stage == "inbetween":
            return "video"
        return self.wish.preset.pool if self.wish and self.stage in DRAWN else "post"

    @property
    def todo(self) -> bool:
        """There is something to do, it can be done, and nobody waived it."""
        return self.state in ("stale", "missing") and self.waiver is None

    @property
    def stays(self) -> bool:
        """It is used as it is: fresh, or stale and waived."""
        return self.state == "fresh" or self.waiver is not None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Which kinds of stale its own reasons are, each once."""
        return tuple(dict.fromkeys(reason.kind for reason in self.reasons if reason.kind))

    @property
    def renders(self) -> bool:
        """It costs device time, rather than being found in the store."""
        return self.todo and self.artifact is None

    def priced(self, seconds: float, usd: float | None, basis: str, high: float = 0.0) -> "Step":
        """The same step with its price."""
        return replace(self, seconds=seconds, usd=usd, basis=basis, high=high)

    def paying(self, places: float) -> "Step":
        """The step priced for so many places of a batch, in each that it takes."""
        assert self.each is not None
        each = self.each.paying(places)
        times = each.charged / self.each.charged if self.each.charged else 1.0
        return replace(self, each=each, seconds=self.seconds * times, usd=None if self.usd is None else self.usd * times,
                       high=self.high * times)

    def to_json(self) -> dict[str, Any]:
        """Plain values for `genga plan --json`."""
        return {
            "unit": self.unit, "stage": self.stage, "language": self.language, "page": self.place,
            "state": self.state, "reasons": [str(r) for r in self.reasons], "kinds": list(self.kinds), "recipe": self.digest,
            "waived": {"until": self.waiver.until, "by": self.waiver.by, "why": self.waiver.why} if self.waiver else None,
            "artifact": self.artifact, "reused": self.todo and self.artifact is not None,
            "seconds": round(self.seconds, 3), "usd": None if self.usd is None else round(self.usd, 6), "pool": self.pool,
            "basis": self.basis,
            "preset": self.wish.stamp.label if self.wish else "",
            "overrides": [o.diff for o in self.wish.overrides] if self.wish else [],
        }


@dataclass(frozen=True)
class Plan:
    """The difference between what ought to exist and what does."""

    show: str
    episode: str
    steps: tuple[Step, ...]
    warnings: tuple[str, ...] = ()
    """What is made all the same, and ought to be looked at."""
    apart: bool = False
    """Each page and shot is drawn in a run of its own."""

    @property
    def seconds(self) -> float:
        """Device seconds to bring everything up to date."""
        return sum(s.seconds for s in self.steps)

    @property
    def price(self) -> Price:
        """The same in USD, at today's pool rates."""
        return total((s.usd, s.pool) for s in self.steps)

    @property
    def done(self) -> bool:
        """Nothing is left to do that can be done."""
        return not any(s.todo for s in self.steps)

    def counts(self, stage: Stage | None = None) -> Counter[State]:
        """How many steps are in each state."""
        return Counter(s.state for s in self.steps if stage in (None, s.stage))

    def where(self, keep: Callable[[Step], bool]) -> "Plan":
        """The plan of only those steps that `keep` says, priced for the batches that they make by themselves."""
        return replace(self, steps=filled((s for s in self.steps if keep(s)), self.apart))

    def of_unit(self, unit: str) -> "Plan":
        """Only the steps of one panel, page or episode."""
        return self.where(lambda s: s.unit == unit)

    def step(self, unit: str, stage: Stage, language: str = "") -> Step | None:
        """One step, or None."""
        return next((s for s in self.steps if (s.unit, s.stage, s.language) == (unit, stage, language)), None)

    def to_json(self) -> dict[str, Any]:
        """Plain values for `genga plan --json`."""
        return {
            "show": self.show, "episode": self.episode, "seconds": round(self.seconds, 3), **self.price.to_json(),
            "counts": {state: self.counts()[state] for state in STATES},
            "waived": sum(s.waiver is not None for s in self.steps), "warnings": list(self.warnings),
            "steps": [s.to_json() for s in self.steps],
        }


def filled(steps: Iterable[Step], apart: bool = False) -> tuple[Step, ...]:
    """Steps that pay for the empty places of their batches: one is padded to its size, and costs as much however few it holds.

    Candidates are drawn number by number, those that want most of them last and in few. apart: each page and shot is a run of
    its own, as where a budget may hold them.
    """
    found = tuple(steps)
    shelves = [_shelf(step, apart) for step in found]
    counts = Counter((shelf, n) for step, shelf in zip(found, shelves, strict=True) if shelf for n in range(_pictures(step)))
    return tuple(step.paying(fmean(_places(counts[shelf, n], shelf[0]) for n in range(_pictures(step)))) if shelf else step
                 for step, shelf in zip(found, shelves, strict=True))


def _pictures(step: Step) -> int:
    """How many a step draws: one, or what is missing of its candidates."""
    return len(step.wish.missing) if step.wish and step.wish.missing else 1


def _places(count: int, size: int) -> float:
    """Of full batches, that each of so many pays for."""
    return math.ceil(count / size) * size / count


def _shelf(step: Step, apart: bool) -> tuple[Any, ...] | None:
    """Batch size, and what else the recipes of one batch have in common; None for what is drawn in no batch.

    A recipe that still waits for pictures is taken as it is without them.
    """
    recipe = step.recipe or (step.wish.recipe if step.wish and step.stage in DRAWN else None)
    if not (step.renders and step.each and isinstance(recipe, ImageRecipe)):
        return None
    return recipe.batch_size, step.stage, step.pool, step.place if apart else "", recipe.alike()
