"""Calibration: each gate of a show held against what people said of the same pictures. Reads verdicts, changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.judge.bounds import Proposal, propose
from studio.judge.policies import Gate
from studio.judge.tallies import Sample, Tally
from studio.plan.history import CAUSES, Cause, History, PastReview, PastTake, Stage

CATCHES: dict[str, tuple[Cause, ...]] = {
    "clip": ("composition", "off_model"),
    "style": ("style",),
    "aesthetics": ("style", "composition"),
    "sharpness": ("style",),
    "exposure": ("style",),
    "lines": ("style",),
    "faces": ("face", "anatomy"),
    "face_size": ("face", "composition"),
    "control": ("composition", "anatomy"),
    "identity": ("off_model", "face"),
    "phrases": ("policy",),
    "nsfw": ("policy",),
    "duplicates": ("composition", "other"),
    "min_side": ("other",),
}
"""Scorer -> reasons of rejections that its number can know of. One that has no line answers for all reasons."""


@dataclass(frozen=True)
class JudgedPicture:
    """A picture and a person's last word about it."""

    artifact: str
    stage: Stage
    preset: str
    """Name of its look; empty for pages and clips, which have none."""
    figures: bool
    """Characters appear in it."""
    accepted: bool
    reasons: tuple[Cause, ...]


@dataclass(frozen=True)
class Row:
    """One gate over the judged pictures of one preset, or of all."""

    preset: str | None
    """None: all presets together; empty: pictures without one."""
    sample: Sample
    unmeasured: int
    """Judged pictures that the gate is meant for and has no number of: they were judged before it was written."""
    now: Tally
    """What today's bound does."""
    proposal: Proposal | None
    says: str
    """Why nothing is proposed."""


@dataclass(frozen=True)
class Calibration:
    """How good one gate is."""

    file: Path
    """Its policy."""
    gate: Gate
    reasons: tuple[Cause, ...]
    """Of rejections that its scorer can know of."""
    overall: Row
    presets: tuple[Row, ...]
    """By preset, in order of names."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """All that is worth showing: presets with numbers, and what they make together where that is another thing."""
        told = tuple(row for row in self.presets if row.sample.values)
        return told if len(told) == 1 else (self.overall, *told)


def judged_pictures(history: History, episode: str | None = None) -> list[JudgedPicture]:
    """Every picture that people judged and did not take back, once, with the last word about it, whichever unit used it."""
    takes = {(t.unit, t.stage, t.artifact): t for t in (*history.again.values(), *history.takes.values())}
    latest: dict[str, tuple[PastReview, PastTake]] = {}
    for unit, stage, language in history.reviews:
        if episode is not None and unit.split(".", 1)[0] != episode:
            continue
        for word in history.last_words(unit, stage, language):
            take, before = takes.get((unit, stage, word.artifact)), latest.get(word.artifact)
            if take and (before is None or before[0].at < word.at):
                latest[word.artifact] = word, take
    return [
        JudgedPicture(word.artifact, take.stage, take.preset.name if take.preset else "", bool(take.words.get("characters")),
                      word.verdict == "accept", word.reasons)
        for word, take in latest.values()
    ]


def calibrate(
    history: History, gates: Sequence[tuple[Path, Gate]], episode: str | None = None
) -> tuple[Calibration, ...]:
    """Hold each gate (with the file that it stands in) against people's verdicts, over all presets and by preset.

    Numbers are judged anew by today's bounds. episode: only what was judged of this one.
    """
    pictures = judged_pictures(history, episode)
    return tuple(_calibrated(history, file, gate, pictures) for file, gate in gates)


def _calibrated(history: History, file: Path, gate: Gate, pictures: Sequence[JudgedPicture]) -> Calibration:
    reasons = CATCHES.get(gate.scorer, CAUSES)
    meant = [one for one in pictures if gate.concerns(one.stage, one.preset, one.figures)]
    by_preset = {name: [one for one in meant if one.preset == name] for name in sorted({one.preset for one in meant})}
    return Calibration(file, gate, reasons, _row(history, gate, reasons, None, meant), tuple(
        _row(history, gate, reasons, name, ones) for name, ones in by_preset.items()
    ))


def _row(history: History, gate: Gate, reasons: Sequence[Cause], preset: str | None, pictures: Sequence[JudgedPicture]) -> Row:
    accepted: list[float] = []
    fitting: list[float] = []
    others: list[float] = []
    for one in pictures:
        number = history.numbers.get(one.artifact, {}).get(gate.asked)
        if number:
            part = accepted if one.accepted else fitting if set(reasons) & set(one.reasons) else others
            part.append(number.value)
    sample = Sample(tuple(sorted(accepted)), tuple(sorted(fitting)), tuple(sorted(others)))
    proposal, says = propose(sample, gate.min, gate.max)
    return Row(preset, sample, len(pictures) - len(sample.values), sample.tally(gate.min, gate.max), proposal, says)
