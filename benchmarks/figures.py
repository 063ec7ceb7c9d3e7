"""What a benchmark measures, beside its goal; and what all benchmarks share: command line, progress, rounds, output."""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = ("torch", "diffusers", "transformers", "dagster", "ray", "duckdb", "numpy", "pillow")
HEADING = "| benchmark | figure | measured | goal | |\n|---|---|---|---|---|"


@dataclass(frozen=True)
class Figure:
    """One number, and what it ought to be."""

    name: str
    value: float | None
    """None where it could not be measured; the note says why."""
    unit: str = ""
    """Stands behind the number; empty for a ratio."""
    most: float | None = None
    """The goal: at most this."""
    least: float | None = None
    """The goal: at least this."""
    note: str = ""

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or nothing where there is no goal or no number."""
        if self.value is None or (self.most is None and self.least is None):
            return ""
        missed = (self.most is not None and self.value > self.most) or (self.least is not None and self.value < self.least)
        return "**missed**" if missed else "met"

    @property
    def goal(self) -> str:
        """As it stands in the table."""
        bounds = [f"at most {_number(self.most)}" if self.most is not None else "",
                  f"at least {_number(self.least)}" if self.least is not None else ""]
        told = " and ".join(filter(None, bounds))
        return f"{told} {self.unit}".strip() if told else ""

    def row(self, benchmark: str) -> str:
        """A line of the table."""
        measured = f"{_number(self.value)} {self.unit}".strip() if self.value is not None else "not measured"
        said = f"{measured} ({self.note})" if self.note else measured
        return f"| {benchmark} | {self.name} | {said} | {self.goal} | {self.verdict} |"


@dataclass(frozen=True)
class Measured:
    """What came of a benchmark."""

    figures: Sequence[Figure]
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Single measurements and sizes: whatever lets somebody else judge the figures. Only in the JSON."""


def benchmark(doc: str, measure: Callable[[argparse.Namespace], Measured], options: Mapping[str, Mapping[str, Any]]) -> None:
    """The command of a benchmark: --help, --quick, --json, and its own options by name. Prints its rows, or one line of JSON.

    Progress goes to stderr.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that it works, not to quote")
    parser.add_argument("--json", action="store_true", help="one line of JSON on stdout instead of rows of a table")
    for name, settings in options.items():
        parser.add_argument(name, **settings)
    asked = parser.parse_args()
    name, started = Path(sys.argv[0]).stem, time.monotonic()
    found = measure(asked)
    if asked.json:
        print(json.dumps({
            "benchmark": name, "quick": asked.quick, "date": time.strftime("%Y-%m-%d"), "machine": machine(),
            "seconds": round(time.monotonic() - started, 1), "figures": [asdict(figure) for figure in found.figures],
            "details": dict(found.details),
        }))
        return
    print(HEADING)
    for figure in found.figures:
        print(figure.row(name))


def say(text: str) -> None:
    """Progress, a line of it."""
    print(f"  {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def interleaved(cases: Mapping[str, Callable[[], float]], rounds: int, unit: str = "s") -> dict[str, list[float]]:
    """Each case once a round, every second round backwards, so that a machine that grows slower favours none."""
    found: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds):
        for name in list(cases)[:: -1 if number % 2 else 1]:
            found[name].append(cases[name]())
            say(f"round {number + 1} of {rounds}: {name} {found[name][-1]:.3g} {unit}")
    return found


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Median of the ratios within each round: what slowed a whole round falls out."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def machine() -> dict[str, str]:
    """What was measured on: processor, cores, memory, GPUs, versions."""
    facts = {"processor": _processor(), "cores": str(len(os.sched_getaffinity(0))), "memory": f"{_memory_gb():.0f} GB",
             "system": f"{platform.system()} {platform.release()}", "python": platform.python_version()}
    gpus = [line.split(":", 1)[1].strip() for file in Path("/proc/driver/nvidia/gpus").glob("*/information")
            for line in file.read_text().splitlines() if line.startswith("Model")]
    if gpus:
        facts["gpu"] = ", ".join(gpus)
    for library in LIBRARIES:
        try:
            facts[library] = version(library)
        except PackageNotFoundError:
            continue
    return facts


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _number(value: float | None) -> str:
    """Three digits that count; whole numbers as they are."""
    if value is None:
        return ""
    value = 0.0 if abs(value) < 1e-9 else value  # what is left of a difference
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
