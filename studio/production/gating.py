"""Gates at work: pictures are measured once, and each gate of the show's policies says what it thinks of the number."""

from collections.abc import Sequence

from studio.judge.gating import asking
from studio.judge.policies import JUDGED
from studio.plan.history import PastTake, Verdict
from studio.plan.plans import Step
from studio.production.measuring import Look, Numbers, measure
from studio.production.opening import Production
from studio.render.renderer import Run


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
    if step.stage not in ("panel", "keyframe") or step.wish is None or step.wish.candidates < 2:
        return
    for rank in production.pick:
        measure(production, run, [Look(step, take)], rank.scorer, rank.parameters, known)


def stopping(production: Production, step: Step, take: PastTake, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts that forbid using a take; a person who accepted it is over the gates, but not over the checks."""
    stopped = [v for v in verdicts if v.blocking and not v.passed]
    if not stopped or production.ledger.history().accepted(step.unit, step.stage, step.language) != take.artifact:
        return stopped
    return [v for v in stopped if v.value is None]
