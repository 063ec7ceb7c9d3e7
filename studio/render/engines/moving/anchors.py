"""Anchors: frames that are known, put back after each step as noisy as the others, so that the rest grows towards them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

REACH = 4
"""Frames from a keyframe to the first one that its nearness does not hold any more."""


@dataclass(frozen=True)
class Anchors:
    """Frames of one window that are known, wholly or in part."""

    places: list[int]
    """Which frames they are."""
    holds: Any
    """How much of each is known, 0..1, (places, 1, 1, 1)."""
    states: list[Any]
    """After each step: their latents, (places, channels, h, w), with the noise that is left then; none after the last."""

    def put_back(self, latents: Any, step: int) -> Any:
        """`latents` (frames, channels, h, w) after step number `step`, with the known frames in their places."""
        if self.places:
            latents[self.places] += self.holds * (self.states[step] - latents[self.places])
        return latents


def holds(frames: int) -> list[float]:
    """How much of a draft's frames is held: all of the keyframes at both ends, less of their neighbours, nothing further in.

    A draft is surest beside a keyframe, and that is where a drawing that left it would be seen as a jump.
    """
    return [max(0.0, 1 - min(i, frames - 1 - i) / REACH) for i in range(frames)]


def make_anchors(held: Sequence[float], clean: Any, noise: Any, scheduler: Any, timesteps: Any) -> Anchors:
    """Anchors that hold each frame as much as `held` says, of clean latents and their noise (frames, channels, h, w).

    All states are made before the first of `timesteps`: nothing inside the loop waits for the device.
    """
    import torch

    places = [i for i, hold in enumerate(held) if hold > 0]
    known, theirs = clean[places], noise[places]
    states = [scheduler.add_noise(known, theirs, timesteps[i : i + 1].expand(len(places))) for i in range(1, len(timesteps))]
    shares = torch.tensor([held[i] for i in places], device=clean.device)[:, None, None, None]
    return Anchors(places, shares, [*states, known])
