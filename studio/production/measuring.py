"""Measuring: scorers' numbers for takes, each asked for once and kept in the ledger."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import RenderError
from studio.judge.catalogue import make_scorer
from studio.judge.policies import asked_of
from studio.judge.scorer import Measured, Scorer, Subject
from studio.plan.history import Number, PastTake
from studio.plan.plans import Step
from studio.plan.recipes import recipe_from
from studio.production.opening import Production
from studio.render.renderer import Run
from studio.store.events import Measure
from studio.store.frames import read_frames

if TYPE_CHECKING:
    from PIL import Image

Numbers = Mapping[str, Mapping[str, Number]]
"""Artifact -> what was asked -> number: a history's, read once for all that is measured together."""
TOGETHER = 64
"""Pictures that are decoded and measured at once."""
MOST_FRAMES = 24
"""Of a clip: one a second, and no more than so many."""


@dataclass(frozen=True)
class Look:
    """A take that is to be measured."""

    step: Step
    take: PastTake

    @property
    def preset(self) -> str:
        """Name of its look; empty for what has none."""
        if self.step.wish:
            return self.step.wish.preset.name
        return self.take.preset.name if self.take.preset else ""


def measure(
    production: Production, run: Run, looks: Sequence[Look], scorer: str, parameters: Mapping[str, Any], known: Numbers
) -> list[Measured | None]:
    """The scorer's number for each take, in order; of a clip that of its worst second. None where the scorer has no word.

    Numbers `known` under today's stamp are found; the others are measured, some together, and kept.
    """
    asked, maker = asked_of(scorer, parameters), make_scorer(scorer, dict(parameters))
    stamp = maker.stamp(production.desk)
    found: dict[str, Measured | None] = {}
    fresh: list[Look] = []
    for look in looks:
        number = known.get(look.take.artifact, {}).get(asked)
        if number and number.stamp == stamp:
            found[look.take.artifact] = Measured(number.value, number.note)
        elif look.take.artifact not in found:
            found[look.take.artifact] = None
            fresh.append(look)
    for first in range(0, len(fresh), TOGETHER):
        some = fresh[first : first + TOGETHER]
        start = time.perf_counter()
        numbers = _scored(production, maker, some)
        seconds = (time.perf_counter() - start) / len(some)
        for look, measured in zip(some, numbers, strict=True):
            found[look.take.artifact] = measured
            if measured is not None and not math.isfinite(measured.value):
                raise RenderError(f"scorer '{scorer}' gave no number for its picture ({measured.value})", field=look.step.unit,
                                  remedy="Its weights may be broken: compare their sha256 with the card")
            if measured is not None:
                production.ledger.append(Measure(
                    show=production.show.name, unit=look.step.unit, recipe=look.take.recipe, trace=run.trace, run=run.id,
                    attempt=run.attempt, artifact=look.take.artifact, asked=asked, stamp=stamp, value=measured.value,
                    note=measured.note, seconds=seconds,
                ))
    return [found[look.take.artifact] for look in looks]


def _scored(production: Production, scorer: Scorer, looks: Sequence[Look]) -> list[Measured | None]:
    """Pictures go to the scorer together, clips one by one, so that no more than one clip's frames are held."""
    clips = [look for look in looks if look.step.stage == "clip"]
    pictures = [look for look in looks if look.step.stage != "clip"]
    subjects = [subject for look in pictures for subject in _subjects(production, look)]
    numbers = dict(zip(map(id, pictures), scorer.score(subjects, production.desk) if subjects else (), strict=True))
    for look in clips:
        numbers[id(look)] = _worst(scorer, scorer.score(_subjects(production, look), production.desk))
    return [numbers[id(look)] for look in looks]


def _worst(scorer: Scorer, found: Sequence[Measured | None]) -> Measured | None:
    known = [(second, m) for second, m in enumerate(found) if m is not None]
    if not known:
        return None
    worst = min if scorer.better == "higher" else max
    second, measured = worst(known, key=lambda pair: pair[1].value)
    return Measured(measured.value, f"at {second} s: {measured.note}".rstrip(": "))


def _subjects(production: Production, look: Look) -> list[Subject]:
    """A picture as one, a clip as a frame of each of its seconds."""
    step, take = look.step, look.take
    recipe = recipe_from(take.body)
    characters = step.wish.characters if step.wish else ()
    file = production.artifacts.path(take.artifact, take.suffix) if step.stage == "clip" else None
    pictures = _frames(file, take.body["fps"]) if file else [production.sources.picture(take.artifact).convert("RGB")]
    # a frame is a picture of its own: scorers remember what they saw by its name
    names = [take.artifact] if file is None else [f"{take.artifact}@{second}" for second in range(len(pictures))]
    return [Subject(name, step.unit, step.stage, picture, recipe, characters, look.preset)
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
