"""Gating: what today's policies say of numbers that were measured before. Pure: a loosened bound needs no second look."""

import re
from collections.abc import Mapping, Sequence

from studio.judge.policies import Gate
from studio.plan.history import History, Number, Stage

DUPLICATES = "duplicates"
"""Name of the scorer whose numbers depend on what else the show uses."""
TWIN = re.compile(r"as (?P<unit>\S+), (?P<artifact>[0-9a-f]{12})")
"""Its note about a picture that has a twin."""


def judge_again(history: History, gates: Sequence[Gate], stamps: Mapping[str, str]) -> None:
    """Enter the gates' verdicts on every take that was measured into `history`.

    stamps: what is asked -> today's stamp. Numbers under another one (another board, other weights) say nothing; where no stamp
    is known, as the weights are not here, the last number counts.
    """
    if not gates or not history.numbers:
        return
    for take in history.takes.values():
        numbers = history.numbers.get(take.artifact)
        if not numbers:
            continue
        preset = take.preset.name if take.preset else ""
        stages = set[Stage](history.asked.get(take.artifact, ()))  # drawn for a sweep, used by a panel
        stages.add(take.stage)
        for stage in stages:
            for gate in asking(gates, stage, preset, take.words):
                number = numbers.get(gate.asked)
                if number and number.stamp == stamps.get(gate.asked, number.stamp):
                    verdict = gate.judge(number.value, number.note)
                    history.verdicts[take.artifact] = {**history.verdicts.get(take.artifact, {}), gate.check: verdict}


def forget_past_twins(history: History) -> None:
    """Forget which pictures were nearly alike where one of them is not in use any more: it is measured anew."""
    for artifact, numbers in list(history.numbers.items()):
        past = {asked for asked, number in numbers.items() if asked.startswith(f"{DUPLICATES}:") and _is_past(history, number)}
        if past:
            history.numbers[artifact] = {asked: number for asked, number in numbers.items() if asked not in past}


def _is_past(history: History, number: Number) -> bool:
    found = TWIN.fullmatch(number.note)
    if found is None:
        return False
    pick = history.picks.get((found["unit"], "panel", ""))
    return pick is None or not pick.artifact.startswith(found["artifact"])


def asking(gates: Sequence[Gate], stage: Stage, preset: str, words: dict[str, str]) -> list[Gate]:
    """The gates that look at a picture of this stage and look, made of these words."""
    return [gate for gate in gates if gate.concerns(stage, preset, bool(words.get("characters")))]
