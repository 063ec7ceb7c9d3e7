"""A ControlNet that follows line art: white lines on black."""

import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import ControlNetModel
from torch import Tensor, nn
from torch.nn import functional

from house.data import scene_of
from house.draw.picture import line_art
from house.shelf import control
from house.train.autoencoder import SIZE
from house.train.diffusion import plain_attention
from house.train.frozen import Frozen
from house.train.latents import latents
from house.train.loop import Arrays, Job
from house.train.words import told


def line_maps(work: Path, count: int) -> np.ndarray:
    """Line art of the first count training pictures, (count, SIZE, SIZE) uint8; drawn once."""
    file = work / f"lines-{SIZE}.npy"
    if not file.exists() or len(np.load(file, mmap_mode="r")) < count:
        with ProcessPoolExecutor() as pool:
            drawn = list(pool.map(_lines, range(count), chunksize=64))
        np.save(file, np.stack(drawn))
    return np.load(file, mmap_mode="r")[:count]


def _lines(index: int) -> np.ndarray:
    return line_art(scene_of(index), SIZE)


@dataclass
class ControlJob(Job):
    """Trains a ControlNet on count pictures; the UNet is left as it is."""

    work: Path
    models: Path
    count: int

    def prepare(self) -> None:
        """See Job."""
        latents(self.work, self.models, self.count)
        line_maps(self.work, self.count)

    def open(self) -> nn.Module:
        """See Job."""
        self.latents = latents(self.work, self.models, self.count)
        self.lines = line_maps(self.work, self.count)
        self.scenes = [scene_of(index) for index in range(self.count)]
        self.frozen = Frozen(self.models, self.device)
        # one stride of two per step of the embedding: two of them for four pixels per latent
        made = ControlNetModel.from_unet(self.frozen.unet, conditioning_embedding_out_channels=(16, 32, 64))
        plain_attention(made, self.device)
        return made

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        """See Job; noise is more often strong than weak, for that is when composition is decided."""
        chosen = dice.integers(0, self.count, batch)
        speaker = random.Random(int(dice.integers(1 << 62)))
        captions = [told(self.scenes[index], speaker) for index in chosen]
        clean = torch.from_numpy(self.latents[chosen].astype(np.float32)).to(self.device)
        lines = torch.from_numpy(self.lines[chosen]).to(self.device).float().div(255)[:, None].repeat(1, 3, 1, 1)
        steps = torch.maximum(*torch.randint(0, 1000, (2, batch), device=self.device))
        noisy, wanted, steps = self.frozen.noised(clean, steps)
        states = self.frozen.states(captions)
        down, middle = module(noisy, steps, encoder_hidden_states=states, controlnet_cond=lines, return_dict=False)
        made = self.frozen.unet(
            noisy,
            steps,
            encoder_hidden_states=states,
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
            return_dict=False,
        )[0]
        return functional.mse_loss(made.float(), wanted)

    def save(self, module: nn.Module) -> None:
        """See Job."""
        assert isinstance(module, ControlNetModel)
        shipped = ControlNetModel.from_config(module.config)
        shipped.load_state_dict(module.state_dict())
        shipped.half().save_pretrained(control(self.models))
