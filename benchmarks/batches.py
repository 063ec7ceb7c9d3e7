"""How many pictures a second a device draws by the preset's batch size: 1, 2, 4, 8.

    .venv/bin/python benchmarks/batches.py [--quick] [--side 128] [--steps 20] [--json]

House weights, already loaded; each size draws as many pictures, the sizes in turns. Pictures go through the farm in this process:
no queue, no store. No goal: it says which batch size a preset should have on this machine.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from figures import Figure, Measured, benchmark, interleaved, ratio, say

from shows import recipes_of, write_show
from studio.plan.recipes import ImageRecipe
from studio.production.opening import open_production
from studio.render.engine import Sources
from studio.render.farm import InProcessFarm

SIZES = (1, 2, 4, 8)


def draw(farm: InProcessFarm, recipes: list[ImageRecipe], sources: Sources) -> float:
    """Pictures a second. Raises what kept one from being drawn."""
    started = time.perf_counter()
    for result in farm.render(recipes, sources):
        if result.error:
            raise result.error
    return len(recipes) / (time.perf_counter() - started)


def measure(asked: argparse.Namespace) -> Measured:
    """Rounds over the sizes."""
    count, rounds = (8, 2) if asked.quick else (24, 5)
    with tempfile.TemporaryDirectory() as place:
        preset = {"native": asked.side, "max_side": asked.side, "steps": asked.steps}
        folder = write_show(Path(place) / "show", {"01": count}, preset)
        recipes, sources, farm = recipes_of(folder), open_production(folder).sources, InProcessFarm()
        sized = {size: [r.model_copy(update={"batch_size": size}) for r in recipes] for size in SIZES}
        for size in SIZES:  # loads, and lets each shape of tensor be seen once
            draw(farm, sized[size][:size], sources)
        say(f"{count} pictures of {asked.side} pixels per size and round")
        speeds = interleaved({str(size): lambda size=size: draw(farm, sized[size], sources) for size in SIZES}, rounds, "/s")
    told = ", ".join(f"{statistics.median(speeds[str(size)]):.2f}" for size in SIZES)
    gains = {size: ratio(speeds[str(size)], speeds["1"]) for size in SIZES[1:]}
    figures = [Figure(f"batches of {size} / one at a time, pictures a second", gain,
                      note=f"{statistics.median(speeds[str(size)]):.2f}/s") for size, gain in gains.items()]
    return Measured(figures, {"pictures": count, "side": asked.side, "steps": asked.steps, "per_second": speeds, "medians": told})


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {"--side": {"type": int, "default": 128}, "--steps": {"type": int, "default": 20}})
