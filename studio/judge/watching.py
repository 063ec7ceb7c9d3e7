"""Watching: what moves, stands still, flickers or flashes in a row of frames, measured one by one with little memory."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SIDE = 128
"""Frames are watched at this many pixels of their longer side: what is smaller is texture, not motion."""
BLOCK = 8
"""Pixels of a block's side, of those."""
STILL = 2.0
"""Levels (of 255) by which the block that changes most changes, under which a frame stands still. Lossy codecs change some."""
FLOOR = 1.0
"""Levels of change that nobody sees; added to the motion, so that a still picture's last bit is no flicker."""
WINDOW = 12
"""Frames in which flicker is looked for: a burst in a long shot is not averaged away."""
FLAT = 3.0
"""Standard deviation of brightness (of 255) under which a frame is blank."""


@dataclass
class Watch:
    """What was seen so far; `add` every frame in order. Brightness and colours in levels of 255."""

    frames: int = 0
    changes: list[float] = field(default_factory=list[float])
    """Per frame but the first: by how much the block that changed most changed."""
    flicker: float = 0.0
    """See `flicker`: of the worst window."""
    flash: float = 0.0
    """Levels by which the worst frame stands out from both its neighbours, beyond what these differ by themselves."""
    flash_at: int = 0
    blanks: int = 0
    blank_at: int = 0
    """The first one."""
    clipped: float = 0.0
    """Largest share of values at 0 or 255."""
    clipped_at: int = 0
    clipped_ends: float = 0.0
    """The same of the first and last frame: how much of it is meant."""
    _first: "np.ndarray | None" = None
    _recent: "deque[np.ndarray]" = field(default_factory=lambda: deque(maxlen=3))
    _window: "deque[tuple[float, float]]" = field(default_factory=lambda: deque(maxlen=WINDOW))
    _first_clipped: float = 0.0

    def add(self, frame: "np.ndarray") -> None:
        """One frame, (height, width, 3) uint8 RGB."""
        small = reduced(frame)
        self._look(frame, small)
        if self._first is None:
            self._first = small
        self._recent.append(small)
        if len(self._recent) > 1:
            self.changes.append(largest_change(self._recent[-2], small))
        if len(self._recent) == 3:
            self._compare(*self._recent)
        self.frames += 1

    @property
    def ends_alike(self) -> bool:
        """Whether the last frame is like the first."""
        return self._travel < STILL

    @property
    def still(self) -> int:
        """Frames like the one before them. Where the whole way is short, slow frames may be: a quarter of steady motion."""
        steady = self._travel / len(self.changes) if self.changes else 0.0
        least = STILL if self.ends_alike else min(STILL, steady / 4)
        return sum(change < least for change in self.changes)

    @property
    def _travel(self) -> float:
        """By how much the last frame differs from the first."""
        return largest_change(self._first, self._recent[-1]) if self._first is not None else 0.0

    def _look(self, frame: "np.ndarray", small: "np.ndarray") -> None:
        if grey(small).std() < FLAT:
            self.blank_at = self.blank_at if self.blanks else self.frames
            self.blanks += 1
        share = float(((frame == 0) | (frame == 255)).mean())
        self._first_clipped = self._first_clipped if self.frames else share
        self.clipped_ends = max(self._first_clipped, share)
        if share > self.clipped:
            self.clipped, self.clipped_at = share, self.frames

    def _compare(self, before: "np.ndarray", this: "np.ndarray", after: "np.ndarray") -> None:
        apart = difference(before, after)
        flash = min(difference(before, this), difference(this, after)) - apart
        if flash > self.flash:
            self.flash, self.flash_at = flash, self.frames - 1
        self._window.append((_taken_back(before, this, after), difference(grey(before), grey(this))))
        back, moved = (sum(values) / len(self._window) for values in zip(*self._window, strict=True))
        self.flicker = max(self.flicker, back / (moved + FLOOR))


def flicker(frames: "Iterable[np.ndarray]") -> float:
    """How much of what changes from frame to frame is taken back by the next one, 0..1; the worst 12 frames count.

    With L the mean brightness of a block, a = L(t) - L(t - 1) and b = L(t + 1) - L(t), the part of a that b takes back is
    (|a| + |b| - |a + b|) / 2: nothing while brightness goes on in one direction (motion, fades, cuts), min(|a|, |b|) when
    it turns round. It is the part of the second difference |a - b| that no steady motion makes. Its mean over blocks and
    frames is divided by the mean change of a pixel plus one level, so that 1 is pure alternation. The mean difference of
    neighbouring frames, which VBench (2024) calls temporal flickering, says the same of flicker and of motion; hence not it.
    """
    watch = Watch()
    for frame in frames:
        watch.add(frame)
    return watch.flicker


def reduced(frame: "np.ndarray") -> "np.ndarray":
    """`frame` with a longer side of at most SIDE pixels, float32."""
    import cv2
    import numpy as np

    height, width = frame.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def grey(frame: "np.ndarray") -> "np.ndarray":
    """Brightness (ITU-R BT.709 weights), float32."""
    import numpy as np

    return frame @ np.array([0.2126, 0.7152, 0.0722], np.float32)


def difference(one: "np.ndarray", other: "np.ndarray") -> float:
    """Mean absolute difference."""
    return float(abs(one - other).mean())


def blocks(picture: "np.ndarray") -> "np.ndarray":
    """Means of blocks of BLOCK x BLOCK pixels."""
    import cv2
    import numpy as np

    height, width = picture.shape[:2]
    size = (max(1, width // BLOCK), max(1, height // BLOCK))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def largest_change(one: "np.ndarray", other: "np.ndarray") -> float:
    """Mean absolute difference in the block that differs most."""
    return float(blocks(abs(one - other).mean(2)).max())


def _taken_back(before: "np.ndarray", this: "np.ndarray", after: "np.ndarray") -> float:
    early, middle, late = (blocks(grey(p)) for p in (before, this, after))
    a, b = middle - early, late - middle
    return float(((abs(a) + abs(b) - abs(a + b)) / 2).mean())
