"""Judging what is there: pictures that were made before a policy was written are measured, together, and kept as they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from studio.judge.gating import asking
from studio.judge.policies import JUDGED, Gate, asked_of
from studio.plan.history import History, Verdict
from studio.plan.plans import Step
from studio.production.measuring import TOGETHER, Look, measure
from studio.production.opening import Production
from studio.production.reviewing import candidates
from studio.render.renderer import Run
from studio.story.storyboard import Storyboard


@dataclass
class Judged:
    """What one gate says of everything that it looks at."""

    gate: Gate
    passed: int = 0
    stopped: list[tuple[str, Verdict]] = field(default_factory=list[tuple[str, Verdict]])
    """Units (with their stage) whose pictures do not pass, in the plan's order."""
    silent: int = 0
    """Pictures on which its scorer has no word."""


def judge_all(
    production: Production, boards: Sequence[Storyboard], run: Run, advance: Callable[[int], None] = lambda count: None
) -> list[Judged]:
    """Measure what the units of `boards` use, for every gate and, where there are candidates, for the pick; a row per gate.

    What was measured is found. Nothing is drawn, picked or thrown away: the plan says afterwards what a gate stops.
    advance: told how many pictures were looked at by one scorer.
    """
    history = production.history()
    steps = [step for plan in production.plans(boards, history) for step in plan.steps if step.stage in JUDGED]
    looks = [look for step in steps if (look := _in_use(production, history, step))]
    found = [Judged(gate) for gate in production.gates]
    for judged in found:
        mine = [look for look in looks if judged.gate in _asking(production, look)]
        _judge(production, judged, mine, run, advance)
    _measure_candidates(production, history, steps, run)
    return found


def looks_of(production: Production, boards: Sequence[Storyboard]) -> int:
    """How many pictures all gates together look at: the length of the way."""
    history = production.history()
    steps = [step for plan in production.plans(boards, history) for step in plan.steps if step.stage in JUDGED]
    return sum(len(_asking(production, look)) for step in steps if (look := _in_use(production, history, step)))


def _judge(
    production: Production, judged: Judged, looks: Sequence[Look], run: Run, advance: Callable[[int], None]
) -> None:
    gate, known = judged.gate, production.ledger.history().numbers
    for start in range(0, len(looks), TOGETHER):
        some = looks[start : start + TOGETHER]
        for look, measured in zip(some, measure(production, run, some, gate.scorer, gate.parameters, known), strict=True):
            verdict = gate.judge(measured.value, measured.note) if measured else None
            if verdict is None:
                judged.silent += 1
            elif verdict.passed:
                judged.passed += 1
            else:
                judged.stopped.append((look.step.key, verdict))
        advance(len(some))


def _measure_candidates(production: Production, history: History, steps: Sequence[Step], run: Run) -> None:
    several = [step for step in steps if step.wish and step.wish.candidates > 1]
    looks = [Look(step, take) for step in several for take in candidates(history, step.unit, step.stage)
             if production.artifacts.has(take.artifact, take.suffix)]
    for rank in production.pick:
        known = production.ledger.history().numbers
        missing = [look for look in looks if asked_of(rank.scorer, rank.parameters) not in known.get(look.take.artifact, {})]
        for start in range(0, len(missing), TOGETHER):
            measure(production, run, missing[start : start + TOGETHER], rank.scorer, rank.parameters, known)


def _in_use(production: Production, history: History, step: Step) -> Look | None:
    """The picture that a unit uses, or the one that its gates stopped; None for one that is lost."""
    pick = history.picks.get((step.unit, step.stage, step.language))
    take = history.takes.get(step.digest) or (history.takes.get(pick.recipe) if pick else None)
    return Look(step, take) if take and production.artifacts.has(take.artifact, take.suffix) else None


def _asking(production: Production, look: Look) -> list[Gate]:
    words = look.step.wish.words if look.step.wish else look.take.words
    return asking(production.gates, look.step.stage, look.preset, words)
