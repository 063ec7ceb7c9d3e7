"""Whether a panel takes longer in a show that has many: seconds per panel with 10,000 partitions in the instance / with 100.

    .venv/bin/python benchmarks/growth.py [--quick] [--large 10000] [--small 100] [--panels 96] [--json]

Both shows are filled before: storyboards, partitions and their materialisations in Dagster's instance, and takes, picks and
scores in the ledger, as if every panel had been made. Then new episodes of 96 panels are drawn through the queue of each show,
in turns, by the house model at 64 pixels in 2 steps: real renders, but so small that what is measured is what genga does around
them.

Counted is as in tax.py: from reading the show to the run's end. Goal: at most 1.1. Said apart: a picture's share between the
first and the last of a run, and what a submission takes however many panels it has.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from figures import Figure, Measured, benchmark, interleaved, ratio, say
from plan_large_show import pretend

from shows import PER_PAGE, apply, events_of, served, write_episode, write_show
from studio.dispatch.cells import cells_of
from studio.dispatch.services import Services, home_of, prepare
from studio.judge.duplicates import HASHED
from studio.production.opening import open_production
from studio.store.events import Measure, Pick
from studio.store.ledger import reading_of

GOAL = 1.1
PER_EPISODE = 8 * PER_PAGE
TINY = {"native": 64, "max_side": 64, "steps": 2, "batch_size": 8}


def fill(folder: Path, panels: int, new: Sequence[str], each: int) -> None:
    """A show with so many panels that seem made, and `new` episodes that are not."""
    old = {f"e{number:03}": PER_EPISODE for number in range(-(-panels // PER_EPISODE))}
    write_show(folder, old, TINY)
    production = open_production(folder)
    ledger = folder / "out" / "ledger" / "2026-01-01.bench.0.jsonl"
    ledger.parent.mkdir(parents=True)
    events = pretend(production, "panel")
    events += [_hash_of(event) for event in events if isinstance(event, Pick)]
    ledger.write_text("".join(event.model_dump_json() + "\n" for event in events))
    for episode in new:
        write_episode(folder, episode, each)
    prepare(production.show, [*old, *new])
    _materialise(folder, list(old))


def _hash_of(pick: Pick) -> Measure:
    """What is known of a picture in use, by which near-duplicates are found."""
    return Measure(show=pick.show, unit=pick.unit, recipe=pick.recipe, artifact=pick.artifact, asked=HASHED, stamp=HASHED,
                   value=0.0, note=pick.artifact[:16])


def _materialise(folder: Path, episodes: list[str]) -> None:
    """Tell Dagster of every panel, as runs did."""
    import dagster as dg

    production = open_production(folder)
    asset, done = dg.AssetKey("panels"), 0
    with dg.DagsterInstance.from_config(str(home_of(production.show))) as instance:
        for episode in episodes:
            for cell, unit in cells_of(production.boards(episode)[0]).items():
                facts = {"unit": unit, "preset": "bench v1", "seconds": 0.4, "recipe": "0" * 64,
                         "preview": dg.MetadataValue.md("x" * 2000)}
                instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=cell, metadata=facts))
                done += 1
            if done % (PER_EPISODE * 20) == 0:
                say(f"{folder.name}: {done} partitions filled")


class Shows:
    """Both shows while they are served; each render takes the next new episode."""

    def __init__(self, each: int) -> None:
        self.each = each
        self.folders: dict[str, tuple[Path, Services, list[str]]] = {}
        self.between: dict[str, list[float]] = {"large": [], "small": []}
        self.fixed: dict[str, list[float]] = {"large": [], "small": []}

    def render(self, name: str) -> float:
        """Seconds per panel of one new episode."""
        folder, services, episodes = self.folders[name]
        reading_of.cache_clear()  # `genga apply` is a new process each time
        started = time.perf_counter()
        trace = apply(folder, services, episodes.pop(0)).trace
        seconds = time.perf_counter() - started
        kept = [datetime.fromisoformat(e["at"]).timestamp() for e in events_of(open_production(folder), "take", trace)]
        per_picture = (kept[-1] - kept[0]) / (len(kept) - 1)
        self.between[name].append(per_picture)
        self.fixed[name].append(seconds - per_picture * self.each)
        return seconds / self.each


def measure(asked: argparse.Namespace) -> Measured:
    """Fill, serve both, render in turns."""
    sizes = {"large": asked.large or (2000 if asked.quick else 10_000), "small": asked.small}
    each, rounds = asked.panels or (24 if asked.quick else 96), 2 if asked.quick else 3
    episodes = [f"new{number}" for number in range(rounds)]
    shows = Shows(each)
    with tempfile.TemporaryDirectory() as place:
        for name, size in sizes.items():
            fill(Path(place) / name, size, episodes, each)
        large, small = (Path(place) / name for name in sizes)
        with served(large, ()) as first, served(small, ()) as second:
            shows.folders = {"large": (large, first, list(episodes)), "small": (small, second, list(episodes))}
            times = interleaved({name: lambda name=name: shows.render(name) for name in sizes}, rounds, "s per panel")
    fixed = {name: statistics.median(found) for name, found in shows.fixed.items()}
    return Measured(
        [
            Figure(f"seconds per panel with {sizes['large']:,} partitions / with {sizes['small']:,}",
                   ratio(times["large"], times["small"]), most=GOAL, note=f"runs of {each} panels"),
            Figure("the same between a run's first picture and its last", ratio(shows.between["large"], shows.between["small"])),
            Figure(f"what a submission takes besides, with {sizes['large']:,}", fixed["large"], "s",
                   note=f"{fixed['small']:.1f} s with {sizes['small']:,}"),
        ],
        {"sizes": sizes, "panels": each, "per_panel": times, "between": shows.between, "fixed": shows.fixed},
    )


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {
        "--large": {"type": int}, "--small": {"type": int, "default": 100}, "--panels": {"type": int},
    })
