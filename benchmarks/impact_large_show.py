"""How long `genga impact` takes on a show of 10,000 panels, all made, when asked about what all of them hold; and its memory.

    .venv/bin/python benchmarks/impact_large_show.py [--quick] [--panels 10000] [--json]

The show is that of benchmarks/plan_large_show.py. The real command runs in a process of its own, three times for each thing that
is asked about: the model that draws every panel, the preset of every panel, one panel's picture, and the character in every panel
(only the storyboards know who is in a panel, so these are read as well). Goal: 5 s.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import Figure, Measured, benchmark, say
from plan_large_show import RUNS, build

from studio.production.opening import open_production

GOAL = 5.0


def impact(folder: Path, asked: str) -> dict[str, float]:
    """One run of the command: wall and CPU seconds, the most memory in MB that any child had, and how much it found."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-c", "from studio.cli import main; main()", "impact", asked, "--show", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": wall, "cpu_s": cpu, "peak_mb": after.ru_maxrss / 1024, "units": json.loads(done.stdout)["units"]}


def things(folder: Path) -> dict[str, str]:
    """What is asked about: its name here -> as it is typed."""
    production = open_production(folder)
    picks = production.ledger.history().picks
    picture = next(pick.artifact for (_, stage, _), pick in picks.items() if stage == "panel")
    preset = production.show.settings.default_preset
    return {"model": production.library.preset(preset, "").model, "preset": preset, "picture": picture,
            "character": next(iter(production.show.cast))}


def measure(asked: argparse.Namespace) -> Measured:
    """Build, then ask about each thing."""
    panels = asked.panels or (1000 if asked.quick else 10_000)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "large"
        build(folder, panels)
        say(f"a show of {panels} panels is built")
        rounds = 1 if asked.quick else RUNS
        runs = {name: [impact(folder, typed) for _ in range(rounds)] for name, typed in things(folder).items()}
    middle = {name: statistics.median(run["wall_s"] for run in found) for name, found in runs.items()}
    slowest = max(middle, key=lambda name: middle[name])
    return Measured(
        [Figure(f"`genga impact` on {panels:,} panels, the slowest question", middle[slowest], "s", most=GOAL,
                note=f"about a {slowest}")],
        {"panels": panels, "runs": runs},
    )


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {"--panels": {"type": int}})
