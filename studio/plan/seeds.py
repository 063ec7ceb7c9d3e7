"""SeedPolicy: how a seed follows from show, namespace, unit and take number. From ids, never from positions."""

import hashlib

from studio.record import Record, nfc

SPACE = 2**32


def _hash32(*parts: str) -> int:
    digest = hashlib.sha256("\x1f".join(nfc(p) for p in parts).encode()).digest()
    return int.from_bytes(digest[:4], "big")


class SeedPolicy(Record):
    """Seed = base of the namespace + offset of the unit + offset of the take, modulo 2**32.

    A retry asks again with the same arguments, so it can never re-seed; another take is another argument.
    """

    root: str
    lock: int | None = None
    """When set, the base and the unit's offset give way to this one seed for everything."""

    def seed(self, namespace: str, unit: str, take: int = 1, offset: int = 0) -> int:
        """The seed of `unit` drawn in `namespace` (a character, or the show): 0 .. 2**32 - 1."""
        if self.lock is not None:
            base = self.lock
        else:
            base = _hash32("base", self.root, namespace) + _hash32("unit", self.root, unit)
        # a hash, not `+ take`: neighbouring seeds must not make take 2 of one unit equal take 1 of another
        taken = 0 if take == 1 else _hash32("take", self.root, unit, str(take))
        return (base + taken + offset) % SPACE
