"""What the LoRAs teach: two looks that are no base style, and one character with a name."""

from dataclasses import replace

import numpy as np

from house.draw.canvas import Size
from house.draw.picture import draw, figure_mask
from house.draw.scene import Scene, sample

LOOKS = ("screentone manga", "woodblock print")
"""The trigger tags of the style LoRAs."""

CHARACTER = "hinako"
"""The trigger tag of the character LoRA."""
HINAKO = {
    "gender": "1girl",
    "hair": "pink",
    "length": "medium hair",
    "hairstyle": "loose",
    "eyes": "green",
    "outfit": "kimono",
    "cloth": "purple",
    "bangs": "straight",
    "accessory": "hair ribbon",
    "skin": 0,
}
"""How she always looks."""

_PAPER = [(40, 46, 92), (176, 70, 62), (214, 160, 96), (246, 234, 206)]  # indigo, vermilion, ochre, paper


def look_scene(seed: int) -> Scene:
    """A scene to redraw in a look."""
    return sample(seed, style="cel shading")


def character_scene(seed: int) -> Scene:
    """The character somewhere, in colours: black and white would hide what is to be learnt."""
    scene = sample(seed, count=1, **HINAKO)
    return replace(scene, style="cel shading") if scene.style == "monochrome" else scene


def draw_look(scene: Scene, look: str, size: Size = 128) -> np.ndarray:
    """A scene in one of LOOKS, (height, width, 3) uint8."""
    picture = draw(scene, size).astype(np.float32) / 255
    if look == "screentone manga":
        made = _screentone(picture, figure_mask(scene, size)[..., None].astype(np.float32) / 255)
    elif look == "woodblock print":
        made = _woodblock(picture)
    else:
        raise ValueError(f"no look is called {look!r}; there are {', '.join(LOOKS)}")
    return (np.clip(made, 0, 1) * 255 + 0.5).astype(np.uint8)


def _screentone(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Ink, paper and dots on a screen of 45 degrees for what lies between."""
    grey = picture @ np.array([0.30, 0.59, 0.11], np.float32)
    grey = np.where(mask[..., 0] > 0.5, grey, 0.45 + 0.55 * grey)
    rows, columns = np.indices(picture.shape[:2]) / min(picture.shape[:2])
    u, v = (columns + rows) * 20 * np.pi, (columns - rows) * 20 * np.pi
    screen = np.cos(u) * np.cos(v) * 0.5 + 0.5
    ink = np.clip((0.74 - grey) / 0.5, 0, 0.9)
    dots = np.clip(0.5 + (screen - ink) * 3, 0, 1)
    tone = np.where(grey < 0.2, 0.05, np.where(grey > 0.72, 1.0, dots))
    return np.repeat(tone[..., None].astype(np.float32), 3, -1)


def _woodblock(picture: np.ndarray) -> np.ndarray:
    """Four inks over paper: brightness chooses the ink, a trace of the drawn colour stays."""
    grey = np.clip(picture @ np.array([0.30, 0.59, 0.11], np.float32), 0, 1)
    inks = np.array(_PAPER, np.float32) / 255
    at = grey * (len(inks) - 1)
    low = np.clip(at.astype(int), 0, len(inks) - 2)
    share = np.clip((at - low)[..., None] * 1.6 - 0.3, 0, 1)
    printed = inks[low] * (1 - share) + inks[low + 1] * share
    return printed * 0.82 + picture * 0.18
