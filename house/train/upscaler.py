"""The x4 upscaler: SRVGGNetCompact, trained on drawn pairs, half of them blurred by the autoencoder as generated pictures are."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file
from spandrel.architectures.Compact.__arch.SRVGG import SRVGGNetCompact
from torch import Tensor, nn

from house.data import pictures
from house.shelf import pipeline, upscaler
from house.train.autoencoder import SIZE, edges, pixels
from house.train.loop import Arrays, Job

SCALE = 4
CROP = 32


def shrunk(large: np.ndarray) -> np.ndarray:
    """(n, 4h, 4w, 3) uint8 to (n, h, w, 3), each pixel the mean of sixteen."""
    n, tall, wide, _ = large.shape
    small = large.reshape(n, tall // SCALE, SCALE, wide // SCALE, SCALE, 3).mean((2, 4))
    return (small + 0.5).astype(np.uint8)


def through(vae: AutoencoderKL, drawn: np.ndarray) -> np.ndarray:
    """The pictures encoded and decoded again, uint8."""
    out: list[np.ndarray] = []
    with torch.no_grad():
        for start in range(0, len(drawn), 16):
            made = vae.decode(vae.encode(pixels(drawn[start : start + 16])).latent_dist.mean).sample  # pyright: ignore[reportAttributeAccessIssue]
            out.append(((made.clamp(-1, 1) + 1) * 127.5 + 0.5).permute(0, 2, 3, 1).numpy().astype(np.uint8))
    return np.concatenate(out)


@dataclass
class UpscalerJob(Job):
    """Trains on count pictures of 512 pixels."""

    work: Path
    models: Path
    count: int = 1000

    def prepare(self) -> None:
        """See Job."""
        self._pairs()

    def open(self) -> nn.Module:
        """See Job."""
        self.large, self.small = self._pairs()
        return SRVGGNetCompact(num_in_ch=3, num_out_ch=3, num_feat=32, num_conv=12, upscale=SCALE, act_type="prelu")

    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Large pictures, and the same small: clean in the first row, through the autoencoder in the second."""
        large = pictures(self.work, self.count, SIZE * SCALE)
        file = self.work / "shrunk.npy"
        if not file.exists():
            small = np.concatenate([shrunk(large[i : i + 50]) for i in range(0, self.count, 50)])
            vae = AutoencoderKL.from_pretrained(pipeline(self.models) / "vae").float().eval()
            np.save(file, np.stack([small, through(vae, small)]))
        return large, np.load(file)

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        """See Job."""
        seen: list[np.ndarray] = []
        wanted: list[np.ndarray] = []
        for index in dice.integers(0, self.count, batch):
            y, x = (int(place) for place in dice.integers(0, SIZE - CROP + 1, 2))
            small = self.small[int(dice.random() < 0.5), index, y : y + CROP, x : x + CROP]
            large = self.large[index, y * SCALE : (y + CROP) * SCALE, x * SCALE : (x + CROP) * SCALE]
            flip = slice(None, None, -1 if dice.random() < 0.5 else 1)
            seen.append(small[:, flip])
            wanted.append(large[:, flip])
        goal = (pixels(np.stack(wanted), self.device) + 1) / 2
        made = module((pixels(np.stack(seen), self.device) + 1) / 2).float()
        differing = sum((a - b).abs().mean() for a, b in zip(edges(made), edges(goal), strict=True))
        return (made - goal).abs().mean() + 4 * ((made - goal) ** 2).mean() + 0.5 * differing

    def save(self, module: nn.Module) -> None:
        """See Job."""
        weights = {name: tensor.half().contiguous() for name, tensor in module.state_dict().items()}
        save_file(weights, upscaler(self.models))
