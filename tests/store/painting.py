"""Makers of pictures for stores."""

import io

import numpy as np
from PIL import Image


def noise(mode: str = "RGB", size: tuple[int, int] = (64, 48), seed: int = 0) -> Image.Image:
    """Pixels by chance, the same for the same seed."""
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (size[1], size[0], 4), dtype=np.uint8), "RGBA").convert(mode)


def gradient() -> Image.Image:
    """Colours that run smoothly."""
    y, x = np.mgrid[0:96, 0:96]
    return Image.fromarray(np.stack([x * 2, y * 2, (x + y) // 2], axis=-1).astype(np.uint8))


def opened(data: bytes) -> Image.Image:
    """Encoded, then decoded."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture
