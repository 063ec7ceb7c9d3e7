"""Gates at work: pictures are measured once, and each gate of the show's policies says what it thinks of the number."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from studio.errors import GengaError
from studio.judge.gating import asking
from studio.judge.policies import JUDGED
from studio.plan.history import History, PastTake, Stage, Verdict, forbidding
from studio.plan.plans import Plan, Step
from studio.production.measuring import Look, Numbers, measure
from studio.production.opening import Production
from studio.render.renderer import Run

PICKED: tuple[Stage, ...] = ("panel", "keyframe")
"""Stages whose takes are picked among candidates."""


def gate_verdicts(production: Production, step: Step, take: PastTake, run: Run, known: Numbers) -> list[Verdict]:
    """What the show's gates say of a take; gates whose scorer has no word on it say nothing."""
    look = Look(step, take)
    words = step.wish.words if step.wish else take.words
    gates = asking(production.gates, step.stage, look.preset, words) if step.stage in JUDGED else []
    verdicts: list[Verdict] = []
    for gate in gates:
        (measured,) = measure(production, run, [look], gate.scorer, gate.parameters, known)
        if measured is not None:
            verdicts.append(gate.judge(measured.value, measured.note))
    return verdicts


def measure_for_pick(production: Production, step: Step, take: PastTake, run: Run, known: Numbers) -> None:
    """Measure a candidate by what the show picks with; nothing where a unit has one candidate only."""
    if step.stage not in PICKED or step.wish is None or step.wish.candidates < 2:
        return
    for rank in production.pick:
        measure(production, run, [Look(step, take)], rank.scorer, rank.parameters, known)


def stopping(history: History, step: Step, take: PastTake, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts that forbid using a take; a person who accepted it is over the gates, but not over the checks."""
    return forbidding(verdicts, history.accepted(step.unit, step.stage, step.language) == take.artifact)


def gate_fault(production: Production, stage: Stage) -> GengaError | None:
    """What keeps the gates of a stage, or the pick among candidates, from being asked at all: a model, board or sheet that is
    not there. Found before anything is paid for.
    """
    if stage not in JUDGED:
        return None
    asked: list[tuple[str, Mapping[str, Any]]] = [
        (gate.scorer, gate.parameters) for gate in production.gates if stage in gate.stages]
    if stage in PICKED and production.show.settings.candidates > 1:
        asked += [(rank.scorer, rank.parameters) for rank in production.pick]
    try:
        for scorer, parameters in asked:
            production.stamp(scorer, parameters)
    except GengaError as exc:
        return type(exc)(f"a gate cannot be asked: {exc.message}", file=exc.file, field=exc.field, remedy=exc.remedy)
    return None


def refuse_unasked_gates(production: Production, plans: Iterable[Plan]) -> None:
    """Raises what keeps a gate of what is to be made from being asked, before anything is submitted."""
    todo = {step.stage for plan in plans for step in plan.steps if step.todo}
    for stage in JUDGED:
        fault = gate_fault(production, stage) if stage in todo else None
        if fault:
            raise fault
