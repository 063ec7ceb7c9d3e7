"""A bare diffusers loop over recipes: what somebody would write who wants these pictures and nothing else. No benchmark itself.

    .venv/bin/python benchmarks/bare_loop.py MODEL RECIPES.jsonl FOLDER

Knows nothing of genga: loads the model once, draws batch after batch of the recipes' batch size, writes a PNG each.
"""

import json
import os
import sys
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
os.environ.setdefault("GOMP_SPINCOUNT", "2000")  # as genga sets it, so that a busy machine slows both alike


def main(model: str, recipes: Path, folder: Path) -> None:
    """Draw all."""
    import torch
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline
    from diffusers.utils import logging

    logging.disable_progress_bar()
    wanted = [json.loads(line) for line in recipes.read_text().splitlines()]
    load = StableDiffusionPipeline.from_pretrained if Path(model).is_dir() else StableDiffusionPipeline.from_single_file
    pipe = load(model, dtype=torch.float32, local_files_only=True, safety_checker=None, feature_extractor=None,
                requires_safety_checker=False)
    pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    pipe.set_progress_bar_config(disable=True)
    pipe.to("cuda" if torch.cuda.is_available() else "cpu")
    size = wanted[0]["batch_size"]
    for start in range(0, len(wanted), size):
        batch = wanted[start : start + size]
        pictures = pipe(
            [r["prompt"] for r in batch], negative_prompt=[r["negative"] for r in batch], num_inference_steps=batch[0]["steps"],
            guidance_scale=batch[0]["guidance"], width=batch[0]["width"], height=batch[0]["height"],
            generator=[torch.Generator("cpu").manual_seed(r["seed"]) for r in batch],
        ).images
        for recipe, picture in zip(batch, pictures, strict=True):
            picture.save(folder / f"{recipe['seed']}.png")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
