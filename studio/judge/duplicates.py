"""Finds pictures that are nearly the same in a whole show, by perceptual hashes of 64 bits.

Two hashes that differ in at most r bits agree to within r // 4 bits in at least one of their four 16-bit words, so a search
looks up a few words in tables instead of comparing everything: Norouzi, Punjani, Fleet, Fast Search in Hamming Space with
Multi-Index Hashing (CVPR 2012).
"""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

WORDS, BITS = 4, 16
RADIUS = 3
"""Bits of 64 in which near-duplicates may differ."""
HASHED = "phash-64"
"""Under which name hashes stand among what was measured: as the note, sixteen hexadecimal digits."""
FARTHEST = 11
"""Largest radius that is searched: beyond it pictures have nothing in common, and tables help no more."""


def perceptual_hash(picture: "Image.Image") -> int:
    """64 bits of a picture's low frequencies (imagehash's phash); alike pictures differ in few of them."""
    from imagehash import phash

    return int("".join("1" if bit else "0" for bit in phash(picture).hash.ravel()), 2)


class DuplicateIndex:
    """Names with their hashes. Takes about 0.4 KB a name; adding and finding take a few look-ups, however many there are."""

    def __init__(self) -> None:
        self._hashes: dict[str, int] = {}
        self._tables: tuple[dict[int, list[str]], ...] = tuple({} for _ in range(WORDS))

    def __len__(self) -> int:
        return len(self._hashes)

    def add(self, name: str, picture_hash: int) -> None:
        """Take in a picture; a name that is in already gets the new hash (it was drawn anew)."""
        self.remove(name)
        self._hashes[name] = picture_hash
        for table, word in zip(self._tables, _words(picture_hash), strict=True):
            table.setdefault(word, []).append(name)

    def remove(self, name: str) -> None:
        """Forget a picture; one that is not in is no matter."""
        if name not in self._hashes:
            return
        for table, word in zip(self._tables, _words(self._hashes.pop(name)), strict=True):
            table[word].remove(name)
            if not table[word]:
                del table[word]

    def find(self, picture_hash: int, radius: int = RADIUS, but: str | None = None) -> list[tuple[str, int]]:
        """(name, bits that differ) of all within `radius` bits, nearest first, then by name; `but` is left out.

        Raises ValueError for a radius that is not 0 to FARTHEST.
        """
        if not 0 <= radius <= FARTHEST:
            raise ValueError(f"a radius of {radius} bits; 0 to {FARTHEST} can be searched")
        found: dict[str, int] = {}
        for table, word in zip(self._tables, _words(picture_hash), strict=True):
            for flip in _flips(radius // WORDS):
                for name in table.get(word ^ flip, ()):
                    apart = (self._hashes[name] ^ picture_hash).bit_count()
                    if apart <= radius and name != but:
                        found[name] = apart
        return sorted(found.items(), key=lambda pair: (pair[1], pair[0]))


class Neighbours:
    """The pictures that a show's panels use, in the order in which they came to be used: is another nearly one of them?"""

    def __init__(self, used: Mapping[str, tuple[str, int]] | None = None) -> None:
        """used: unit -> (artifact, hash) of its picture, the oldest first."""
        self._index, self._used, self._since = DuplicateIndex(), dict[str, tuple[str, int]](), dict[str, int]()
        self._units: dict[str, set[str]] = {}
        self._count = 0
        for unit, (artifact, picture_hash) in (used or {}).items():
            self.use(unit, artifact, picture_hash)

    def use(self, unit: str, artifact: str, picture_hash: int) -> None:
        """A unit uses this picture from now on; where it does already, nothing changes."""
        before = self._used.get(unit)
        if before == (artifact, picture_hash):
            return
        if before:
            self._units[before[0]].discard(unit)
        self._index.add(unit, picture_hash)
        self._used[unit] = (artifact, picture_hash)
        self._units.setdefault(artifact, set()).add(unit)
        self._count += 1
        self._since[unit] = self._count

    def artifact_of(self, unit: str) -> str:
        """The picture that a unit uses."""
        return self._used[unit][0]

    def twin(self, unit: str, artifact: str, picture_hash: int) -> tuple[str, int] | None:
        """(other unit, bits that differ) of the most alike picture, the same one used again among them; None within FARTHEST.

        Of two units with alike pictures the one that used its own first is no twin.
        """
        mine = self._since[unit] if self._used.get(unit) == (artifact, picture_hash) else None
        near = self._index.find(picture_hash, FARTHEST, but=unit)
        return next(((other, apart) for other, apart in near if mine is None or self._since[other] < mine), None)

    def nearest(self, artifact: str, picture_hash: int) -> tuple[str, int] | None:
        """(unit, bits that differ) of the most alike among other pictures; None within FARTHEST.

        Of two that are alike the one that was used first is no duplicate.
        """
        since = [self._since[unit] for unit in self._units.get(artifact, ())]
        near = self._index.find(picture_hash, FARTHEST)
        return next(((unit, apart) for unit, apart in near
                     if self._used[unit][0] != artifact and (not since or self._since[unit] < min(since))), None)


def _words(picture_hash: int) -> Iterator[int]:
    for place in range(WORDS):
        yield picture_hash >> (BITS * place) & 0xFFFF


@cache
def _flips(most: int) -> tuple[int, ...]:
    """All words with at most `most` bits set: what a near word may differ by."""
    return tuple(sum(1 << bit for bit in bits) for count in range(most + 1) for bits in combinations(range(BITS), count))
