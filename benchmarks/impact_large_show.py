"""How long `genga impact` takes on a show of 10,000 panels, all made, when asked about what all of them hold; and its memory.

    .venv/bin/python benchmarks/impact_large_show.py [--panels 10000] [--json]

The show is that of benchmarks/plan_large_show.py. The real command runs in a process of its own, three times for each thing that
is asked about: the model that draws every panel, the preset of every panel, one panel's picture, and the character in every panel
(only the storyboards know who is in a panel, so these are read as well).
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from plan_large_show import RUNS, build

from studio.production.opening import open_production


def measure(folder: Path, asked: str) -> dict[str, float]:
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


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panels", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "large"
        build(folder, asked.panels)
        runs = {name: [measure(folder, typed) for _ in range(RUNS)] for name, typed in things(folder).items()}
    if asked.json:
        print(json.dumps(runs))
        return
    print(f"genga impact on {asked.panels} panels ({RUNS} runs each; target: 5 s)")
    for name, measured in runs.items():
        for run in measured:
            told = (f"{key} {value:.2f}" if isinstance(value, float) else f"{key} {value}" for key, value in run.items())
            print(f"  {name:10}", "  ".join(told))


if __name__ == "__main__":
    main()
