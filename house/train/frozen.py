"""The trained UNet and text encoder, as later trainings use them: left as they are."""

from pathlib import Path

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from house.shelf import pipeline
from house.train.diffusion import NOISE, noised, plain_attention
from house.train.text import Tokens


class Frozen:
    """Text states of captions and noise for latents; weights in float32 on a device."""

    def __init__(self, models: Path, device: torch.device) -> None:
        folder = pipeline(models)
        self._device = device
        self._read = Tokens(CLIPTokenizer.from_pretrained(folder / "tokenizer"))
        self.text = CLIPTextModel.from_pretrained(folder / "text_encoder").float().requires_grad_(False).to(device)
        self._noise = DDPMScheduler(**NOISE)  # pyright: ignore[reportArgumentType]
        self.unet = UNet2DConditionModel.from_pretrained(folder / "unet").float().requires_grad_(False).to(device)
        plain_attention(self.unet, device)

    def states(self, captions: list[str]) -> Tensor:
        """(n, tokens, width)."""
        return self.text(self.tokens(captions))[0]

    def tokens(self, captions: list[str]) -> Tensor:
        """(n, tokens) of numbers."""
        return self._read(captions).to(self._device)

    def noised(self, clean: Tensor, steps: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Noisy latents, the velocity to predict, and the steps: random ones unless given."""
        if steps is None:
            steps = torch.randint(0, 1000, (len(clean),), device=self._device)
        return noised(self._noise, clean, steps)
