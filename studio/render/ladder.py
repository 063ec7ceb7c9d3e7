"""The memory ladder: when a device is full, the same picture in smaller pieces.

Each stage climbs for itself, in the order smaller decode tiles, smaller batch, offload, and only by what helps it:
decoding by fewer pictures, tiles, offload; denoising by smaller batches, offload. Sequences are denoised in shorter
windows, then in two passes instead of a batch of two, in half precision, with offload, and at last layer by layer in parts.

What it does to bits. Tiles are normalised each by itself and blended, which shifts colours a little. A smaller batch
keeps the picture but may change it by about 1e-6 before rounding when it shrinks to one; from two upwards it has
been identical. Offload moves weights and changes nothing. Shorter windows and half precision give another, equally valid
sequence. So a take that climbed is a good picture of its recipe,
but not promised to be bit-exact with one that did not: every rung taken stands on the take (`ladder`).
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from studio.errors import OutOfMemory

R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True)
class Rung(Generic[R]):
    """One way to hold the work in memory. `name` is empty for the way it is meant to be."""

    name: str
    how: R


@dataclass(frozen=True)
class Footing:
    """How one stage of a diffusion batch is held."""

    batch: int
    """Pictures at once."""
    tiles: bool = False
    """In tiles of half the picture's shorter side."""
    offload: bool = False
    """Only the part that computes is on the device."""


def decode_rungs(batch: int, offload: bool) -> list[Rung[Footing]]:
    """The ladder of decoding: one picture at a time, then tiles, then offload.

    offload: whether there is somewhere to offload to (not on the CPU itself).
    """
    one = [Rung("decode-one", Footing(1))] if batch > 1 else []
    last = [Rung("offload", Footing(1, tiles=True, offload=True))] if offload else []
    return [Rung("", Footing(batch)), *one, Rung("decode-tiles", Footing(1, tiles=True)), *last]


def denoise_rungs(batch: int, offload: bool) -> list[Rung[Footing]]:
    """The ladder of denoising: halves of the batch down to one, then offload."""
    rungs = [Rung("", Footing(batch))]
    while batch > 1:
        batch = (batch + 1) // 2
        rungs.append(Rung(f"batch-{batch}", Footing(batch)))
    return [*rungs, Rung("offload", Footing(1, offload=True))] if offload else rungs


@dataclass(frozen=True)
class Stand:
    """How the denoising of a sequence is held. Each rung keeps what the ones below it did."""

    window: int
    """Frames at once."""
    apart: bool = False
    """Guidance as two passes instead of one batch of two."""
    half: bool = False
    """Layers compute in half precision."""
    offload: bool = False
    """Only the part that computes is on the device."""
    split: bool = False
    """Each layer sees a few frames at a time."""


SHORTEST = 8
"""Frames; a shorter window knows too little of a motion to be worth its memory."""


def sequence_rungs(window: int, guided: bool, half: bool, offload: bool) -> list[Rung[Stand]]:
    """The ladder of a sequence: half the window down to eight frames, guidance apart, half precision, offload, split.

    guided: whether there is guidance to do apart. half: whether the precision can be lowered. offload: as above.
    """
    stand = Stand(window)
    rungs = [Rung("", stand)]
    while stand.window > SHORTEST:
        stand = replace(stand, window=max(SHORTEST, (stand.window + 1) // 2))
        rungs.append(Rung(f"window-{stand.window}", stand))
    steps = (("guidance-apart", "apart", guided), ("precision-bf16", "half", half), ("offload", "offload", offload),
             ("split", "split", True))
    for name, field, possible in steps:
        if possible:
            stand = replace(stand, **{field: True})
            rungs.append(Rung(name, stand))
    return rungs


class Ladder(Generic[R]):
    """Remembers the rung that held: a device too small for one batch is too small for the next like it."""

    def __init__(self, rungs: Sequence[Rung[R]]) -> None:
        self._rungs, self._at = tuple(rungs), 0

    def climb(self, attempt: Callable[[R], T], taken: list[str], relieve: Callable[[], None]) -> T:
        """`attempt` on the first rung that has room; the names of all rungs below it go to `taken`.

        relieve: called after each failure, to free what others hold. Raises OutOfMemory at the end of the ladder.
        """
        while True:
            try:
                result = attempt(self._rungs[self._at].how)
            except Exception as exc:
                if not is_out_of_memory(exc):
                    raise
                full = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
            else:
                taken.extend(r.name for r in self._rungs[1 : self._at + 1] if r.name not in taken)
                return result
            # outside the handler: the exception's traceback would keep the failed attempt's tensors alive
            relieve()
            if self._at + 1 == len(self._rungs):
                tried = ", ".join(r.name for r in self._rungs[1:]) or "nothing smaller exists"
                raise OutOfMemory(f"the device is full ({full}); tried: {tried}", field="device",
                                  remedy="Lower the preset's native size or batch_size, use precision fp16, "
                                         "or free the device of other programs")
            self._at += 1


def is_out_of_memory(exc: BaseException) -> bool:
    """Whether an allocator said no: Python's, a GPU's, or torch's CPU allocator (a plain RuntimeError with words)."""
    if isinstance(exc, MemoryError):
        return True
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(exc, torch.OutOfMemoryError):
        return True
    words = ("not enough memory", "can't allocate memory", "out of memory")
    return isinstance(exc, RuntimeError) and any(w in str(exc).lower() for w in words)
