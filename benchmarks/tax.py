"""What genga adds to a bare diffusers loop, and what it saves when the same is asked for again.

    .venv/bin/python benchmarks/tax.py [--quick] [--panels 200] [--rounds 3] [--side 128] [--json]

The same recipes (house weights, 20 steps, batches of four, every prompt and seed another) are drawn three ways, in turns:

- bare: `benchmarks/bare_loop.py` in a process of its own, from its start to its end: imports, loading weights, drawing, PNG
  files;
- here: `genga apply` through a web server, a queue and a daemon of its own. Counted is from reading the show to the word that
  the run ended: planning, the queue, the run's start, imports, loading weights, drawing, checks, PNG files with their recipes,
  previews, ledger, and every event that the Dagster UI shows. Not counted: the start of web server and daemon, which outlive
  many submissions;
- ray: the same with `--farm ray`, whose one device drew a batch before the clock started: weights are loaded, and stay so.

The services of a way run only while it is measured. Then the same again, when everything is there: `genga apply` a second time
(it finds nothing to do), and a run over all panels by hand in the UI (every panel is found, checked and reported anew).

Goals: tax at most 1.05, again at most 0.02 of the first time.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from figures import Figure, Measured, benchmark, interleaved, ratio, say
from PIL import Image

from shows import apply, events_of, recipes_of, served, warm, write_show
from studio.dispatch.queue import DONE, Queue
from studio.dispatch.services import Services
from studio.dispatch.submissions import grid_runs
from studio.production.opening import open_production

MODEL = Path(__file__).parents[1] / "models" / "house"
TAX, AGAIN = 1.05, 0.02
ALIKE = 6.0
"""Mean difference, of 255, up to which the two ways drew the same pictures; compel and diffusers read prompts a little apart."""
WARM = "warm"


class Rounds:
    """Draws the same panels again and again, each time in a show of its own."""

    def __init__(self, place: Path, panels: int, preset: dict[str, Any]) -> None:
        self.place, self.panels, self.preset = place, panels, preset
        self.count = 0
        self.last: Path = place
        self.parts: dict[str, list[dict[str, float]]] = {"here": [], "ray": []}
        self.again: dict[str, list[float]] = {"apply": [], "by hand": []}

    def show(self) -> Path:
        """A new one."""
        self.count += 1
        return write_show(self.place / f"show{self.count}", {"01": self.panels, WARM: 4}, self.preset)

    def bare(self) -> float:
        """Seconds of the loop."""
        self.last = self.place / f"bare{self.count}"
        self.last.mkdir(exist_ok=True)
        file = self.place / "recipes.jsonl"
        file.write_text("".join(r.model_dump_json() + "\n" for r in recipes_of(self.show())))
        loop = Path(__file__).with_name("bare_loop.py")
        started = time.perf_counter()
        subprocess.run([sys.executable, str(loop), str(MODEL), str(file), str(self.last)], check=True)
        return time.perf_counter() - started

    def here(self) -> float:
        """Seconds of `genga apply`; then again, twice."""
        folder = self.show()
        with served(folder, ("01", WARM)) as services:
            seconds = self._apply(folder, services, "here")
            self.again["apply"].append(_timed(lambda: apply(folder, services)))
            self.again["by hand"].append(_timed(lambda: by_hand(folder, services)))
        self._compare(folder)
        return seconds

    def ray(self) -> float:
        """Seconds of `genga apply` on a warm device."""
        folder = self.show()
        with served(folder, ("01", WARM), ray=True) as services:
            warm(folder, services, WARM)
            return self._apply(folder, services, "ray")

    def _apply(self, folder: Path, services: Services, way: str) -> float:
        started = time.time()
        traces: list[str] = []
        seconds = _timed(lambda: traces.append(apply(folder, services).trace))
        self.parts[way].append(parts(folder, traces[0], started, seconds))
        return seconds

    def _compare(self, folder: Path) -> None:
        """Raises SystemExit where the two ways drew other pictures: their times would not be comparable."""
        production = open_production(folder)
        if not list(self.last.glob("*.png")):
            return
        takes = production.history().takes
        for recipe in recipes_of(folder)[:8]:
            drawn = np.asarray(production.sources.picture(takes[recipe.digest()].artifact).convert("RGB"), dtype=float)
            apart = np.abs(drawn - np.asarray(Image.open(self.last / f"{recipe.seed}.png"), dtype=float)).mean()
            if apart > ALIKE:
                raise SystemExit(f"bare loop and genga drew other pictures: {apart:.1f} of 255 apart for {recipe.prompt!r}")


def parts(folder: Path, trace: str, started: float, seconds: float) -> dict[str, float]:
    """Where a submission's time went: until its step began, until its first picture, until its last, until it was told."""
    production = open_production(folder)
    begun = next(_moment(e) for e in events_of(production, "start", trace))
    takes = events_of(production, "take", trace)
    kept = [_moment(e) for e in takes]
    return {
        "to_step": begun - started, "to_first_picture": kept[0] - begun, "between": kept[-1] - kept[0],
        "to_end": started + seconds - kept[-1], "drawing": sum(e["seconds"] for e in takes),
        "loading": sum(e["load_seconds"] for e in takes), "device_waited": sum(e["idle_seconds"] for e in takes),
    }


