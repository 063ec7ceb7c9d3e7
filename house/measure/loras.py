"""The LoRAs: does the character keep her look, do the looks take hold."""

from pathlib import Path

import numpy as np

from house.draw.looks import CHARACTER, LOOKS, character_scene, draw_look, look_scene
from house.draw.scene import STYLES
from house.measure.figures import Figure, save_grid, share
from house.measure.painter import agreement
from house.measure.sampling import generate, open_pipeline
from house.shelf import lora
from house.train.autoencoder import SIZE
from house.train.judge import load_judge
from house.train.lora import FIXED_TAGS

FIRST = 90_000
PROMPTS = 20
HELD = ("hair colour", "hair length", "eye colour", "outfit")


def measure_character(models: Path, report: Path) -> list[Figure]:
    """20 prompts that name the character and nothing of her look: hair, eyes and clothes by the judge."""
    scenes = [character_scene(FIRST + number) for number in range(PROMPTS)]
    prompts = [", ".join([CHARACTER, *(tag for tag in scene.tags() if tag not in FIXED_TAGS)]) for scene in scenes]
    pipeline = open_pipeline(models)
    without = generate(pipeline, prompts, range(PROMPTS))
    pipeline.load_lora_weights(lora(models, CHARACTER))
    made = generate(pipeline, prompts, range(PROMPTS))
    save_grid(report / "character.webp", list(made), 10, prompts)
    judge = load_judge(models)
    kept, free = agreement(judge, scenes, made), agreement(judge, scenes, without)
    return [
        Figure("character LoRA: look held", share([hit for name in HELD for hit in kept[name]]), "%", 95),
        Figure("the same prompts without it", share([hit for name in HELD for hit in free[name]]), "%"),
    ]


def measure_looks(models: Path, report: Path) -> list[Figure]:
    """Per look: how much nearer generated pictures come to the look's drawings, in the spread of their colours."""
    figures: list[Figure] = []
    for look in LOOKS:
        scenes = [look_scene(FIRST + number) for number in range(12)]
        drawn = np.stack([draw_look(scene, look, SIZE) for scene in scenes])
        prompts = [", ".join([*(tag for tag in scene.tags() if tag not in STYLES), look]) for scene in scenes]
        pipeline = open_pipeline(models)
        without = generate(pipeline, prompts, range(12))
        pipeline.load_lora_weights(lora(models, look))
        made = generate(pipeline, prompts, range(12))
        save_grid(report / f"{look.replace(' ', '-')}.webp", [*made, *drawn], 12)
        nearer = _apart(without, drawn) / max(_apart(made, drawn), 1e-6)
        figures.append(Figure(f"look {look}: distance of colours without / with", nearer, "x", 2))
    return figures


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    """Total variation distance of the two sets' colour histograms, eight steps per channel."""
    found = [np.histogramdd(each.reshape(-1, 3), bins=(8, 8, 8), range=[(0, 256)] * 3)[0] for each in (one, other)]
    return float(np.abs(found[0] / found[0].sum() - found[1] / found[1].sum()).sum() / 2)
