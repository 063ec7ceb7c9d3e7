"""genga and a ComfyUI server side by side: same weights, prompts, seeds, sampler, steps and size, in turns.

    .venv/bin/python benchmarks/random_weights.py WEIGHTS     # once; its file belongs into ComfyUI's models/checkpoints
    python main.py --port 8188                                # in ComfyUI's folder
    .venv/bin/python benchmarks/against_comfyui.py --weights WEIGHTS [--url http://127.0.0.1:8188] [--side 512] [--steps 20]

Works with any server that speaks ComfyUI's HTTP API; it is given a workflow of CheckpointLoaderSimple, CLIPTextEncode,
EmptyLatentImage, KSampler, VAEDecode and SaveImage per picture, all at once, and each picture is fetched. genga draws the same
as the panels of an episode, through its queue (`--farm ray`), everything kept and reported. Both have drawn before the clock
starts, so that weights are loaded; while one draws the other is idle. Goal: at least 1.5 times as many pictures a second.

Where no server answers, nothing is measured, and it is said how one is started.
"""

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from comfyui import ComfyUI, workflow
from figures import Figure, Measured, benchmark, interleaved, ratio, say
from PIL import Image
from random_weights import NAME, write

from shows import apply, recipes_of, served, warm, write_show
from studio.errors import OrchestrationError
from studio.plan.recipes import ImageRecipe
from studio.render.environment import best_device

GOAL = 1.5
URL = "http://127.0.0.1:8188"
WARM = "warm"
WHAT = "pictures a second: genga / ComfyUI"


def draw(server: ComfyUI, recipes: Sequence[ImageRecipe], checkpoint: str) -> float:
    """Pictures a second of the server, from handing in the first to holding the last. Raises OrchestrationError."""
    started = time.perf_counter()
    prompts = [server.submit(workflow(recipe, checkpoint)) for recipe in recipes]
    for recipe, prompt in zip(recipes, prompts, strict=True):
        [file] = server.wait(prompt)
        size = Image.open(io.BytesIO(server.fetch(file))).size
        if size != (recipe.width, recipe.height):
            raise OrchestrationError(f"the picture is {size}, {recipe.width} x {recipe.height} was asked for", file=server.url,
                                     remedy="Let the server's nodes be the ordinary ones")
    return len(recipes) / (time.perf_counter() - started)


def measure(asked: argparse.Namespace) -> Measured:
    """Both in turns; nothing where no server answers."""
    server = ComfyUI(asked.url)
    try:
        known = server.checkpoints()
    except OrchestrationError as exc:
        say(str(exc))
        return Measured([Figure(WHAT, None, least=GOAL, note=f"no ComfyUI answers at {asked.url}")], {"why": str(exc)})
    checkpoint = asked.checkpoint or f"{NAME}.safetensors"
    if checkpoint not in known:
        raise SystemExit(f"--checkpoint: the server has no '{checkpoint}'. It has: {', '.join(known) or 'none'}")
    return _side_by_side(server, checkpoint, asked)


def _side_by_side(server: ComfyUI, checkpoint: str, asked: argparse.Namespace) -> Measured:
    gpu = best_device() != "cpu"  # two cores take a quarter of an hour for the small size, and a day for the large one
    asked.side, asked.steps = asked.side or (512 if gpu else 256), asked.steps or (20 if gpu else 8)
    count, rounds = asked.panels or (16 if gpu and not asked.quick else 4), 1 if asked.quick else 3
    episodes = {f"e{number}": count for number in range(rounds)}
    with tempfile.TemporaryDirectory() as place:
        _, single = write(asked.weights or Path(place) / "weights", asked.tiny)
        preset = {"native": asked.side, "max_side": asked.side, "steps": asked.steps, "sampler": "euler",
                  "batch_size": asked.batch}
        folder = write_show(Path(place) / "show", {**episodes, WARM: asked.batch}, preset,
                            {"file": single.name, "architecture": "sd15"})
        _link(single, folder / "models")
        with served(folder, [*episodes, WARM], ray=True) as services:
            warm(folder, services, WARM)
            draw(server, recipes_of(folder, WARM)[:1], checkpoint)
            left = {"genga": list(episodes), "ComfyUI": list(episodes)}

            def ours() -> float:
                started = time.perf_counter()
                apply(folder, services, left["genga"].pop(0))
                return count / (time.perf_counter() - started)

            def theirs() -> float:
                return draw(server, recipes_of(folder, left["ComfyUI"].pop(0)), checkpoint)

            speeds = interleaved({"genga": ours, "ComfyUI": theirs}, rounds, "pictures/s")
    told = (f"{statistics.median(speeds['genga']):.3g} and {statistics.median(speeds['ComfyUI']):.3g}; {count} pictures of "
            f"{asked.side} px, {asked.steps} steps, batches of {asked.batch}")
    return Measured([Figure(WHAT, ratio(speeds["genga"], speeds["ComfyUI"]), least=GOAL, note=told)], {"per_second": speeds})


def _link(single: Path, folder: Path) -> None:
    """The weights in the show's models folder, with the file of their shape where they have one."""
    (folder / single.name).symlink_to(single.resolve())
    config = single.with_suffix(".config")
    if config.is_dir():
        (folder / config.name).symlink_to(config.resolve())


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {
        "--url": {"default": URL}, "--weights": {"type": Path, "help": "folder of random_weights.py; written anew if left out"},
        "--checkpoint": {"help": "the weights as the server lists them"}, "--panels": {"type": int},
        "--side": {"type": int, "help": "pixels; 512, or 256 without a GPU"},
        "--steps": {"type": int, "help": "20, or 8 without a GPU"}, "--batch": {"type": int, "default": 4},
        "--tiny": {"action": "store_true", "help": "tiny weights, for trials with a server that stands in for ComfyUI"},
    })
