"""Breaking: text into lines of balanced length. English between words, Japanese between phrases and by kinsoku."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import budoux

NO_START = frozenset(
    "、。，．・：；！？!?,.:;)）]］}｝」』】〉》〕〟’”ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶゝゞ々〻ヽヾ…‥～〜♪♥%％"
)
"""Characters that no Japanese line begins with."""
NO_END = frozenset("(（[［{｛「『【〈《〔〝‘“￥＄#＃")
"""Characters that no Japanese line ends with."""
TIGHT = re.compile(r"[!?！？]{2,}|[…‥]+|[—―]+|[A-Za-z0-9À-ÿ][A-Za-z0-9À-ÿ.,'’:/@#+-]*|.", re.DOTALL)
"""Stretches of Japanese text that stay together."""
INSIDE_WORD = re.compile(r"(?<=\w\w[-–—/…])(?=\w\w)")
"""Where an English word may be broken: after a hyphen or dash with two letters on either side."""

INSIDE_PHRASE = 0.2
"""Cost of a Japanese break inside a phrase (a fully ragged line costs about 1)."""
AFTER_STOP = -0.02
"""Reward for a break that follows punctuation, where a reader breathes."""
MOST = 4.0
"""No line is tried that is longer than this many average ones."""
STOPS = frozenset("、。，．！？!?,.;:…—")


@dataclass(frozen=True)
class Atom:
    """What is never broken: an English word, or the smallest stretch of Japanese that kinsoku allows."""

    text: str
    gap: str = ""
    """Space before it, dropped at the start of a line."""
    cost: float = 0.0
    """Of a break before it."""
    forced: bool = False
    """The author wrote a line break before it."""


def atoms(text: str, language: str) -> tuple[Atom, ...]:
    """The pieces of `text` in order; the author's own line breaks force one."""
    made: list[Atom] = []
    for line in filter(None, (part.strip() for part in text.splitlines())):
        pieces = _japanese(line) if language == "ja" else _english(line)
        if made and pieces:
            pieces[0] = Atom(pieces[0].text, "", pieces[0].cost, True)
        made += pieces
    return tuple(made)


def _english(line: str) -> list[Atom]:
    made: list[Atom] = []
    for word in line.split():
        for i, part in enumerate(INSIDE_WORD.split(word)):
            reward = AFTER_STOP if made and made[-1].text[-1] in STOPS else 0.0
            made.append(Atom(part, "" if i or not made else " ", 0.05 if i else reward))
    return made


def _japanese(line: str) -> list[Atom]:
    starts = _phrase_starts(line)
    made: list[Atom] = []
    at, gap = 0, ""
    for piece in TIGHT.findall(line):
        if piece.isspace():
            gap = gap or piece
        elif made and not gap and (piece[0] in NO_START or made[-1].text[-1] in NO_END):
            last = made.pop()
            made.append(Atom(last.text + piece, last.gap, last.cost))
        else:
            stop = AFTER_STOP if made and made[-1].text[-1] in STOPS else 0.0
            made.append(Atom(piece, gap, stop if gap or at in starts else INSIDE_PHRASE))
            gap = ""
        at += len(piece)
    return made


def _phrase_starts(line: str) -> set[int]:
    starts, at = set[int](), 0
    for phrase in _parser().parse(line):
        starts.add(at)
        at += len(phrase)
    return starts


@cache
def _parser() -> budoux.Parser:
    return budoux.load_default_japanese_parser()


def joined(pieces: Sequence[Atom]) -> str:
    """The text of one line."""
    return "".join((p.gap if i else "") + p.text for i, p in enumerate(pieces))


@dataclass(frozen=True)
class Lines:
    """One way to break a text."""

    lines: tuple[str, ...]
    cost: float
    """0 for lines exactly as long as wished, about 1 for ragged ones."""


def break_lines(
    pieces: Sequence[Atom], widths: Sequence[float], gaps: Sequence[float], profile: Sequence[float]
) -> Lines | None:
    """The best way to set `pieces` in `len(profile)` lines, or None when forced breaks or too few pieces forbid it.

    widths, gaps: length of each piece and of the space before it. profile: wished relative length of each line.
    Minimum of summed squared deviations by dynamic programming (Knuth & Plass 1981, without stretch).
    """
    count, total = len(profile), sum(widths) + sum(gaps[1:])
    unit = total / sum(profile)
    ends = [0.0]
    for width, gap in zip(widths, gaps, strict=True):
        ends.append(ends[-1] + gap + width)
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for n, wish in enumerate(profile):
        row: dict[int, tuple[float, int]] = {}
        for start, (before, _) in best[-1].items():
            if start == len(pieces):
                continue
            for end in range(start + 1, len(pieces) + 1):
                length = ends[end] - ends[start] - gaps[start]
                cost = before + _line_cost(length, wish * unit, unit, n == count - 1)
                cost += pieces[start].cost if start else 0.0
                if end not in row or cost < row[end][0]:
                    row[end] = (cost, start)
                if (end < len(pieces) and pieces[end].forced) or (length > MOST * unit and len(pieces) > 2 * count):
                    break
        best.append(row)
    if len(pieces) not in best[count]:
        return None
    return _trace(pieces, best)


def _line_cost(length: float, wish: float, unit: float, last: bool) -> float:
    off = (length - wish) / unit
    # a last line that is short is how sentences end; a long one is as ugly as any
    return off * off * (0.5 if last and off < 0 else 1.0)


def _trace(pieces: Sequence[Atom], best: list[dict[int, tuple[float, int]]]) -> Lines:
    end, lines = len(pieces), list[str]()
    cost = best[-1][end][0]
    for row in reversed(best[1:]):
        start = row[end][1]
        lines.append(joined(pieces[start:end]))
        end = start
    return Lines(tuple(reversed(lines)), cost / len(lines))
