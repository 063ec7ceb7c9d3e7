"""The UNet and its text encoder, trained together on the latents of drawn pictures: v-prediction, empty captions for guidance."""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
    UNetMotionModel,
)
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from house.data import scene_of
from house.draw.canvas import Size
from house.draw.picture import face_boxes
from house.draw.scene import Scene
from house.shelf import pipeline
from house.train.autoencoder import SIZE
from house.train.critic import Critic
from house.train.latents import latents
from house.train.loop import Arrays, Job
from house.train.text import WIDTH, Tokens, load_text_tower, make_text_encoder
from house.train.words import told

NOISE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,  # night scenes stay dark: without it the mean brightness leaks through the noise
    "timestep_spacing": "trailing",
    "steps_offset": 1,  # diffusers warns of any other value
}
FACE = 5.0
"""How much an error in a face counts, beside 1 elsewhere: readers look there, and it is a twentieth of the picture."""


CRITICISM = 0.05
"""How much what the critic says counts beside the squared error."""


class Painter(nn.Module):
    """UNet and text encoder as one trainable module."""

    def __init__(self, unet: UNet2DConditionModel, text_encoder: CLIPTextModel) -> None:
        super().__init__()
        self.unet = unet
        self.text_encoder = text_encoder

    def forward(self, noisy: Tensor, steps: Tensor, tokens: Tensor) -> Tensor:
        """The predicted velocity, (n, latent channels, h, w)."""
        states = self.text_encoder(tokens)[0]
        return self.unet(noisy, steps, encoder_hidden_states=states, return_dict=False)[0]


