"""What it costs that recipes of several models come mixed: 200 recipes over 5 models shuffled, against the same sorted by model.

    .venv/bin/python benchmarks/switches.py [--quick] [--recipes 200] [--json]

Five models of the house's size, each a little other in every weight; the farm has room for one of them at a time, so that each
change of model is paid. The lists are handed to the farm whole, in turns, each time with nothing loaded. Goal: shuffled takes at
most 1.1 times as long as sorted. For comparison the same recipes one batch of four after the other in the shuffled order, as a
loop without a plan would draw them.
"""

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path

from figures import Figure, Measured, benchmark, interleaved, ratio, say

from shows import recipes_of, write_show
from studio.plan.recipes import ImageRecipe
from studio.production.opening import open_production
from studio.record import sha256
from studio.render.farm import InProcessFarm
from studio.render.model_cache import ModelCache
from studio.render.sources import ShowSources

HOUSE = Path(__file__).parents[1] / "models" / "house"
MODELS, GOAL = 5, 1.1
SMALL = {"native": 64, "max_side": 64, "steps": 4}
"""So that a change of weights is dear beside a picture."""


def write_models(folder: Path) -> dict[str, Path]:
    """Five sets of weights of the house's shape -> sha256 of each, as far as this benchmark is concerned."""
    from safetensors.torch import load_file, save_file

    made: dict[str, Path] = {}
    for number in range(MODELS):
        copy = folder / f"model{number}"
        shutil.copytree(HOUSE, copy)
        unet = copy / "unet" / "diffusion_pytorch_model.safetensors"
        save_file({name: value * (1 + number / 1000) for name, value in load_file(unet).items()}, unet)
        made[sha256(f"model {number}".encode())] = copy
    return made


class Models(ShowSources):
    """Sources that know these models."""

    def __init__(self, known: ShowSources, made: dict[str, Path]) -> None:
        self._known, self._made = known, made

    def model(self, sha256: str) -> Path:
        """See Sources."""
        return self._made.get(sha256) or self._known.model(sha256)


def draw(lists: list[list[ImageRecipe]], sources: Models, room: int) -> tuple[float, int]:
    """Seconds, and how often weights were loaded, with nothing loaded at first."""
    cache = ModelCache(budget_bytes=room)
    farm, started = InProcessFarm(cache), time.perf_counter()
    for recipes in lists:
        for result in farm.render(recipes, sources):
            if result.error:
                raise result.error
    return time.perf_counter() - started, cache.stats.misses


def measure(asked: argparse.Namespace) -> Measured:
    """Rounds of the three orders."""
    count, rounds = asked.recipes or (40 if asked.quick else 200), 2 if asked.quick else 5
    with tempfile.TemporaryDirectory() as place:
        made = write_models(Path(place))
        folder = write_show(Path(place) / "show", {"01": count}, SMALL)
        production = open_production(folder)
        assert isinstance(production.sources, ShowSources)
        sources, names = Models(production.sources, made), list(made)
        by_model = [r.model_copy(update={"model": names[i * MODELS // count]}) for i, r in enumerate(recipes_of(folder))]
        mixed = random.Random(1).sample(by_model, count)
        room = int(sum(f.stat().st_size for f in HOUSE.rglob("*.safetensors")) * 2 * 1.5)  # stored in halves, held in fp32
        ways = {"sorted": [by_model], "shuffled": [mixed], "unplanned": [mixed[i : i + 4] for i in range(0, count, 4)]}
        draw([by_model[:4]], sources, room)  # imports
        loads: dict[str, int] = {}

        def timed(way: str) -> float:
            seconds, loads[way] = draw(ways[way], sources, room)
            return seconds

        say(f"{count} recipes over {MODELS} models, {rounds} rounds")
        times = interleaved({way: lambda way=way: timed(way) for way in ways}, rounds)
    told = f"{count} recipes; weights loaded {loads['shuffled']} times, {loads['sorted']} when sorted"
    return Measured(
        [
            Figure(f"shuffled / sorted over {MODELS} models", ratio(times["shuffled"], times["sorted"]), most=GOAL, note=told),
            Figure("batch after batch as they come / sorted", ratio(times["unplanned"], times["sorted"]),
                   note=f"weights loaded {loads['unplanned']} times"),
        ],
        {"recipes": count, "seconds": times, "loads": loads},
    )


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {"--recipes": {"type": int}})
