"""Policies: what a show wants of its pictures, as gates over scorers. One file each in policies/."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from studio.errors import StoryError
from studio.judge.catalogue import SCORERS, make_scorer
from studio.judge.references import check_board
from studio.plan.history import Merit, Stage, Verdict
from studio.record import canonical_json, sha256
from studio.story.fields import Id, Text
from studio.story.reading import Source, Written, nearest
from studio.story.sweeps import Rank

Severity = Literal["block", "warn"]
DEFAULT_PICK = (Rank(scorer="clip"),)
JUDGED: tuple[Stage, ...] = ("panel", "keyframe", "page", "clip")
"""Stages whose pictures gates may look at."""


class Gate(Written):
    """One bound on one scorer's number."""

    scorer: str
    name: Id | None = None
    """What its check is called; the scorer's name when left out."""
    min: float | None = None
    """Smaller numbers do not pass."""
    max: float | None = None
    """Larger numbers do not pass."""
    severity: Severity = "block"
    """block: such a take is never used; warn: it is used, and said to be looked at."""
    stages: tuple[Stage, ...] = ("panel", "keyframe")
    presets: tuple[Id, ...] = ()
    """Only pictures in these looks; all when left out."""
    figures: bool | None = None
    """true: only pictures in which characters appear; false: only those without."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """What the scorer takes: model, phrases, board (docs/judging.md)."""

    @model_validator(mode="after")
    def _bounded(self) -> "Gate":
        if self.min is None and self.max is None:
            raise ValueError("a gate needs a bound: min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}: nothing would pass")
        strange = [stage for stage in self.stages if stage not in JUDGED]
        if strange:
            raise ValueError(f"stages: {strange[0]} is not judged by gates; these are: {', '.join(JUDGED)}")
        return self

    @property
    def check(self) -> str:
        """Name of its check."""
        return self.name or self.scorer

    @cached_property
    def asked(self) -> str:
        """Which number it looks at: the scorer and its parameters. Gates that ask the same share one measurement."""
        return asked_of(self.scorer, self.parameters)

    def concerns(self, stage: Stage, preset: str, figures: bool) -> bool:
        """Whether it looks at such a picture at all."""
        return (stage in self.stages and (not self.presets or preset in self.presets)
                and (self.figures is None or self.figures == figures))

    def judge(self, value: float, note: str = "") -> Verdict:
        """What it says of a number."""
        low, high = self.min is not None and value < self.min, self.max is not None and value > self.max
        bound = f"at least {self.min:g} is wanted" if low else f"at most {self.max:g} is wanted" if high else ""
        told = "; ".join(filter(None, (f"{value:.4g}", bound, note)))
        return Verdict(self.check, not (low or high), self.severity == "block", told, value)


def asked_of(scorer: str, parameters: Mapping[str, Any]) -> str:
    """Under which name a scorer's numbers are kept: itself and its parameters."""
    return f"{scorer}:{sha256(canonical_json(dict(parameters)).encode())[:12]}"


class Policy(Written):
    """One file in policies/."""

    SCHEMA = "policy"

    name: Id
    title: Text = ""
    gates: tuple[Gate, ...] = ()
    pick: tuple[Rank, ...] = ()
    """By what the best of several candidates is told; one policy of a show says it. `clip` where none does."""


def read_policies(folder: Path, presets: Mapping[str, object]) -> tuple[Gate, ...]:
    """All gates of policies/*.yaml; see read_gates."""
    return tuple(gate for _, gate in read_gates(folder, presets))


def read_gates(folder: Path, presets: Mapping[str, object]) -> tuple[tuple[Path, Gate], ...]:
    """All gates of policies/*.yaml, each with its file, in the order of file names; none without such a folder.

    Raises StoryError for an unknown scorer, parameters that it does not take, a reference board that is missing, empty or
    broken, an unknown preset, or two checks of one name.
    """
    gates: list[tuple[Path, Gate]] = []
    for file in sorted(folder.glob("*.yaml")):
        source = Source(file)
        policy = source.parse(Policy)
        for i, gate in enumerate(policy.gates):
            _refuse(source, gate, i, presets)
            if gate.check in {other.check for _, other in gates}:
                raise source.error(f"a check '{gate.check}' exists already", ("gates", i, "name"),
                                   "Give this gate a 'name' of its own")
            gates.append((file, gate))
    return tuple(gates)


def read_pick(folder: Path) -> tuple[Rank, ...]:
    """By what a show picks among candidates. Raises StoryError for an unknown scorer, or where two policies say it."""
    found: tuple[Path, tuple[Rank, ...]] | None = None
    for file in sorted(folder.glob("*.yaml")):
        source = Source(file)
        pick = source.parse(Policy).pick
        if pick and found:
            raise source.error(f"'pick' stands in {found[0].name} too", ("pick",), "Leave it in one policy")
        for i, rank in enumerate(pick):
            check_scorer(source, rank.scorer, rank.parameters, ("pick", i))
        found = (file, pick) if pick else found
    return found[1] if found else DEFAULT_PICK


def merits_of(pick: Sequence[Rank]) -> tuple[Merit, ...]:
    """A pick as the planner wants it."""
    return tuple(Merit(asked_of(one.scorer, one.parameters), make_scorer(one.scorer, dict(one.parameters)).better, one.weight)
                 for one in pick)


def _refuse(source: Source, gate: Gate, i: int, presets: Mapping[str, object]) -> None:
    for name in gate.presets:
        if name not in presets:
            raise source.error(f"unknown preset '{name}'", ("gates", i, "presets"), nearest(name, presets))
    check_scorer(source, gate.scorer, gate.parameters, ("gates", i))


def check_scorer(source: Source, scorer: str, parameters: Mapping[str, Any], place: tuple[str | int, ...]) -> None:
    """Raises StoryError at `place` in a file of policies/ or sweeps/: an unknown scorer, parameters that it does not take, a
    reference board that is missing, empty or broken.
    """
    if scorer not in SCORERS:
        raise source.error(f"unknown scorer '{scorer}'", (*place, "scorer"), nearest(scorer, SCORERS))
    try:
        made = make_scorer(scorer, dict(parameters))
    except StoryError as exc:
        raise source.error(exc.message, (*place, "parameters"), exc.remedy or "") from None
    board = getattr(made.parameters, "board", None)
    if board is not None:
        try:
            check_board(source.file.parents[1], board)
        except StoryError as exc:  # a broken picture is its own place
            raise (source.error(exc.message, (*place, "parameters", "board"), exc.remedy or "") if exc.field else exc) from None
