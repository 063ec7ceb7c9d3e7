"""The motion adapter: does the figure move, does it stay itself."""

from pathlib import Path

import numpy as np
import torch
from diffusers import AnimateDiffPipeline, MotionAdapter, StableDiffusionPipeline

from house.draw.clips import KINDS, clip_scene
from house.measure.figures import Figure, save_grid, share
from house.measure.sampling import GUIDANCE, STEPS, open_pipeline
from house.shelf import motion
from house.train.autoencoder import SIZE
from house.train.judge import load_judge, shown, verdicts

FRAMES = 16
CLIPS = 10
FIRST = 80_000
KEPT = ("hair colour", "outfit")


def measure_motion(models: Path, report: Path) -> list[Figure]:
    """Ten clips of 16 frames: change between frames and between seeds, per cent of white; identity by the judge."""
    moving = open_moving(open_pipeline(models), models)
    scenes = [_shown_in_colour(FIRST + number * (len(KINDS) + 1)) for number in range(CLIPS)]
    clips = np.stack([paint_clip(moving, scene.caption(), number) for number, scene in enumerate(scenes)])
    other = np.stack([paint_clip(moving, scene.caption(), 100 + number)[0] for number, scene in enumerate(scenes[:3])])
    between_frames = np.abs(np.diff(clips.astype(np.float32), axis=1)).mean()
    between_seeds = np.abs(clips[:3, 0].astype(np.float32) - other).mean()
    save_grid(report / "motion.webp", [frame for clip in clips[:6] for frame in clip[::2]], 8)
    found = verdicts(load_judge(models), clips.reshape(-1, SIZE, SIZE, 3))
    wanted = [shown(scene) for scene in scenes]
    kept = [found[name][i * FRAMES + k] == want[name] for name in KEPT for i, want in enumerate(wanted) for k in range(FRAMES)]
    return [
        Figure("motion: change between frames", 100 * float(between_frames) / 255, "% of white", 0.05),
        Figure("motion: as a share of the change between seeds", float(between_frames / between_seeds), "", 1, at_most=True),
        Figure("motion: hair and outfit kept", share(np.array(kept)), "% of frames", 90),
    ]


def _shown_in_colour(seed: int):
    scene, _ = clip_scene(seed)
    return scene if scene.style != "monochrome" else clip_scene(seed + len(KINDS))[0]


def open_moving(plain: StableDiffusionPipeline, models: Path) -> AnimateDiffPipeline:
    """The same weights with the motion adapter between their layers."""
    adapter = MotionAdapter.from_pretrained(motion(models), dtype=plain.dtype)
    moving = AnimateDiffPipeline(
        vae=plain.vae,
        text_encoder=plain.text_encoder,
        tokenizer=plain.tokenizer,
        unet=plain.unet,
        motion_adapter=adapter,
        scheduler=plain.scheduler,
    )
    moving.set_progress_bar_config(disable=True)
    return moving


def paint_clip(pipeline: AnimateDiffPipeline, prompt: str, seed: int, frames: int = FRAMES, steps: int = STEPS) -> np.ndarray:
    """(frames, size, size, 3) uint8."""
    made = pipeline(
        prompt,
        num_frames=frames,
        height=SIZE,
        width=SIZE,
        num_inference_steps=steps,
        guidance_scale=GUIDANCE,
        generator=torch.Generator().manual_seed(seed),
        output_type="np",
    ).frames  # pyright: ignore[reportAttributeAccessIssue]
    return (np.clip(np.asarray(made)[0], 0, 1) * 255 + 0.5).astype(np.uint8)
