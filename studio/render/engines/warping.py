"""Warping: the pictures between two pictures, by optical flow. Pure functions on (height, width, 3) uint8 RGB arrays."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Field = NDArray[np.float32]

SIDE = 384
"""Motion is looked for in pictures of at least as many pixels as a square of this side: the lines of smaller ones are thinner
than the patches that the flow compares. Of 128 .. 768, measured on drawn clips, this found turns and pans best."""
STRANGERS = 0.35
"""Mean trust under which two pictures have nothing in common. Drawn neighbours have 0.6 and more, unrelated ones 0.3 and less."""
DOUBT = 0.02
"""Least weight of a pixel, so that some source decides where neither is trusted."""


def interpolate(first: np.ndarray, last: np.ndarray, share: float) -> np.ndarray:
    """The picture at `share` (0..1) of the way from `first` to `last`; the two themselves, to the byte, at 0 and 1."""
    return Between(first, last).at(share)


class Between:
    """Two pictures of one size and the motion between them, found once for any number of pictures in between.

    A pixel in between follows the motion that passes through it, and shows the picture that can see it: one that the
    way there and back does not confirm was covered. Where neither confirms, the pictures fade into each other; so they
    do altogether when they have nothing in common.
    """

    def __init__(self, first: np.ndarray, last: np.ndarray) -> None:
        if first.shape != last.shape:
            raise ValueError(f"two pictures of one size are needed, not {first.shape} and {last.shape}")
        self.first, self.last = first, last
        with one_thread():
            self._there, self._back = flow(first, last), flow(last, first)
            self._sure_first = trust(self._there, self._back, first, last)
            self._sure_last = trust(self._back, self._there, last, first)
        self.alike = float(self._sure_first.mean() + self._sure_last.mean()) / 2
        """0..1: the share of both pictures that was found in the other."""

    def at(self, share: float) -> np.ndarray:
        """The picture at `share` of the way, 0..1, (height, width, 3) uint8."""
        if share <= 0:
            return self.first
        if share >= 1:
            return self.last
        faded = fade(self.first, self.last, share)
        if self.alike < STRANGERS:
            return to_bytes(faded)
        with one_thread():
            motion, reached = self._motion(share)
            to_first, to_last = -share * motion, (1 - share) * motion
            # cubic reading overshoots, and a negative weight would burn holes
            seen_first, seen_last = np.clip([warp(self._sure_first, to_first), warp(self._sure_last, to_last)], 0, 1)
            early, late = (1 - share) * (seen_first + DOUBT), share * (seen_last + DOUBT)
            moved = warp(self.first, to_first) * early[..., None] + warp(self.last, to_last) * late[..., None]
            moved /= (early + late)[..., None]
        known = (np.clip(reached, 0, 1) * np.clip(seen_first + seen_last, 0, 1))[..., None]
        return to_bytes(moved * known + faded * (1 - known))

    def _motion(self, share: float) -> "tuple[Field, Field]":
        """The way from first to last of what passes each pixel at `share`, and how surely (0: nothing is known to pass)."""
        early, sure_early = splat(self._there, self._there * share, self._sure_first)
        late, sure_late = splat(-self._back, self._back * (1 - share), self._sure_last)
        total = sure_early + sure_late
        return ((early + late) / np.maximum(total, 1e-6)[..., None]).astype(np.float32), total.astype(np.float32)


@contextmanager
def one_thread() -> Generator[None]:
    """OpenCV on one thread meanwhile: with several, sums may come out in another order."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def fade(first: np.ndarray, last: np.ndarray, share: float) -> "Field":
    """A cross-fade, float32."""
    return (first.astype(np.float32) * (1 - share) + last.astype(np.float32) * share).astype(np.float32)


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Rounded and clipped to uint8."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def flow(first: np.ndarray, last: np.ndarray) -> "Field":
    """Where each pixel of `first` is in `last`: (height, width, 2) float32 of x and y displacements in pixels (DIS)."""
    import cv2

    height, width = first.shape[:2]
    scale = max(1.0, SIDE / (height * width) ** 0.5)
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    grey = [cv2.resize(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_CUBIC) for p in (first, last)]
    method: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = method.calc(grey[0], grey[1], None)
    small = cv2.resize(found, (width, height), interpolation=cv2.INTER_AREA)
    return (small * np.array([width / size[0], height / size[1]])).astype(np.float32)


def warp(picture: np.ndarray, moved: "Field") -> "Field":
    """`picture` read at each pixel's place plus `moved` (height, width, 2), float32."""
    import cv2

    height, width = picture.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    x, y = x + moved[..., 0], y + moved[..., 1]
    read = cv2.remap(picture.astype(np.float32), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(read, dtype=np.float32)


def splat(values: "Field", moved: "Field", weights: "Field") -> "tuple[Field, Field]":
    """`values` (height, width, n) carried forward by `moved`, each onto its four nearest pixels: weighted sums, weights."""
    height, width, channels = values.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x + moved[..., 0], y + moved[..., 1]
    left, top = np.floor(x), np.floor(y)
    sums, total = np.zeros((channels, height * width)), np.zeros(height * width)
    for dx in (0, 1):
        for dy in (0, 1):
            column, row = left + dx, top + dy
            share = (1 - np.abs(x - column)) * (1 - np.abs(y - row)) * weights
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            place = (row * width + column)[inside].astype(np.int64)
            total += np.bincount(place, share[inside], height * width)
            for c in range(channels):
                sums[c] += np.bincount(place, (share * values[..., c])[inside], height * width)
    return (sums.T.reshape(height, width, channels).astype(np.float32), total.reshape(height, width).astype(np.float32))


def trust(there: "Field", back: "Field", here: np.ndarray, far: np.ndarray) -> "Field":
    """0..1 per pixel of `here`: whether the way there and back again ends where it began, at the same colour.

    The test is that of Sundaram, Brox and Keutzer (2010), |there + back|^2 < a (|there|^2 + |back|^2) + b, made soft; its
    constants are measured on drawn clips, whose flat colours let the flow slide along lines without harm.
    """
    returned = warp(back, there)
    astray = np.square(there + returned).sum(2)
    length = np.square(there).sum(2) + np.square(returned).sum(2)
    room = here.shape[0] * here.shape[1] / 4096  # two pixels of a picture 128 wide, squared
    colour = np.abs(here.astype(np.float32) - warp(far, there)).mean(2)
    return np.exp(-astray / (0.05 * length + room) - np.square(colour / 60)).astype(np.float32)
