"""Pictures from the shipped weights, through diffusers' own pipelines."""

import importlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from rich.progress import track

from house.shelf import pipeline as house_pipeline

STEPS = 20
GUIDANCE = 3.0
BATCH = 16


def open_pipeline(models: Path) -> StableDiffusionPipeline:
    """The house pipeline in float32 on CPU, in bfloat16 on a GPU."""
    for name in ("diffusers", "transformers"):  # LoRAs of one part alone are warned about, though they are meant so
        importlib.import_module(f"{name}.utils.logging").set_verbosity_error()
    warnings.filterwarnings("ignore", "While injecting the PEFT adapters", RuntimeWarning)
    gpu = torch.cuda.is_available()
    precision = torch.bfloat16 if gpu else torch.float32
    pipeline = StableDiffusionPipeline.from_pretrained(house_pipeline(models), dtype=precision, safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    for part in (pipeline.unet, pipeline.vae):  # a third more pictures a second, on CPUs too
        part.to(memory_format=torch.channels_last)
    return pipeline.to("cuda" if gpu else "cpu")


def generate(pipeline: Any, prompts: Sequence[str], seeds: Sequence[int], told: str = "", **options: Any) -> np.ndarray:
    """One picture per prompt and seed, (n, size, size, 3) uint8; options per picture (image=[...]) are cut into batches."""
    out: list[np.ndarray] = []
    starts = range(0, len(prompts), BATCH)
    for start in track(starts, told, disable=not told):
        piece = slice(start, start + BATCH)
        per_picture = {name: value[piece] if isinstance(value, list) else value for name, value in options.items()}
        made = pipeline(
            list(prompts[piece]),
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            generator=[torch.Generator().manual_seed(seed) for seed in seeds[piece]],
            output_type="np",
            **per_picture,
        ).images
        out.append((np.clip(made, 0, 1) * 255 + 0.5).astype(np.uint8))
    return np.concatenate(out)
