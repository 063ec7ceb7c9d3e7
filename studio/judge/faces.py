"""Finds faces in pictures with the house detector: a few convolutions, one answer per cell of eight pixels.

The network sees pictures whose longer side is 128 pixels, and twice that for small faces.  Weights: safetensors, see the
model card of the house model.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from studio.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor, nn

CELL = 8
SIDE = 128
LARGEST = 0.3
"""Of the longer side: wider faces are looked for at the first size alone, as they do not fit the network's field at twice it."""


@dataclass(frozen=True)
class Face:
    """A face that was found: left, top, right, bottom in pixels of the picture, and how sure the detector is, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float
    confidence: float

    def overlap(self, other: "Face") -> float:
        """Intersection over union."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        tall = min(self.bottom, other.bottom) - max(self.top, other.top)
        shared = max(wide, 0.0) * max(tall, 0.0)
        return shared / (self.area + other.area - shared) if shared else 0.0

    @property
    def area(self) -> float:
        """Square pixels."""
        return max(self.right - self.left, 0.0) * max(self.bottom - self.top, 0.0)


def make_network() -> "nn.Sequential":
    """The detector with random weights: (n, 3, h, w) from -1 to 1 to (n, 5, h / 8, w / 8).

    Channels: logit of a face centred near the cell, then the logarithms of the distances from the cell's centre to the
    face's left, top, right and bottom, in cells.
    """
    from torch import nn

    def block(before: int, after: int, stride: int = 1, spread: int = 1) -> list["nn.Module"]:
        return [nn.Conv2d(before, after, 3, stride, spread, spread), nn.GroupNorm(8, after), nn.SiLU()]

    layers = [*block(3, 16, 2), *block(16, 32, 2), *block(32, 48), *block(48, 64, 2)]
    layers += [*block(64, 64), *block(64, 64, spread=2), *block(64, 64, spread=3), *block(64, 64)]
    return nn.Sequential(*layers, nn.Conv2d(64, 5, 1))


class FaceFinder:
    """The detector with its weights from a safetensors file."""

    def __init__(self, file: Path) -> None:
        from safetensors.torch import load_file

        self._network = make_network()
        try:
            weights = load_file(file)
            self._network.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
        except Exception as wrong:
            remedy = "Give the house model's faces.safetensors"
            raise ModelError(f"not the weights of a face detector: {wrong}", file=file, remedy=remedy) from wrong
        self._network.eval()

    def find(self, picture: np.ndarray, confidence: float = 0.5) -> list[Face]:
        """The faces in a picture, (h, w, 3) uint8, surest first."""
        small = max(picture.shape[:2]) * LARGEST
        nearer = [face for face in self._at(picture, SIDE * 2, confidence) if face.right - face.left < small]
        return _apart(self._at(picture, SIDE, confidence) + nearer)

    def _at(self, picture: np.ndarray, side: int, confidence: float) -> list[Face]:
        import torch
        from torch.nn import functional

        tall, wide = picture.shape[:2]
        scale = side / max(tall, wide)
        size = [max(CELL * 4, round(length * scale / CELL) * CELL) for length in (tall, wide)]
        x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
        with torch.no_grad():
            out = self._network(functional.interpolate(x, size, mode="bilinear", antialias=True, align_corners=False))
        return [
            Face(left * wide / size[1], top * tall / size[0], right * wide / size[1], bottom * tall / size[0], sure)
            for left, top, right, bottom, sure in boxes_of(out)[0]
            if sure >= confidence
        ]


def boxes_of(out: "Tensor") -> list[list[tuple[float, float, float, float, float]]]:
    """Per picture (left, top, right, bottom, confidence) of every cell above one in twenty, in pixels that the network saw."""
    import torch

    _, _, rows, columns = out.shape
    y, x = torch.meshgrid(torch.arange(rows) + 0.5, torch.arange(columns) + 0.5, indexing="ij")
    reach = out[:, 1:].float().clamp(-4, 4).exp()
    sure = out[:, 0].float().sigmoid()
    edges = torch.stack([x - reach[:, 0], y - reach[:, 1], x + reach[:, 2], y + reach[:, 3]], -1) * CELL
    found: list[list[tuple[float, float, float, float, float]]] = []
    for number in range(len(out)):
        kept = sure[number] > 0.05
        rows_of = torch.cat([edges[number][kept], sure[number][kept][:, None]], 1)
        found.append([(a, b, c, d, e) for a, b, c, d, e in rows_of.tolist()])
    return found


def _apart(faces: list[Face]) -> list[Face]:
    """One of every bunch of boxes that mean the same face, surest first."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda found: -found.confidence):
        if all(face.overlap(other) < 0.4 for other in kept):
            kept.append(face)
    return kept
