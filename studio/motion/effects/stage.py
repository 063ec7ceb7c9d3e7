"""Stage and moment: all that an effect may know of the clip it stands in, and of the frame it sees."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import StoreError

if TYPE_CHECKING:
    import numpy as np

@dataclass(frozen=True)
class Stage:
    """What is the same for all frames of a clip."""

    width: int
    height: int
    language: str = ""
    """Of words in the picture."""
    files: Mapping[str, Path] | None = None
    """Name that an effect uses -> the file."""

    def file(self, name: str, field: str) -> Path:
        """The file that an effect calls `name`. Raises StoreError when it is not there."""
        found = (self.files or {}).get(name)
        if found is None or not found.is_file():
            raise StoreError("this file of an effect is not there", file=name, field=field,
                             remedy="Put it back into the show, then run 'genga apply'")
        return found


@dataclass(frozen=True)
class Moment:
    """When an effect sees a frame."""

    seconds: float
    """Since the effect began."""
    length: float
    """Seconds of the whole effect."""
    progress: float
    """0 on the effect's first frame, 1 on its last."""
    frame: int
    """Film frame, counted from the shot's start."""
    drawing: int
    """Drawing that is held meanwhile."""
    seed: tuple[int, ...]
    """Of this effect in this clip."""


Applied = Callable[["np.ndarray", Moment], "np.ndarray"]
"""An effect made ready for its clip: a frame, (height, width, 3) float32 RGB in 0..1, becomes another of the same size."""


def rgb(colour: str) -> "np.ndarray":
    """`#rrggbb` as three float32 in 0..1."""
    import numpy as np

    return np.asarray([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / np.float32(255)


def smooth(x: float) -> float:
    """From 0 to 1 with no speed at either end (Hermite's 3x² - 2x³); clamped outside."""
    x = min(1.0, max(0.0, x))
    return x * x * (3 - 2 * x)
