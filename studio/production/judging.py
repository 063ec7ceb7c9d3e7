"""Judging what is there: pictures that were made before a policy was written are measured, together, and kept as they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from studio.judge.gating import asking
from studio.judge.policies import JUDGED, Gate
from studio.plan.history import History, Verdict
from studio.plan.plans import Step
from studio.production.measuring import TOGETHER, Look, Numbers, measure
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
    production: Production, boards: Sequence[Storyboard], run: Run,
    advance: Callable[[int, int], None] = lambda count, whole: None,
) -> list[Judged]:
    """Measure what the units of `boards` use, for every gate and, where there are candidates, for the pick; a row per gate.

    What was measured is found. Nothing is drawn, picked or thrown away: the plan says afterwards what a gate stops.
    advance: told how many pictures a gate looked at, and how many all gates look at.
    """
    history = production.history()
    steps = [step for plan in production.plans(boards, history) for step in plan.steps if step.stage in JUDGED]
    looks = [look for step in steps if (look := _in_use(production, history, step))]
    asked = [(gate, [look for look in looks if gate in _asking(production, look)]) for gate in production.gates]
    whole = sum(len(mine) for _, mine in asked)
    found = [_judge(production, gate, mine, run, history.numbers, lambda count: advance(count, whole)) for gate, mine in asked]
    _measure_candidates(production, history, steps, run)
    return found


def _judge(
    production: Production, gate: Gate, looks: Sequence[Look], run: Run, known: Numbers, advance: Callable[[int], None]
) -> Judged:
    judged = Judged(gate)
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
    return judged


def _measure_candidates(production: Production, history: History, steps: Sequence[Step], run: Run) -> None:
    several = [step for step in steps if step.wish and step.wish.candidates > 1]
    looks = [Look(step, take) for step in several for take in candidates(history, step.unit, step.stage)
             if production.artifacts.has(take.artifact, take.suffix)]
    for rank in production.pick:
        for start in range(0, len(looks), TOGETHER):
            measure(production, run, looks[start : start + TOGETHER], rank.scorer, rank.parameters, history.numbers)


def _in_use(production: Production, history: History, step: Step) -> Look | None:
    """The picture that a unit uses, or the one that its gates stopped; None for one that is lost."""
    pick = history.picks.get((step.unit, step.stage, step.language))
    take = history.takes.get(step.digest) or (history.takes.get(pick.recipe) if pick else None)
    return Look(step, take) if take and production.artifacts.has(take.artifact, take.suffix) else None


def _asking(production: Production, look: Look) -> list[Gate]:
    words = look.step.wish.words if look.step.wish else look.take.words
    return asking(production.gates, look.step.stage, look.preset, words)
