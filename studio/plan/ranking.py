"""Ranking: many scorers' numbers become one order. By places, not by numbers: a cosine and a count have no common scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Better = Literal["higher", "lower"]
"""Which numbers are the good ones."""


@dataclass(frozen=True)
class Column:
    """One scorer's numbers, one per picture; None where it had no word."""

    name: str
    values: Sequence[float | None]
    better: Better
    weight: float = 1.0


def ranked(columns: Sequence[Column]) -> list[tuple[int, float]]:
    """(index, score) of each picture, best first. The score, 0..1, is the weighted mean of its places by each scorer: 1 is first
    by all of them. Equal numbers share the mean of their places (midranks); a scorer without a word on a picture leaves it
    in the middle. Equal scores keep the order in which they came.
    """
    count = len(columns[0].values) if columns else 0
    whole = sum(column.weight for column in columns)
    scores = [0.0] * count
    for column in columns:
        for i, place in enumerate(_places(column)):
            scores[i] += place * column.weight / whole
    return sorted(enumerate(scores), key=lambda pair: (-pair[1], pair[0]))


def _places(column: Column) -> list[float]:
    """Place of each picture by one scorer: 1 for the best, 0 for the last."""
    sign = 1 if column.better == "higher" else -1
    known = sorted(sign * value for value in column.values if value is not None)
    if len(known) < 2:
        return [0.5] * len(column.values)
    places = {value: (known.index(value) + len(known) - 1 - known[::-1].index(value)) / 2 for value in set(known)}
    return [0.5 if value is None else places[sign * value] / (len(known) - 1) for value in column.values]
