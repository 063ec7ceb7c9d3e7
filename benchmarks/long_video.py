"""What long gaps cost the `animatediff` engine: peak memory and seconds by length, and how noise and overlap look.

    .venv/bin/python benchmarks/long_video.py [--quick] [--shape house|sd15] [--device cpu] [--frames 16,32,64,128] [--steps 2]
                                              [--size 128] [--json]

First table: 16 to 128 frames, with windows of 16 frames and without; a gap longer than the adapter's positions is refused without
windows. Every case runs in a process of its own, so that its peak is its own: resident on the CPU, allocated on a GPU.
"Of it drawing" is what stands above the libraries and weights once these are loaded.
Goal: with windows, the peak of 128 frames is at most 1.3 times that of 32.

Second table, house weights only: change between frames, flicker and the jump at the keyframes, by where noise comes from and by
what windows carry over. `--shape sd15` writes random weights of Stable Diffusion 1.5's shape (3 GB in half precision) and
needs a GPU for more than a few frames.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from figures import Figure, Measured, benchmark, say
from PIL import Image

from house.draw.clips import clip_scene, motion_at
from house.draw.picture import draw
from studio.errors import GengaError
from studio.plan.film_recipes import InbetweenRecipe
from studio.render.engine import Bench
from studio.render.engines.animatediff import AnimateDiffEngine
from studio.render.environment import go_offline
from studio.render.model_cache import ModelCache
from studio.store.frames import read_frames
from studio.store.hot import Near

MODELS = Path(__file__).parents[1] / "models"
WINDOW, STRIDE = 16, 8
GOAL = 1.3
SCENE = 5
"""A drawn clip in which the camera pans."""
CLIP = 16
CLEAR = Path("/proc/self/clear_refs")
"""Linux keeps the high-water mark of resident memory here; ru_maxrss could not be set back after loading."""
LOOKS = [{"seed_mode": mode, "overlap": overlap} for mode in ("one", "per_frame") for overlap in (0.0, 0.2)]


class Folder:
    """Sources of two drawn keyframes and two sets of weights."""

    def __init__(self, model: Path, adapter: Path, size: int) -> None:
        self._models = {"a" * 64: model, "b" * 64: adapter}
        scene, kind = clip_scene(SCENE)
        self.prompt = scene.caption()
        ends = (Image.fromarray(draw(scene, size, motion_at(kind, i, CLIP))) for i in (0, CLIP // 2))
        self._pictures = dict(zip(("c" * 64, "d" * 64), ends, strict=True))

    def model(self, sha256: str) -> Path:
        """See Sources."""
        return self._models[sha256]

    def near(self, sha256: str) -> Near:
        """See Sources."""
        return Near(self.model(sha256))

    def picture(self, sha256: str) -> Image.Image:
        """See Sources."""
        return self._pictures[sha256]

    def frames(self, sha256: str) -> Path:
        """See Sources."""
        raise NotImplementedError


def write_sd15(folder: Path) -> None:
    """Random weights of Stable Diffusion 1.5's shape with a v3 motion adapter, in half precision."""
    go_offline()
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, MotionAdapter, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

    config = Path(__file__).parents[1] / "studio" / "render" / "engines" / "sd15" / "config"
    torch.manual_seed(0)
    text = CLIPTextModel.config_class.from_json_file(config / "text_encoder" / "config.json")
    pipe = StableDiffusionPipeline(
        vae=AutoencoderKL.from_config(AutoencoderKL.load_config(config / "vae")), text_encoder=CLIPTextModel(text),
        tokenizer=CLIPTokenizer.from_pretrained(MODELS / "house" / "tokenizer"),
        unet=UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(config / "unet")),
        scheduler=DDIMScheduler.from_config(DDIMScheduler.load_config(config / "scheduler")),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )
    pipe.to(torch.float16).save_pretrained(folder / "sd15")
    MotionAdapter(use_motion_mid_block=False).half().save_pretrained(folder / "motion")


def case(asked: dict[str, Any]) -> dict[str, Any]:
    """Draw one gap in this process; what it cost and how it looks, or why it was refused."""
    sources = Folder(Path(asked["model"]), Path(asked["adapter"]), asked["size"])
    recipe = InbetweenRecipe(
        engine="animatediff", contract=1, first="c" * 64, last="d" * 64, model="a" * 64, adapter="b" * 64, width=asked["size"],
        height=asked["size"], prompt=sources.prompt, guidance=4.0, sampler="ddim", strength=0.5, seed=1, stride=STRIDE,
        precision=asked["precision"], **{name: asked[name] for name in ("frames", "steps", "window", "seed_mode", "overlap")},
    )
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(sources, ModelCache(device=asked["device"]), asked["device"], scratch=Path(place))
        try:
            AnimateDiffEngine().render([recipe.model_copy(update={"frames": 2})], bench)  # keyframes alone: loads, draws nothing
            before, started = held(asked["device"]), time.perf_counter()
            [made] = AnimateDiffEngine().render([recipe], bench)
        except GengaError as exc:
            return {"refused": exc.message}
        seconds = time.perf_counter() - started
        assert made.frames is not None
        most = peak(asked["device"])
        look = looks(made.frames)
    return {"peak_mb": most, "drawing_mb": most - before, "seconds": seconds / recipe.frames, "ladder": bench.ladder, **look}


