"""Gating: what today's policies say of numbers that were measured before. Pure: a loosened bound needs no second look."""

from collections.abc import Sequence

from studio.judge.policies import Gate
from studio.plan.history import History, Stage


def judge_again(history: History, gates: Sequence[Gate]) -> None:
    """Enter the gates' verdicts on every take that was measured into `history`."""
    if not gates or not history.numbers:
        return
    for take in history.takes.values():
        numbers = history.numbers.get(take.artifact)
        if not numbers:
            continue
        for gate in asking(gates, take.stage, take.preset.name if take.preset else "", take.words):
            number = numbers.get(gate.asked)
            if number:
                history.verdicts.setdefault(take.artifact, {})[gate.check] = gate.judge(number.value, number.note)


def asking(gates: Sequence[Gate], stage: Stage, preset: str, words: dict[str, str]) -> list[Gate]:
    """The gates that look at a picture of this stage and look, made of these words."""
    return [gate for gate in gates if gate.concerns(stage, preset, bool(words.get("characters")))]
