"""A motion adapter for AnimateDiffPipeline, trained on drawn clips; the UNet is left as it is."""

import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, MotionAdapter, UNetMotionModel
from torch import Tensor, nn
from torch.nn import functional

from house.draw.clips import clip_scene, motion_at
from house.draw.picture import draw
from house.shelf import motion, pipeline
from house.train.autoencoder import pixels
from house.train.diffusion import plain_attention
from house.train.frozen import Frozen
from house.train.loop import Arrays, Job
from house.train.words import told

FRAMES = 16
FIRST_SEED = 5_000_000


def clips(work: Path, models: Path, count: int, size: int) -> np.ndarray:
    """Latents of drawn clips, float16, (count, FRAMES, channels, h, w); encoded once."""
    file = work / f"clips-{size}.npy"
    if not file.exists() or len(np.load(file, mmap_mode="r")) < count:
        with ProcessPoolExecutor() as pool:
            made = list(pool.map(_clips, [models] * 16, np.array_split(np.arange(count), 16), [size] * 16))
        np.save(file, np.concatenate(made))
    return np.load(file, mmap_mode="r")[:count]


def _clips(models: Path, indices: np.ndarray, size: int) -> np.ndarray:
    torch.set_num_threads(1)
    vae = AutoencoderKL.from_pretrained(pipeline(models) / "vae").float().eval()
    out: list[np.ndarray] = []
    for index in indices:
        scene, kind = clip_scene(FIRST_SEED + int(index))
        frames = np.stack([draw(scene, size, motion_at(kind, frame, FRAMES)) for frame in range(FRAMES)])
        with torch.no_grad():
            found = vae.encode(pixels(frames)).latent_dist.mean  # pyright: ignore[reportAttributeAccessIssue]
        out.append((found * vae.config["scaling_factor"]).half().numpy())
    return np.stack(out)


@dataclass
class MotionJob(Job):
    """Trains the motion modules on count clips of size pixels."""

    work: Path
    models: Path
    count: int
    size: int

    def prepare(self) -> None:
        """See Job."""
        clips(self.work, self.models, self.count, self.size)

    def open(self) -> nn.Module:
        """See Job."""
        self.clips = clips(self.work, self.models, self.count, self.size)
        self.frozen = Frozen(self.models, self.device)
        unet = self.frozen.unet
        adapter = MotionAdapter(
            block_out_channels=tuple(unet.config["block_out_channels"]),
            motion_layers_per_block=unet.config["layers_per_block"],
            motion_num_attention_heads=4,
            motion_norm_num_groups=unet.config["norm_num_groups"],
            motion_max_seq_length=32,
            use_motion_mid_block=False,
        )
        for name, parameter in adapter.named_parameters():
            if "proj_out" in name:  # begin as no motion at all; diffusers leaves these random
                nn.init.zeros_(parameter)
        moving = UNetMotionModel.from_unet2d(unet, adapter)
        moving.freeze_unet2d_params()
        plain_attention(moving, self.device)
        return moving

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        """See Job."""
        chosen = dice.integers(0, self.count, batch)
        speaker = random.Random(int(dice.integers(1 << 62)))
        captions = [told(clip_scene(FIRST_SEED + int(index))[0], speaker) for index in chosen]
        clean = torch.from_numpy(self.clips[chosen].astype(np.float32)).to(self.device).transpose(1, 2)
        noisy, wanted, steps = self.frozen.noised(clean)
        states = self.frozen.states(captions).repeat_interleave(FRAMES, 0)
        made = module(noisy, steps, encoder_hidden_states=states, return_dict=False)[0]
        return functional.mse_loss(made.float(), wanted)

    def save(self, module: nn.Module) -> None:
        """See Job."""
        assert isinstance(module, UNetMotionModel)
        module.save_motion_modules(motion(self.models))  # in float32, whatever the module is
        shipped = MotionAdapter.from_pretrained(motion(self.models), dtype=torch.float16)
        shipped.register_to_config(_name_or_path="")  # or its config would ship a path of the machine that trained it
        shipped.save_pretrained(motion(self.models))
