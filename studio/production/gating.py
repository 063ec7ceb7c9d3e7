"""Gates at work: pictures are measured once, and each gate of the show's policies says what it thinks of the number."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from studio.judge.catalogue import make_scorer
from studio.judge.gating import asking
from studio.judge.policies import JUDGED, Gate
from studio.judge.scorer import Measured, Scorer, Subject
from studio.plan.history import PastTake, Verdict
from studio.plan.plans import Step
from studio.plan.recipes import recipe_from
from studio.production.opening import Production
from studio.render.renderer import Run
from studio.store.events import Measure
from studio.store.frames import read_frames

if TYPE_CHECKING:
    from PIL import Image

MOST_FRAMES = 24
"""Of a clip: one a second, and no more than so many."""


def gate_verdicts(production: Production, step: Step, take: PastTake, run: Run) -> list[Verdict]:
    """What the show's gates say of a take; measured where no number of today's scorer is kept."""
    preset = step.wish.preset.name if step.wish else take.preset.name if take.preset else ""
    words = step.wish.words if step.wish else take.words
    gates = asking(production.gates, step.stage, preset, words) if step.stage in JUDGED else []
    if not gates:
        return []
    known = production.ledger.history().numbers.get(take.artifact, {})
    subjects: list[Subject] = []
    verdicts: list[Verdict] = []
    for gate in gates:
        scorer = make_scorer(gate.scorer, gate.parameters)
        stamp, number = scorer.stamp(production.desk), known.get(gate.asked)
        if number is None or number.stamp != stamp:
            subjects = subjects or _subjects(production, step, take, preset)
            measured = _measure(production, step, take, run, gate, scorer, subjects)
            if measured is None:
                continue
            verdicts.append(gate.judge(measured.value, measured.note))
        else:
            verdicts.append(gate.judge(number.value, number.note))
    return verdicts


def stopping(production: Production, step: Step, take: PastTake, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts that forbid using a take; a person who accepted it is over the gates, but not over the checks."""
    stopped = [v for v in verdicts if v.blocking and not v.passed]
    if not stopped or production.ledger.history().accepted(step.unit, step.stage, step.language) != take.artifact:
        return stopped
    return [v for v in stopped if v.value is None]


def _measure(
    production: Production, step: Step, take: PastTake, run: Run, gate: Gate, scorer: Scorer, subjects: Sequence[Subject]
) -> Measured | None:
    """The scorer's number, of a clip that of its worst frame; kept in the ledger. None where the scorer has no word."""
    start = time.perf_counter()
    found = [(i, m) for i, m in enumerate(scorer.score(subjects, production.desk)) if m is not None]
    if not found:
        return None
    worst = min if scorer.better == "higher" else max
    second, measured = worst(found, key=lambda pair: pair[1].value)
    note = f"at {second} s: {measured.note}".rstrip(": ") if len(subjects) > 1 else measured.note
    production.ledger.append(Measure(
        show=production.show.name, unit=step.unit, recipe=take.recipe, trace=run.trace, run=run.id, attempt=run.attempt,
        artifact=take.artifact, asked=gate.asked, stamp=scorer.stamp(production.desk), value=measured.value, note=note,
        seconds=time.perf_counter() - start,
    ))
    return Measured(measured.value, note)


def _subjects(production: Production, step: Step, take: PastTake, preset: str) -> list[Subject]:
    """A picture as one, a clip as a frame of each of its seconds."""
    recipe = recipe_from(take.body)
    characters = step.wish.characters if step.wish else ()
    file = production.artifacts.path(take.artifact, take.suffix) if step.stage == "clip" else None
    pictures = _frames(file, take.body["fps"]) if file else [production.sources.picture(take.artifact).convert("RGB")]
    # a frame is a picture of its own: scorers remember what they saw by its name
    names = [take.artifact] if file is None else [f"{take.artifact}@{second}" for second in range(len(pictures))]
    return [Subject(name, step.unit, step.stage, picture, recipe, characters, preset)
            for name, picture in zip(names, pictures, strict=True)]


def _frames(file: Path, fps: int) -> "list[Image.Image]":
    from PIL import Image

    kept: list[Image.Image] = []
    for number, frame in enumerate(read_frames(file)):
        if number % fps == 0:
            kept.append(Image.fromarray(frame))
        if len(kept) == MOST_FRAMES:
            break
    return kept
