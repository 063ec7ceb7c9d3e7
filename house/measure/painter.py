"""Autoencoder, judge, obedience, variety: whether pictures are sharp and show what was asked for."""

from pathlib import Path

import numpy as np
from diffusers import AutoencoderKL

from house.data import held_out
from house.draw.scene import BACKGROUNDS, HAIR, STYLES, Scene, sample
from house.measure.figures import Figure, psnr, save_grid, share
from house.measure.sampling import generate, open_pipeline
from house.shelf import pipeline
from house.train.autoencoder import SIZE
from house.train.judge import ATTRIBUTES, NOT_SHOWN, Judge, load_judge, shown, verdicts
from house.train.upscaler import through

PROMPTS = 400
FIRST_PROMPT = 40_000
"""Seeds of prompts lie in the held-out range: no training saw these scenes."""


def prompt_scenes(count: int = PROMPTS) -> list[Scene]:
    """The scenes whose captions are the prompts: styles, backgrounds and hair colours in turn, everything else by seed."""
    scenes: list[Scene] = []
    for number in range(count):
        fixed = {"style": STYLES[number % 5], "background": BACKGROUNDS[number % 9], "hair": list(HAIR)[number % 8]}
        scenes.append(sample(FIRST_PROMPT + number, **fixed, count=2 if number % 7 == 3 else 1))
    return scenes


def measure_autoencoder(models: Path, report: Path) -> list[Figure]:
    """PSNR of 200 held-out drawings after a round trip; the grid shows originals above what came back."""
    vae = AutoencoderKL.from_pretrained(pipeline(models) / "vae").float().eval()
    _, drawn = held_out(200, SIZE)
    back = through(vae, drawn)
    save_grid(report / "autoencoder.webp", [*drawn[:10], *back[:10]], 10)
    return [Figure("autoencoder: PSNR of held-out drawings", psnr(back, drawn), "dB", 27)]


def measure_judge(models: Path) -> list[Figure]:
    """The judge's accuracy on 1,000 held-out drawings, per attribute."""
    scenes, drawn = held_out(1000, SIZE)
    return [
        Figure(f"judge on held-out drawings: {name}", share(hits), "%", 97)
        for name, hits in agreement(load_judge(models), scenes, drawn).items()
    ]


def agreement(judge: Judge, scenes: list[Scene], pictures: np.ndarray) -> dict[str, list[bool]]:
    """Per attribute, whether the judge sees in each picture what its scene says; what cannot be seen is left out."""
    found, wanted = verdicts(judge, pictures), [shown(scene) for scene in scenes]
    pairs = {name: [(seen, want[name]) for seen, want in zip(found[name], wanted, strict=True)] for name in ATTRIBUTES}
    return {name: [bool(seen == want) for seen, want in each if want != NOT_SHOWN] for name, each in pairs.items()}


def measure_obedience(models: Path, report: Path) -> tuple[list[Figure], list[Scene], np.ndarray]:
    """What the judge sees in pictures of 400 held-out prompts; the scenes and pictures come too, for whoever scores them."""
    scenes = prompt_scenes()
    made = generate(open_pipeline(models), [scene.caption() for scene in scenes], range(PROMPTS), "drawing 400 prompts")
    hits = agreement(load_judge(models), scenes, made)
    figures = [Figure("obedience: all attributes", share([hit for each in hits.values() for hit in each]), "%", 90)]
    figures += [Figure(f"obedience: {name}", share(each), "%", 75) for name, each in hits.items()]
    save_grid(report / "prompts.webp", list(made[:40]), 8, [scene.caption() for scene in scenes[:40]])
    return figures, scenes, made


def measure_variety(models: Path, report: Path) -> list[Figure]:
    """Mean difference of four seeds of one prompt, per cent of white, beside that of two drawings of the same words."""
    scenes = [scene for scene in prompt_scenes(40) if len(scene.people) == 1][:8]
    prompts = [scene.caption() for scene in scenes for _ in range(4)]
    made = generate(open_pipeline(models), prompts, [seed for _ in scenes for seed in range(4)])
    groups = made.reshape(len(scenes), 4, SIZE, SIZE, 3).astype(np.float32)
    apart = min(np.abs(group[i] - group[k]).mean() for group in groups for i in range(4) for k in range(i))
    save_grid(report / "seeds.webp", list(made), 8, prompts)
    return [Figure("four seeds of a prompt: least difference of two", 100 * float(apart) / 255, "% of white", 2)]
