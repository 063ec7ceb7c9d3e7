"""Autoencoder, judge, obedience, control: whether pictures are sharp and show what was asked for."""

from pathlib import Path

import numpy as np
from diffusers import AutoencoderKL, ControlNetModel, StableDiffusionControlNetPipeline
from PIL import Image

from house.data import held_out
from house.draw.picture import line_art
from house.draw.scene import BACKGROUNDS, HAIR, STYLES, Scene, sample
from house.measure.figures import Figure, psnr, save_grid, share
from house.measure.sampling import generate, open_pipeline
from house.shelf import control, pipeline
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


def edge_agreement(pictures: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Correlation of each picture's edges with its map, both a little blurred; 1 is the same lines, 0 is chance."""
    scores: list[float] = []
    for picture, drawn in zip(pictures, maps, strict=True):
        grey = picture.astype(np.float32).mean(-1)
        edge = np.abs(np.gradient(grey)[0]) + np.abs(np.gradient(grey)[1])
        scores.append(float(np.corrcoef(_soft(edge).ravel(), _soft(drawn.astype(np.float32)).ravel())[0, 1]))
    return np.array(scores)


def _soft(plane: np.ndarray) -> np.ndarray:
    return sum(np.roll(plane, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)) / 9  # pyright: ignore[reportReturnType]


def measure_control(models: Path, report: Path) -> list[Figure]:
    """32 line maps of scenes: edge agreement with and without control; then the same map with hair of another colour."""
    scenes = [sample(60_000 + number, count=1, style=STYLES[number % 3]) for number in range(32)]
    maps = np.stack([line_art(scene, SIZE) for scene in scenes])
    images = [Image.fromarray(np.repeat(drawn[..., None], 3, -1)) for drawn in maps]
    colours = list(HAIR)
    recoloured = [scene.with_people(hair=colours[(colours.index(scene.people[0].hair) + 3) % 8]) for scene in scenes]
    plain = open_pipeline(models)
    led_by = ControlNetModel.from_pretrained(control(models), torch_dtype=plain.dtype)
    led = StableDiffusionControlNetPipeline(**plain.components, controlnet=led_by, requires_safety_checker=False)
    led.set_progress_bar_config(disable=True)
    free = generate(plain, [scene.caption() for scene in scenes], range(32))
    held = generate(led, [scene.caption() for scene in scenes], range(32), image=images)
    other = generate(led, [scene.caption() for scene in recoloured], range(32), image=images)
    rows = zip([np.asarray(image) for image in images], held, other, free, strict=True)
    save_grid(report / "control.webp", [picture for row in rows for picture in row][:48], 8)
    with_map, without = edge_agreement(held, maps).mean(), edge_agreement(free, maps).mean()
    judge = load_judge(models)
    return [
        Figure("line art: edge agreement with the map", float(with_map)),
        Figure("line art: edge agreement without", float(without)),
        Figure("line art: with / without", float(with_map / max(without, 1e-3)), "x", 3),
        Figure("line art, other hair: edge agreement", float(edge_agreement(other, maps).mean()), "", float(with_map) * 0.9),
        Figure("line art, other hair: colour obeyed", share(agreement(judge, recoloured, other)["hair colour"]), "%", 75),
    ]


