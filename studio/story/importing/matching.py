"""Matching: which shot of a new script is which shot of the storyboard, whatever their order."""

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

ALIKE = 0.5
"""From 0 (nothing in common) to 1 (the same): two shots below this are different shots."""
SCENE = 0.2
"""How much of the likeness is the scene heading's."""
LOOKED_AT = 6
"""Shots compared word by word for each new one: those that share most of its rare words."""
_PIECE = re.compile(r"[⺀-鿿豈-﫿＀-￯]|[^\W_]+")


@dataclass(frozen=True)
class Content:
    """What a shot is known by."""

    name: str
    """Its id in the storyboard, or what the script calls it."""
    scene: str
    action: str
    said: str

    @cached_property
    def words(self) -> list[str]:
        """Action and dialogue in pieces: words, or pairs of letters where a script has no spaces."""
        pieces = _PIECE.findall(f"{self.action}\n{self.said}".casefold())
        return [a + b if len(a) == 1 and ord(a) > 0x2E80 else a for a, b in zip_longest(pieces, pieces[1:], fillvalue="")]


def match(old: Sequence[Content], new: Sequence[Content]) -> dict[int, int]:
    """Index in `new` -> index in `old`, each used once. By name, then by the same content, then by the most alike."""
    pairs: dict[int, int] = {}
    _take(pairs, [c.name for c in old], [c.name for c in new])
    for key in ("scene", "action", "said"), ("action", "said"):
        _take(pairs, [_key(c, key) for c in old], [_key(c, key) for c in new])
    used = set(pairs.values())
    left_old = [i for i in range(len(old)) if i not in used]
    left_new = [j for j in range(len(new)) if j not in pairs]
    scored = sorted(((-score, abs(i / len(old) - j / len(new)), j, i) for j, i, score in _alike(old, new, left_old, left_new)))
    for _, _, j, i in scored:
        if j not in pairs and i not in used:
            pairs[j] = i
            used.add(i)
    return pairs


def likeness(a: Content, b: Content) -> float:
    """How alike two shots are: 1 is the same. Dialogue counts like action, word by word."""
    matcher = difflib.SequenceMatcher(None, a.words, b.words, autojunk=False)
    return SCENE * _ratio(a.scene, b.scene) + (1 - SCENE) * matcher.ratio()


def _key(content: Content, names: tuple[str, ...]) -> str:
    """The named parts as one text. Without action and dialogue only the scene tells shots apart."""
    if not (content.action or content.said):
        return f"\n{content.scene}" if "scene" in names else ""
    return "\n".join([" ".join(str(getattr(content, name)).casefold().split()) for name in names])


def _take(pairs: dict[int, int], old: list[str], new: list[str]) -> None:
    """Pair those with the same key, in their order."""
    used = set(pairs.values())
    free: dict[str, list[int]] = defaultdict(list)
    for i, key in enumerate(old):
        if key and i not in used:
            free[key].append(i)
    for j, key in enumerate(new):
        if key and j not in pairs and free[key]:
            pairs[j] = free[key].pop(0)


def _alike(
    old: Sequence[Content], new: Sequence[Content], left_old: list[int], left_new: list[int],
) -> list[tuple[int, int, float]]:
    """(index in new, index in old, likeness) of those that are alike enough."""
    holders: dict[str, list[int]] = defaultdict(list)
    for i in left_old:
        for word in set(old[i].words):
            holders[word].append(i)
    found: list[tuple[int, int, float]] = []
    for j in left_new:
        shared: Counter[int] = Counter()
        for word in set(new[j].words):
            for i in holders.get(word, ()):
                shared[i] += 1000 // len(holders[word]) + 1
        near = sorted(shared, key=lambda i: (-shared[i], abs(i - j)))[:LOOKED_AT]
        found += [(j, i, score) for i in near if (score := likeness(old[i], new[j])) >= ALIKE]
    return found


def _ratio(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a.casefold(), b.casefold(), autojunk=False).ratio()
