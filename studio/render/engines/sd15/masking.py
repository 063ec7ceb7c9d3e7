"""Inpainting without diffusers' inpaint pipelines: they know UNets of four or nine channels and one picture, no others."""

from dataclasses import dataclass
from typing import Any

NATIVE = (4, 9)
"""Input channels of UNets for which diffusers has pipelines with a mask."""


@dataclass(frozen=True)
class KeepOutside:
    """After each step of an image-to-image pipeline, puts a picture back outside the mask, as noisy as the next step.

    The method is that of diffusers' own pipelines for UNets of four channels: one noise for all steps, none after the last.
    """

    clean: Any
    """Latents of the pictures that stand outside the mask, (batch, channels, h, w)."""
    noise: Any
    """Of the same shape."""
    mask: Any
    """(batch, 1, h, w); 1 is drawn anew."""

    def __call__(self, pipe: Any, number: int, _step: Any, given: dict[str, Any]) -> dict[str, Any]:
        """See callback_on_step_end of diffusers: `number` counts from the pipeline's own first step."""
        steps = pipe.scheduler.timesteps[-pipe.num_timesteps :]
        kept = self.clean
        if number + 1 < len(steps):
            kept = pipe.scheduler.add_noise(self.clean, self.noise, steps[number + 1 : number + 2])
        drawn = given["latents"]
        return {"latents": (kept + self.mask * (drawn - kept)).to(drawn.dtype)}


def keep_outside(vae: Any, pictures: list[Any], masks: list[Any], seeds: list[int], touched: bool = False) -> KeepOutside:
    """Encode RGB `pictures` and shrink L `masks` (white is drawn anew), on the device and in the precision of `vae`.

    touched: every latent under which a mask is not black is drawn anew, so that what runs out in pixels has something to show;
    else those whose middle is white.
    """
    import torch
    from torch.nn.functional import adaptive_max_pool2d, interpolate
    from torchvision.transforms.functional import pil_to_tensor

    pixels = torch.stack([pil_to_tensor(picture) for picture in pictures]).to(vae.device, vae.dtype) / 127.5 - 1
    with torch.no_grad():
        clean = vae.encode(pixels).latent_dist.mode() * vae.config.scaling_factor
    noise = torch.stack([torch.randn(clean.shape[1:], generator=torch.Generator("cpu").manual_seed(seed)) for seed in seeds])
    mask = torch.stack([pil_to_tensor(mask) for mask in masks]).ge(1 if touched else 128).to(clean)
    shrink = adaptive_max_pool2d if touched else interpolate
    return KeepOutside(clean, noise.to(clean), shrink(mask, clean.shape[-2:]))
