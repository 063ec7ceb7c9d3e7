"""Whether memory stays flat while a run draws 2,000 panels.

    .venv/bin/python benchmarks/memory.py [--quick] [--panels 2000] [--json]

House weights, tiny pictures (64 pixels, 2 steps, batches of eight), all in one run through the queue. Four times a second the
resident memory of the process that draws, and of web server, daemon and code servers, is read. What counts is the slope once
warm: a straight line through the least of each sixteenth of what was read after the first quarter of the panels. Goal: flat,
which is at most 10 MB more per 1,000 panels in either.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil
from figures import Figure, Measured, benchmark, say

from shows import apply, events_of, served, write_show
from studio.dispatch.services import Services
from studio.production.opening import open_production

TINY = {"native": 64, "max_side": 64, "steps": 2, "batch_size": 8}
FLAT = 10.0
WARM = 0.25
"""Share of the panels before memory is expected to be flat: libraries fill their pools."""
EVERY = 0.25
PARTS = 16
"""Of the run; the least of each counts: garbage that is collected later is no growth."""


class Watch:
    """Reads memory in a thread of its own until it is closed: (time, MB of the process that draws, MB of all others)."""

    def __init__(self, services: Services) -> None:
        self.read: list[tuple[float, float, float]] = []
        self._roots = [psutil.Process(child.pid) for child in services.children]
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(EVERY):
            sizes: dict[int, float] = {}
            for root in self._roots:
                for process in [root, *root.children(recursive=True)]:
                    try:
                        sizes[process.pid] = process.memory_info().rss / 2**20
                    except psutil.Error:  # it has ended
                        continue
            largest = max(sizes.values(), default=0.0)
            self.read.append((time.time(), largest, sum(sizes.values()) - largest))


def slope(panels: Sequence[float], megabytes: Sequence[float]) -> float:
    """Megabytes per 1,000 panels, by least squares through the least of each part."""
    parts = [part for part in np.array_split(np.argsort(panels, kind="stable"), PARTS) if len(part)]
    lowest = [part[np.argmin(np.asarray(megabytes)[part])] for part in parts]
    return float(np.polyfit(np.asarray(panels)[lowest], np.asarray(megabytes)[lowest], 1)[0]) * 1000


def measure(asked: argparse.Namespace) -> Measured:
    """One long run, watched."""
    panels = asked.panels or (240 if asked.quick else 2000)
    with tempfile.TemporaryDirectory() as place:
        folder = write_show(Path(place) / "show", {"01": panels}, TINY)
        with served(folder) as services:
            say(f"{panels} panels")
            watch, started = Watch(services), time.perf_counter()
            trace = apply(folder, services).trace
            seconds = time.perf_counter() - started
            watch.close()
        kept = [_at(event) for event in events_of(open_production(folder), "take", trace)]
    counted = [(float(np.searchsorted(kept, at)), worker, others) for at, worker, others in watch.read]
    late = [each for each in counted if WARM * panels <= each[0] < panels]
    done, worker, others = (list(column) for column in zip(*late, strict=True))
    return Measured(
        [
            Figure("memory of the process that draws, once warm", slope(done, worker), "MB per 1,000 panels", most=FLAT,
                   note=f"{panels:,} panels, {worker[0]:.0f} MB at first, {worker[-1]:.0f} at last"),
            Figure("memory of web server, daemon and code servers", slope(done, others), "MB per 1,000 panels", most=FLAT,
                   note=f"{others[0]:.0f} MB at first, {others[-1]:.0f} at last"),
            Figure("what genga does around a tiny picture", seconds / panels, "s per panel"),
        ],
        {"panels": panels, "seconds": seconds,
         "read": [[round(number, 1) for number in each] for each in counted[:: max(1, len(counted) // 400)]]},
    )


def _at(event: dict[str, object]) -> float:
    from datetime import datetime

    return datetime.fromisoformat(str(event["at"])).timestamp()


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {"--panels": {"type": int}})
