"""The autoencoder: AutoencoderKL trained on crops first and whole pictures last."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.nn import functional

from house.data import pictures
from house.shelf import pipeline
from house.train.loop import Arrays, Job

SIZE = 128


def pixels(pictures_: np.ndarray, device: torch.device | str = "cpu") -> Tensor:
    """(n, h, w, 3) uint8 as (n, 3, h, w) float32 from -1 to 1."""
    tensor = torch.from_numpy(np.array(pictures_)).to(device)  # a copy: torch wants memory it may write to
    return tensor.permute(0, 3, 1, 2).float().div(127.5).sub(1)


def edges(x: Tensor) -> tuple[Tensor, Tensor]:
    """Differences between neighbours, along x and y."""
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def likeness(made: Tensor, wanted: Tensor) -> Tensor:
    """Absolute, squared and edge differences: squares reach PSNR, edges keep lines sharp."""
    differing = sum((a - b).abs().mean() for a, b in zip(edges(made), edges(wanted), strict=True))
    return (made - wanted).abs().mean() + 4 * functional.mse_loss(made, wanted) + 0.5 * differing


@dataclass
class AutoencoderJob(Job):
    """Trains on count pictures of SIZE; crop is the side of the crops (SIZE: whole pictures)."""

    work: Path
    models: Path
    count: int = 8000
    crop: int = 64
    channels: tuple[int, ...] = (24, 32, 64)
    latent: int = 6

    def prepare(self) -> None:
        """See Job."""
        pictures(self.work, self.count, SIZE)

    def open(self) -> nn.Module:
        """See Job."""
        self.pictures = pictures(self.work, self.count, SIZE)
        blocks = len(self.channels)
        made = AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * blocks,
            up_block_types=("UpDecoderBlock2D",) * blocks,
            block_out_channels=self.channels,
            layers_per_block=1,
            latent_channels=self.latent,
            norm_num_groups=8,
            sample_size=SIZE,
            mid_block_add_attention=False,
            force_upcast=False,
        )
        with torch.no_grad():  # begin almost without noise: at the usual spread of one nothing is learnt for minutes
            made.quant_conv.bias[self.latent :] = -5.0  # pyright: ignore[reportOptionalSubscript, reportOptionalMemberAccess]
        return made

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        """See Job."""
        crops: list[np.ndarray] = []
        for index in dice.integers(0, self.count, batch):
            y, x = dice.integers(0, SIZE - self.crop + 1, 2)
            crop = self.pictures[index, y : y + self.crop, x : x + self.crop]
            crops.append(crop[:, ::-1] if dice.random() < 0.5 else crop)
        wanted = pixels(np.stack(crops), self.device)
        found = module.encode(wanted).latent_dist  # pyright: ignore[reportCallIssue]
        made = module.decode(found.mean + torch.randn_like(found.mean) * found.std).sample.float()  # pyright: ignore[reportCallIssue]
        apart = 0.5 * (found.mean**2 + found.var - 1 - found.logvar).mean()
        return likeness(made, wanted) + 2e-4 * apart

    def save(self, module: nn.Module) -> None:
        """Measure the latents' spread, which diffusers calls scaling_factor, and write the folder in fp16."""
        assert isinstance(module, AutoencoderKL)
        with torch.no_grad():
            sample = pixels(self.pictures[:256], self.device)
            spread = torch.cat([module.encode(piece).latent_dist.mean for piece in sample.split(16)]).std().item()  # pyright: ignore[reportAttributeAccessIssue]
        shipped = AutoencoderKL.from_config(module.config)
        shipped.load_state_dict(module.state_dict())
        shipped.register_to_config(scaling_factor=round(1 / spread, 5))
        shipped.half().save_pretrained(pipeline(self.models) / "vae")
