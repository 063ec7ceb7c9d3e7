"""The final texture pass of a page: halftone, black and white, paper grain. Seeded by the recipe, so it never wavers."""

import math

import numpy as np
from PIL import Image

from studio.plan.presets import Texture

GRAIN = 0.1
"""Standard deviation of full grain, as a fraction of full brightness."""


def texture_art(art: Image.Image, texture: Texture, dpi: int, seed: int) -> Image.Image:
    """`art` (RGB) as printed: the same size; the same bytes for the same seed."""
    if not (texture.mono or texture.halftone or texture.grain):
        return art
    pixels = np.asarray(art, dtype=np.float32) / 255
    if texture.mono:
        pixels = np.repeat((pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32))[..., None], 3, axis=2)
    if texture.halftone:
        pixels += (_halftone(pixels, texture, dpi) - pixels) * texture.halftone
    if texture.grain:
        noise = np.random.default_rng(seed).standard_normal(pixels.shape[:2], dtype=np.float32)
        pixels += (noise * texture.grain * GRAIN)[..., None]
    return Image.fromarray((pixels.clip(0, 1) * 255 + 0.5).astype(np.uint8), "RGB")


def _halftone(pixels: np.ndarray, texture: Texture, dpi: int) -> np.ndarray:
    """Round dots on a turned grid whose size follows the shade; ink and paper stay what they are.

    The dots' edges are one pixel soft, so that the screen does not beat against the pixel grid.
    """
    height, width = pixels.shape[:2]
    pitch = dpi / texture.halftone_lpi
    angle = math.radians(texture.halftone_angle)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u = (x * math.cos(angle) + y * math.sin(angle)) * (2 * math.pi / pitch)
    v = (y * math.cos(angle) - x * math.sin(angle)) * (2 * math.pi / pitch)
    screen = (2 - np.cos(u) - np.cos(v)) / 4  # 0 in a dot's middle, 1 between four dots
    soft = min(0.5, 1.2 / pitch)
    dots = ((screen[..., None] - (1 - pixels)) / soft + 0.5).clip(0, 1)
    # near white and near black a screen prints nothing but dirt
    shade = pixels.mean(axis=2, keepdims=True)
    middle = ((shade - 0.04) / 0.06).clip(0, 1) * ((0.97 - shade) / 0.06).clip(0, 1)
    return pixels + (dots - pixels) * middle