def make_unet(latent: int, side: int, channels: tuple[int, ...]) -> UNet2DConditionModel:
    """A UNet for latents of (latent, side, side) with random weights; only its first level has no attention."""
    deep = len(channels) - 1
    return UNet2DConditionModel(
        sample_size=side,
        in_channels=latent,
        out_channels=latent,
        layers_per_block=1,
        block_out_channels=channels,
        down_block_types=("DownBlock2D", *["CrossAttnDownBlock2D"] * deep),
        up_block_types=(*["CrossAttnUpBlock2D"] * deep, "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,  # diffusers reads this as the number of heads
        norm_num_groups=16,
    )


def plain_attention(
    module: UNet2DConditionModel | UNetMotionModel | ControlNetModel | CLIPTextModel, device: torch.device
) -> None:
    """On CPU, where heads this narrow train half again as fast without fused attention."""
    if device.type == "cpu":
        if isinstance(module, CLIPTextModel):
            module.set_attn_implementation("eager")
        else:
            module.set_attn_processor(AttnProcessor())


@dataclass
class DiffusionJob(Job):
    """Trains a Painter on pictures of the sizes that sizes names, with their shares: count of the most frequent size, and
    of the others accordingly.  A batch has one size.

    Half the native size costs less than half and teaches what words mean; the native sizes then teach detail.  For that,
    detail takes the less noisy of two random steps (eyes and mouths are decided late, compositions early), and asks the
    critic what the predicted picture shows.
    """

    work: Path
    models: Path
    count: int
    sizes: dict[Size, float]
    channels: tuple[int, ...] = (64, 96, 128, 192)
    detail: bool = False

    def prepare(self) -> None:
        """See Job."""
        self._latents()

    def open(self) -> nn.Module:
        """See Job."""
        self.latents = self._latents()
        self.shares = np.array(list(self.sizes.values())) / sum(self.sizes.values())
        self.scenes: dict[int, Scene] = {}
        tokenizer = CLIPTokenizer.from_pretrained(pipeline(self.models) / "tokenizer")
        self.tokens = Tokens(tokenizer)
        if self.detail:
            self.critic = Critic(self.work, self.device)
        self.noise = DDPMScheduler(**NOISE)  # pyright: ignore[reportArgumentType]
        vae = AutoencoderKL.load_config(pipeline(self.models) / "vae")
        side = SIZE >> (len(vae["block_out_channels"]) - 1)
        painter = Painter(make_unet(vae["latent_channels"], side, self.channels), make_text_encoder(tokenizer))
        load_text_tower(painter.text_encoder, self.models)
        plain_attention(painter.unet, self.device)
        plain_attention(painter.text_encoder, self.device)
        return painter

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        """See Job."""
        number = dice.choice(len(self.latents), p=self.shares)
        of_size, size = self.latents[number], list(self.sizes)[number]
        chosen = dice.integers(0, len(of_size), batch)
        speaker = random.Random(int(dice.integers(1 << 62)))
        scenes = [self._scene(int(index)) for index in chosen]
        captions = [told(scene, speaker) for scene in scenes]
        clean = torch.from_numpy(of_size[chosen].astype(np.float32)).to(self.device)
        steps = torch.randint(0, 1000, (1 + self.detail, batch), device=self.device).amin(0)
        noisy, wanted, steps = noised(self.noise, clean, steps)
        made = module(noisy, steps, self.tokens(captions).to(self.device))
        care = face_weights(scenes, size, clean.shape[-2:]).to(self.device)
        error = (care * (made.float() - wanted) ** 2).sum() / (care.sum() * clean.shape[1])
        return error + CRITICISM * self._criticism(made.float(), noisy, steps, scenes, captions) if self.detail else error

    def _criticism(self, made: Tensor, noisy: Tensor, steps: Tensor, scenes: list[Scene], captions: list[str]) -> Tensor:
        """What the critic says of the pictures predicted; the noisier, the less it counts, for then they are a blur."""
        signal = self.noise.alphas_cumprod.to(self.device)[steps]
        root = signal[:, None, None, None]
        return (signal * self.critic(root.sqrt() * noisy - (1 - root).sqrt() * made, scenes, captions)).mean()

    def _latents(self) -> list[np.ndarray]:
        most = max(self.sizes.values())
        return [latents(self.work, self.models, int(self.count * share / most), size) for size, share in self.sizes.items()]

    def _scene(self, index: int) -> Scene:
        if index not in self.scenes:
            self.scenes[index] = scene_of(index)
        return self.scenes[index]

    def save(self, module: nn.Module) -> None:
        """See Job."""
        assert isinstance(module, Painter)
        save_pipeline(module, pipeline(self.models))


def face_weights(scenes: list[Scene], size: Size, shape: tuple[int, ...]) -> Tensor:
    """(n, 1, h, w) for latents of shape (h, w): FACE where a face of the picture of that size lies, 1 elsewhere."""
    weights = torch.ones(len(scenes), 1, *shape)
    scale = shape[1] / (size if isinstance(size, int) else size[0])
    for weight, scene in zip(weights, scenes, strict=True):
        for box in face_boxes(scene, size):
            left, top, right, bottom = (round(edge * scale) for edge in box)
            weight[:, max(top, 0) : bottom + 1, max(left, 0) : right + 1] = FACE
    return weights


def noised(schedule: DDPMScheduler, clean: Tensor, steps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Noisy latents, the velocity to predict, and the steps."""
    noise = torch.randn_like(clean)
    noisy = schedule.add_noise(clean, noise, steps)  # pyright: ignore[reportArgumentType]
    return noisy, schedule.get_velocity(clean, noise, steps), steps  # pyright: ignore[reportArgumentType]


def save_pipeline(painter: Painter, out: Path) -> None:
    """Write model_index.json, scheduler, unet and text_encoder in fp16 beside the vae and tokenizer that are in out."""
    unet = UNet2DConditionModel.from_config(painter.unet.config)
    unet.load_state_dict(painter.unet.state_dict())
    text_encoder = CLIPTextModel(painter.text_encoder.config)
    text_encoder.load_state_dict(painter.text_encoder.state_dict())
    vae = AutoencoderKL.from_pretrained(out / "vae", dtype=torch.float16)
    vae.register_to_config(_name_or_path="")  # or its config would ship a path of the machine that trained it
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder.half(),  # pyright: ignore[reportArgumentType]
        tokenizer=CLIPTokenizer.from_pretrained(out / "tokenizer"),
        unet=unet.half(),
        scheduler=DPMSolverMultistepScheduler(**NOISE, algorithm_type="dpmsolver++"),  # pyright: ignore[reportArgumentType]
        safety_checker=None,  # pyright: ignore[reportArgumentType]
        feature_extractor=None,  # pyright: ignore[reportArgumentType]
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(out, safe_serialization=True)