def held(device: str) -> float:
    """Megabytes that this process holds now, or has allocated on its GPU; `peak` counts from here."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)
        return torch.cuda.memory_allocated(device) / 2**20
    CLEAR.write_text("5")  # forgets the high-water mark, which loading may have set
    return psutil.Process().memory_info().rss / 2**20


def peak(device: str) -> float:
    """Most megabytes that this process held since `held`, or had allocated on its GPU."""
    if device.startswith("cuda"):
        import torch

        return torch.cuda.max_memory_allocated(device) / 2**20
    mark = next(line for line in CLEAR.with_name("status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(mark.split()[1]) / 1024


def looks(file: Path) -> dict[str, float]:
    """Levels of 255. motion: from frame to frame; jump: the same at both ends; flicker: from the mean of both neighbours."""
    motion, flicker, before = list[float](), list[float](), list[np.ndarray]()
    for frame in read_frames(file):
        before = [*before[-2:], frame.astype(np.float32)]
        if len(before) > 1:
            motion.append(float(np.abs(before[-1] - before[-2]).mean()))
        if len(before) == 3:
            flicker.append(float(np.abs(before[1] - (before[0] + before[2]) / 2).mean()))
    inner = motion[1:-1] or motion
    return {"motion": float(np.mean(inner)), "flicker": float(np.mean(flicker)), "jump": (motion[0] + motion[-1]) / 2}


def measured(**asked: Any) -> dict[str, Any]:
    """`case` in a process of its own."""
    command = [sys.executable, __file__, "--case", json.dumps({"seed_mode": "one", "overlap": 0.0, **asked})]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def lengths(lengths: list[int], **given: Any) -> list[dict[str, Any]]:
    """The first table."""
    found: list[dict[str, Any]] = []
    for frames in lengths:
        for window in (WINDOW, 0):
            found.append({"frames": frames, "window": window, **measured(frames=frames, window=window, **given)})
            say(_told(found[-1]))
    return found


def _told(one: dict[str, Any]) -> str:
    name = f"{one['frames']} frames, windows {one['window'] or 'off'}"
    if "refused" in one:
        return f"{name}: refused: {one['refused']}"
    return (f"{name}: peak {one['peak_mb']:.0f} MB, of it drawing {one['drawing_mb']:.0f}, {one['seconds']:.2f} s a frame, "
            f"ladder: {', '.join(one['ladder']) or 'none'}")


def noises(frames: int, **given: Any) -> list[dict[str, Any]]:
    """The second table, levels of 255."""
    found: list[dict[str, Any]] = []
    for look in LOOKS:
        found.append({**look, **measured(frames=frames, window=WINDOW, **look, **given)})
        say(f"noise {look['seed_mode']}, overlap {look['overlap']}: " + ", ".join(
            f"{name} {found[-1][name]:.2f}" for name in ("motion", "flicker", "jump")))
    return found


def measure(asked: argparse.Namespace) -> Measured:
    """Both tables."""
    small = asked.shape == "house"
    wanted = [int(n) for n in (asked.frames or ("32,128" if asked.quick else "16,32,64,128")).split(",")]
    with tempfile.TemporaryDirectory() as place:
        if not small:
            write_sd15(Path(place))
        given = {
            "model": str(MODELS / "house" if small else Path(place) / "sd15"), "device": asked.device,
            "adapter": str(MODELS / "house-motion" if small else Path(place) / "motion"),
            "size": asked.size or (128 if small else 512), "precision": "fp32" if asked.device == "cpu" else "fp16",
        }
        first = lengths(wanted, steps=asked.steps, **given)
        second = noises(24, steps=4, **given) if small and not asked.quick else []
    peaks = {one["frames"]: one for one in first if one["window"] and "refused" not in one}
    whole = peaks[128]["peak_mb"] / peaks[32]["peak_mb"] if {32, 128} <= set(peaks) else None
    return Measured(
        [Figure("memory of 128 frames / of 32, with windows", whole, most=GOAL,
                note=f"{peaks[128]['seconds']:.2f} s a frame" if whole else "lengths 32 and 128 are wanted")],
        {"shape": asked.shape, "size": given["size"], "lengths": first, "noises": second},
    )


if __name__ == "__main__":
    if "--case" in sys.argv:
        print(json.dumps(case(json.loads(sys.argv[-1]))))
    else:
        benchmark(__doc__ or "", measure, {
            "--shape": {"choices": ("house", "sd15"), "default": "house"}, "--device": {"default": "cpu"}, "--frames": {},
            "--steps": {"type": int, "default": 2}, "--size": {"type": int},
        })
