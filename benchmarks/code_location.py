"""CPU seconds to load the code location, beside those of Dagster alone: what is left is ours.

Run: .venv/bin/python benchmarks/code_location.py
"""

import resource
import statistics
import subprocess
import sys

RUNS = 5


def cpu(program: str) -> float:
    """CPU seconds of a process that runs `program`, the median of some."""
    measured: list[float] = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", program], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        measured.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(measured)


def main() -> None:
    """Measure and print."""
    dagster, location, command = cpu("import dagster"), cpu("import anime_assets.definitions"), cpu("import studio.cli")
    print(f"import dagster {dagster:.2f} s; code location {location:.2f} s (target: 2 s), {location / dagster:.2f} times; "
          f"genga command {command:.2f} s")


if __name__ == "__main__":
    main()
