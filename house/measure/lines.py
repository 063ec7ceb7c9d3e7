"""The ControlNet: does the picture follow the line map, and only the lines.

Drawings of one kind of figure share lines wherever they stand, and edges lie beside a line as well as on it, so a raw
agreement starts far above 0 and ends far below 1. What counts is agreement above chance, which is that with the maps of other
scenes; the drawings from which the maps were made show how far up it goes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from diffusers import ControlNetModel, StableDiffusionControlNetPipeline
from PIL import Image

from house.draw.picture import draw, line_art
from house.draw.scene import FACINGS, FRAMINGS, HAIR, HAIRSTYLES, LENGTHS, POSES, STYLES, Scene, sample
from house.measure.figures import Figure, save_grid, share
from house.measure.painter import agreement
from house.measure.sampling import generate, open_pipeline
from house.shelf import control
from house.train.autoencoder import SIZE
from house.train.judge import load_judge

MAPS = 24
FIRST = 60_000
COMPOSITION = {*FRAMINGS, *FACINGS, *POSES, *LENGTHS, *HAIRSTYLES}
"""Tags that say where lines are."""
LEAST = 0.02
"""Agreement above chance that counts as none at all: the standard error of MAPS pictures."""


def edge_agreement(pictures: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Correlation of each picture's edges with its map, both a little blurred; 1 is the same, 0 is nothing in common."""
    scores: list[float] = []
    for picture, drawn in zip(pictures, maps, strict=True):
        grey = picture.astype(np.float32).mean(-1)
        edge = np.abs(np.gradient(grey)[0]) + np.abs(np.gradient(grey)[1])
        scores.append(float(np.corrcoef(_soft(edge).ravel(), _soft(drawn.astype(np.float32)).ravel())[0, 1]))
    return np.array(scores)


def _soft(plane: np.ndarray) -> np.ndarray:
    return sum(np.roll(plane, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)) / 9  # pyright: ignore[reportReturnType]


def above_chance(pictures: np.ndarray, maps: np.ndarray) -> float:
    """Mean edge agreement with the own map less that with the maps of other scenes."""
    chance = [edge_agreement(pictures, np.roll(maps, turn, 0)).mean() for turn in range(1, min(6, len(maps)))]
    return float(edge_agreement(pictures, maps).mean() - np.mean(chance))


def uncomposed(scene: Scene) -> str:
    """The caption without what says where lines are: that is left to the map."""
    return ", ".join(tag for tag in scene.tags() if tag not in COMPOSITION)


def measure_control(models: Path, report: Path) -> list[Figure]:
    """Agreement with the map with and without control; then the same maps with hair of another colour."""
    scenes = [sample(FIRST + number, count=1, style=STYLES[number % 3]) for number in range(MAPS)]
    maps = np.stack([line_art(scene, SIZE) for scene in scenes])
    images = [Image.fromarray(np.repeat(drawn[..., None], 3, -1)) for drawn in maps]
    colours = list(HAIR)
    recoloured = [scene.with_people(hair=colours[(colours.index(scene.people[0].hair) + 3) % 8]) for scene in scenes]
    plain, led = _pipelines(models)
    told, brief = [scene.caption() for scene in scenes], [uncomposed(scene) for scene in scenes]
    free, held = generate(plain, told, range(MAPS)), generate(led, told, range(MAPS), image=images)
    free_brief, held_brief = generate(plain, brief, range(MAPS)), generate(led, brief, range(MAPS), image=images)
    other = generate(led, [scene.caption() for scene in recoloured], range(MAPS), image=images)
    _save(report, images, held, other, free)
    drawn, with_map = (above_chance(each, maps) for each in (np.stack([draw(scene, SIZE) for scene in scenes]), held))
    return [
        Figure("line art: agreement of edges above chance, drawings themselves", drawn),
        Figure("line art: above chance, with the map", with_map),
        Figure("line art: with / without, pose and framing not in the prompt", _times(held_brief, free_brief, maps), "x", 3),
        Figure("line art: with / without, pose and framing in the prompt", _times(held, free, maps), "x"),
        Figure("line art, other hair: above chance", above_chance(other, maps), "", with_map * 0.9),
        Figure("line art, other hair: colour obeyed", _obeyed(models, recoloured, other), "%", 75),
    ]


def _pipelines(models: Path) -> tuple[Any, Any]:
    """Without the ControlNet and with it."""
    plain = open_pipeline(models)
    led_by = ControlNetModel.from_pretrained(control(models), dtype=plain.dtype)
    led = StableDiffusionControlNetPipeline(**plain.components, controlnet=led_by, requires_safety_checker=False)
    led.set_progress_bar_config(disable=True)
    return plain, led


def _times(held: np.ndarray, free: np.ndarray, maps: np.ndarray) -> float:
    return above_chance(held, maps) / max(above_chance(free, maps), LEAST)


def _obeyed(models: Path, scenes: list[Scene], pictures: np.ndarray) -> float:
    return share(agreement(load_judge(models), scenes, pictures)["hair colour"])


def _save(report: Path, images: Sequence[Image.Image], *columns: np.ndarray) -> None:
    rows = zip([np.asarray(image) for image in images], *columns, strict=True)
    save_grid(report / "control.webp", [picture for row in rows for picture in row][:48], 8)
