"""CPU seconds to load the code location, beside those of Dagster alone: what is left is ours.

    .venv/bin/python benchmarks/code_location.py [--quick] [--json]

Goal: 2 s for the code location.
"""

import argparse
import resource
import statistics
import subprocess
import sys

from figures import Figure, Measured, benchmark, interleaved, ratio

RUNS, GOAL = 5, 2.0


def cpu(program: str) -> float:
    """CPU seconds of a process that runs `program`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(asked: argparse.Namespace) -> Measured:
    """The three in turns."""
    modules = {"Dagster": "dagster", "code location": "anime_assets.definitions", "command": "studio.cli"}
    cases = {name: lambda module=module: cpu(f"import {module}") for name, module in modules.items()}
    times = interleaved(cases, 2 if asked.quick else RUNS, "s of CPU")
    against = ratio(times["code location"], times["Dagster"])
    return Measured(
        [
            Figure("loading the code location", statistics.median(times["code location"]), "s of CPU", most=GOAL,
                   note=f"{against:.2f} times Dagster alone"),
            Figure("loading the `genga` command", statistics.median(times["command"]), "s of CPU"),
        ],
        {"cpu_seconds": times},
    )


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {})
