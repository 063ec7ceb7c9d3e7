"""How long one panel takes from the request to the picture in use, beside its render, where devices are warm.

    .venv/bin/python benchmarks/latency.py [--quick] [--times 10] [--json]

A show is served with `--farm ray`; the device has drawn before. Then one panel after the other is asked for, as `genga apply
--unit` does. Counted is from the request (reading the show, planning) to the line in the ledger that says that the panel uses
its picture, without the seconds that the device rendered. Goal: 3 s, the median. Said as well: where the time goes, and how
long until Dagster has called the run done.
"""

import argparse
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

from figures import Figure, Measured, benchmark, say

from shows import apply, events_of, served, warm, write_show
from studio.dispatch.services import Services
from studio.production.opening import open_production

GOAL = 3.0
WARM = "warm"


def one(folder: Path, services: Services, unit: str) -> dict[str, float]:
    """Seconds from the request to the run in the queue, the step's begin, the picture, its use, the end; and of rendering."""
    asked = time.time()
    trace = apply(folder, services, units=frozenset({unit})).trace
    ended = time.time()
    production = open_production(folder)
    [begun], [take], [pick] = (events_of(production, kind, trace) for kind in ("start", "take", "pick"))
    moments = {"queued": _seconds(begun["submitted"]), "step": _seconds(begun["at"]), "picture": _seconds(take["at"]),
               "use": _seconds(pick["at"]), "end": ended}
    return {**{name: at - asked for name, at in moments.items()}, "render": take["seconds"] + take["load_seconds"],
            "loading": take["load_seconds"]}


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def measure(asked: argparse.Namespace) -> Measured:
    """One panel after the other."""
    times = asked.times or (3 if asked.quick else 10)
    with tempfile.TemporaryDirectory() as place:
        folder = write_show(Path(place) / "show", {"01": times, WARM: 4})
        with served(folder, ("01", WARM), ray=True) as services:
            warm(folder, services, WARM)
            production = open_production(folder)
            units = [f"01.{panel.id}" for page in production.boards("01")[0].pages for panel in page.panels]
            found: list[dict[str, float]] = []
            for unit in units:
                found.append(one(folder, services, unit))
                say(", ".join(f"{name} {seconds:.2f}" for name, seconds in found[-1].items()))
    middle = {name: statistics.median(each[name] for each in found) for name in found[0]}
    beside = [each["use"] - each["render"] for each in found]
    told = (f"queued after {middle['queued']:.1f} s, its step after {middle['step']:.1f}, picture after {middle['picture']:.1f}, "
            f"drawn in {middle['render']:.1f}")
    return Measured(
        [
            Figure("one panel to a warm device, beside its render", statistics.median(beside), "s", most=GOAL, note=told),
            Figure("the same until the command has ended", statistics.median(e["end"] - e["render"] for e in found), "s"),
        ],
        {"panels": found, "medians": middle},
    )


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {"--times": {"type": int}})