def by_hand(folder: Path, services: Services) -> None:
    """Ask for all panels as the UI's button does, and wait for the run's end."""
    production = open_production(folder)
    board = production.boards("01")[0]
    queue = Queue(services.url)
    order = queue.order()
    assert order is not None
    runs = [queue.launch(one, "", by="hand")
            for one in grid_runs(board, [f"01.{page.id}" for page in board.pages], order, "panel")]
    while not DONE.issuperset(queue.statuses(runs).values()):
        time.sleep(0.2)
    if set(queue.statuses(runs).values()) != {"SUCCESS"}:
        raise SystemExit(f"the run by hand failed: {queue.why(runs[0])}")


def _added(over: list[float], under: list[float]) -> float:
    return statistics.median(a - b for a, b in zip(over, under, strict=True))


def _timed(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started


def _moment(event: dict[str, Any]) -> float:
    from datetime import datetime

    return datetime.fromisoformat(event["at"]).timestamp()


def measure(asked: argparse.Namespace) -> Measured:
    """Rounds of the three ways."""
    panels = asked.panels or (24 if asked.quick else 200)
    rounds = asked.rounds or (2 if asked.quick else 3)
    preset = {"native": asked.side, "max_side": asked.side, "steps": asked.steps}
    with tempfile.TemporaryDirectory() as place:
        work = Rounds(Path(place), panels, preset)
        say(f"{panels} panels of {asked.side} pixels, {rounds} rounds")
        times = interleaved({"bare": work.bare, "here": work.here, "ray": work.ray}, rounds)
    told = f"{panels} panels of {asked.side} px, {statistics.median(times['bare']) / panels:.2f} s each"
    again = {name: ratio(found, times["here"]) for name, found in work.again.items()}
    return Measured(
        [
            Figure("tax: genga / bare loop", ratio(times["here"], times["bare"]), most=TAX, note=told),
            Figure("tax on a warm device (`--farm ray`)", ratio(times["ray"], times["bare"]), most=TAX),
            Figure("what genga adds to a submission", _added(times["here"], times["bare"]), "s"),
            Figure("again / first: `genga apply`", again["apply"], most=AGAIN),
            Figure("again / first: all panels by hand in the UI", again["by hand"], most=AGAIN,
                   note=f"{statistics.median(work.again['by hand']):.1f} s"),
        ],
        {"panels": panels, "side": asked.side, "steps": asked.steps, "seconds": times, "again": work.again, "parts": work.parts},
    )


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {
        "--panels": {"type": int}, "--rounds": {"type": int}, "--side": {"type": int, "default": 128},
        "--steps": {"type": int, "default": 20},
    })
