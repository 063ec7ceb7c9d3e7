"""Windows: how a long gap is denoised in stretches that a motion adapter knows. Pure functions on frame numbers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def stretches(frames: int, window: int, stride: int) -> list[tuple[int, int]]:
    """(start, end) of windows over `frames`: all `window` long, the last one earlier than a stride where it must be."""
    if frames <= window:
        return [(0, frames)]
    return [(start, start + window) for start in (*range(0, frames - window, stride), frames - window)]


def step_within(window: int, asked: int, stride: int) -> int:
    """The stride of a window of `window` frames that keeps the share of an `asked` one with `stride`; at least 1."""
    return max(1, stride * window // asked)


def carried(frames: int, window: int, overlap: float) -> Iterator[tuple[int, int, int]]:
    """(start, end, known) of windows one after another: the first `known` frames of each were drawn by the one before.

    overlap: share of a window, above 0; at least one frame is carried and at least one is drawn.
    """
    kept = min(max(1, round(window * overlap)), window - 1)
    end = 0
    for start, stop in stretches(frames, window, window - kept):
        yield start, stop, max(0, end - start)
        end = stop


def pyramid(length: int) -> list[float]:
    """Weights of a window's frames, 1 at its ends and rising to the middle (FreeNoise, arXiv 2310.15169, equation 9)."""
    return [float(min(i + 1, length - i)) for i in range(length)]


def rearranged(frames: int, window: int, stride: int, dice: "torch.Generator") -> list[int]:
    """For each frame the frame whose noise it has: beyond the first window, noise from before in shuffled order.

    FreeNoise's local shuffling: far windows see the same noise in another order, so that they agree about the picture.
    """
    import torch

    order = list(range(min(frames, window)))
    while len(order) < frames:
        start = len(order) - window
        for i in torch.randperm(min(stride, frames - len(order)), generator=dice).tolist():
            order.append(order[start + i])
    return order
