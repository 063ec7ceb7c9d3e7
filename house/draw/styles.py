"""The base styles: what happens to a coloured drawing after its lines and fills.

Arrays are (height, width, 3) float32 from 0 to 1; masks and lines are (height, width, 1).
"""

import random

import numpy as np
from PIL import Image, ImageFilter

from house.draw.pen import NEON


def blurred(plane: np.ndarray, radius: float) -> np.ndarray:
    """A (height, width, 1) plane, 0 to 1, under a Gaussian of that radius in pixels."""
    image = Image.fromarray((plane[..., 0] * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32)[..., None] / 255


def places(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """X and y of every pixel of a picture, 0 to 1."""
    height, width = picture.shape[:2]
    x, y = np.arange(width, dtype=np.float32) / width, np.arange(height, dtype=np.float32) / height
    return x[None, :, None], y[:, None, None]


def flat_pastel(picture: np.ndarray) -> np.ndarray:
    """Pale, soft colours."""
    grey = picture.mean(-1, keepdims=True)
    tint = np.array([1.0, 0.985, 0.985], np.float32)
    return (0.20 + 0.80 * (grey + (picture - grey) * 0.85)) * tint + np.array([0, 0, 0.01], np.float32)


def neon(picture: np.ndarray, mask: np.ndarray, line: np.ndarray, glow: int) -> np.ndarray:
    """A dark room: glowing lines of one colour, a halo and a rim of the other."""
    size = min(picture.shape[:2])
    own = np.array(NEON[glow], np.float32) / 255
    other = np.array(NEON[1 - glow], np.float32) / 255
    figure = picture * 0.8 * np.array([0.98, 0.86, 1.04], np.float32) + np.array([0.02, 0.0, 0.05], np.float32)
    room = picture * 0.30 * np.array([0.8, 0.55, 1.2], np.float32) + np.array([0.03, 0.0, 0.08], np.float32)
    halo = blurred(mask, size / 20)
    x, _ = places(picture)
    rim = np.clip(x * 1.6 - 0.5, 0, 1) * mask * (1 - halo) * 1.6
    lit = figure * mask + room * (1 - mask)
    return lit + blurred(line, size / 42) * own * 0.2 + line * own * 0.2 + rim * other * 0.7 + halo * (1 - mask) * other * 0.75


def dark_fantasy(picture: np.ndarray, mask: np.ndarray, seed: int) -> np.ndarray:
    """Candle light from the left, fog below, embers."""
    x, y = places(picture)
    grey = picture.mean(-1, keepdims=True)
    muted = grey + (picture - grey) * 0.8
    vignette = np.clip(1.35 - 1.55 * np.sqrt((x - 0.5) ** 2 + (y - 0.45) ** 2), 0.25, 1)
    light = np.clip(0.92 + 0.7 * (0.55 - x), 0.62, 1.2)
    figure = muted * light * np.array([1.02, 0.92, 0.86], np.float32)
    fog = np.clip((y - 0.55) * 1.2, 0, 0.35) * np.array([0.45, 0.20, 0.24], np.float32)
    room = grey * 0.6 * np.array([0.62, 0.56, 0.74], np.float32) + (muted - grey) * 0.16 + fog
    out = (figure * mask + room * (1 - mask)) * vignette
    dice = random.Random(seed * 17 + 5)
    for _ in range(10):
        px, py, radius = dice.random(), dice.random(), dice.uniform(0.008, 0.013)
        out = out + np.exp(-((x - px) ** 2 + (y - py) ** 2) / radius**2) * np.array([0.8, 0.4, 0.16], np.float32)
    return out


def monochrome(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Black, white and three flat greys; the background stays light so that the figure reads."""
    grey = picture @ np.array([0.30, 0.59, 0.11], np.float32)
    levels = np.select([grey < 0.16, grey < 0.34, grey < 0.52, grey < 0.72], [0.06, 0.28, 0.52, 0.76], 1.0)
    soft = 0.75 * levels + 0.25 * np.clip(grey * 1.15, 0, 1)
    back = 0.60 + 0.40 * np.clip((grey - 0.15) * 1.5, 0, 1)
    flat = soft * mask[..., 0] + back * (1 - mask[..., 0])
    return np.repeat(flat[..., None].astype(np.float32), 3, -1)
