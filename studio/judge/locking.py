"""Locking: was a composition kept, and how many renders did it save to lock it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.judge.scorers.control import agreement

if TYPE_CHECKING:
    from PIL import Image

SHARE = 0.7
"""A picture keeps a composition when its edges agree with the line art at least this share as well as the locked take's own.
Of house pictures, other panels reach 0.36, the same seed with other words 0.52 to 1, and locked ones 0.73 to 0.96.
"""


@dataclass(frozen=True)
class Saving:
    """What a lock was worth."""

    kept: int
    """Variations drawn with the lock that kept the composition."""
    drawn: int
    """Variations drawn with the lock."""
    free_kept: int
    """Pictures of the same unit drawn without it that happen to have the composition."""
    free: int
    """Pictures of the same unit drawn without it."""

    @property
    def needed(self) -> float | None:
        """Renders that as many kept variations would have taken without the lock; None where nothing was drawn without it.

        Each try keeps the composition with the share that was seen, so that one kept picture takes 1 / share tries (the mean of
        a geometric distribution). The share is Laplace's (k + 1) / (n + 2): none among three is not never.
        """
        return self.kept * (self.free + 2) / (self.free_kept + 1) if self.free else None

    @property
    def saved(self) -> float | None:
        """Renders that the lock saved; below 0 where it was in the way."""
        return self.needed - self.drawn if self.needed is not None else None

    def told(self) -> str:
        """In one sentence."""
        begin = f"{self.kept} of {self.drawn} kept the composition"
        if self.needed is None or self.saved is None:
            return f"{begin}; nothing was drawn without the lock yet, to say what it saved (cross 'lock: [true, false]')"
        change = f"saved about {self.saved:.0f}" if self.saved > 0.5 else (
            "saved none" if self.saved > -0.5 else f"cost about {-self.saved:.0f} more")
        return (f"{begin}; without the lock {self.free_kept} of {self.free} did, so that as many would have taken about "
                f"{self.needed:.0f} renders: it {change}")


def keeping(pictures: Iterable["Image.Image"], lines: "Image.Image", locked: "Image.Image") -> int:
    """How many of `pictures`, each looked at and let go, have the composition of `locked`, whose line art is `lines`."""
    least = SHARE * agreement(locked, lines)
    return sum(agreement(picture, lines) >= least for picture in pictures)
