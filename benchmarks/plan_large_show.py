"""How long `genga plan` takes on a show of 10,000 panels, all made, with one preset changed; and its memory.

    .venv/bin/python benchmarks/plan_large_show.py [--quick] [--panels 10000] [--json]

The show is written to a temporary folder: 100 panels per episode, 5 per page, with a ledger that holds takes, picks and
scores of everything, and a small file per artifact. Then the real command runs in a process of its own, three times.
Goals: 10 s and 500 MB.
"""

import argparse
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from figures import Figure, Measured, benchmark, say

from studio.judge.checks import CHECKS
from studio.plan.plans import Step
from studio.plan.recipes import ImageRecipe
from studio.production.opening import Production, open_production
from studio.store.event import Event
from studio.store.events import Pick, Score, TakeEvent
from studio.story.starter import write_starter

PER_PAGE, PER_EPISODE = 5, 100
RUNS = 3
GOAL_SECONDS, GOAL_MB = 10.0, 500.0


def write_show(folder: Path, panels: int) -> None:
    """The starter show with `panels` panels."""
    write_starter(folder)
    (folder / "storyboards" / "01.yaml").unlink()
    for episode in range(panels // PER_EPISODE):
        pages = [
            {"id": f"p{page:02}", "layout": "slanted_five", "panels": [
                {"id": f"s{page:02}-{n}", "characters": ["sora"], "prompt": f"smile, portrait, sky, cloud {page * 10 + n}",
                 "faces": [{"box": [0.3, 0.3, 0.4, 0.4], "who": "sora"}],
                 "balloons": [{"speaker": "sora", "text": f"Line {n} of page {page}."}]}
                for n in range(PER_PAGE)
            ]}
            for page in range(PER_EPISODE // PER_PAGE)
        ]
        board = {"episode": f"e{episode:03}", "title": f"Episode {episode}", "pages": pages}
        text = yaml.safe_dump(board, sort_keys=False, allow_unicode=True)
        (folder / "storyboards" / f"{episode:03}.yaml").write_text(text)


def pretend(production: Production, stage: str) -> list[Event]:
    """Takes, picks and scores of one stage, as if everything had been rendered; artifacts are small files."""
    history, events = production.history(), []
    for board in production.boards():
        for step in production.plan(board, history).steps:
            if step.stage == stage:
                events += happened(production, step)
    return events


def happened(production: Production, step: Step) -> list[Event]:
    """What the ledger says about one step that was made."""
    assert step.recipe is not None, step.reasons
    suffix = ".cbz" if step.stage == "book" else ".png"
    artifact = production.artifacts.put(hashlib.sha256(step.digest.encode()).digest(), suffix)
    stamp = step.wish.stamp if step.wish else None
    known = {"show": production.show.name, "unit": step.unit, "recipe": step.digest, "artifact": artifact}
    events: list[Event] = [
        TakeEvent(**known, suffix=suffix, body=step.recipe.model_dump(mode="json"), stage=step.stage, preset=stamp,
                  words=step.wish.words if step.wish else {}, seconds=0.4, usd=0.0001, environment="0" * 64),
        Pick(**known, suffix=suffix, stage=step.stage, reused=False, preset=stamp, language=step.language),
    ]
    if isinstance(step.recipe, ImageRecipe):
        events += [Score(**known, scorer=check, passed=True, blocking=True) for check in CHECKS]
    return events


def build(folder: Path, panels: int) -> None:
    """A show that is made up to its books, then one preset changed."""
    write_show(folder, panels)
    for number, stage in enumerate(("panel", "final", "page", "book")):
        events = pretend(open_production(folder), stage)
        ledger = folder / "out" / "ledger" / f"2026-01-01.bench.{number}.jsonl"
        ledger.parent.mkdir(parents=True, exist_ok=True)
        ledger.write_text("".join(event.model_dump_json() + "\n" for event in events))
    preset = folder / "presets" / "cel.yaml"
    preset.write_text(preset.read_text().replace("version: 1", "version: 2").replace("guidance: 4.0", "guidance: 5.0"))


def plan(folder: Path) -> dict[str, float]:
    """One run of the command: wall and CPU seconds, and the most memory in MB that any child had."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-c", "from studio.cli import main; main()", "plan", "--show", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    counts = json.loads(done.stdout)["counts"]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": wall, "cpu_s": cpu, "peak_mb": after.ru_maxrss / 1024, **counts}


def measure(asked: argparse.Namespace) -> Measured:
    """Build, then ask."""
    panels = asked.panels or (1000 if asked.quick else 10_000)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "large"
        build(folder, panels)
        say(f"a show of {panels} panels is built")
        runs = [plan(folder) for _ in range(1 if asked.quick else RUNS)]
    seconds = statistics.median(run["wall_s"] for run in runs)
    return Measured(
        [
            Figure(f"`genga plan` on {panels:,} panels", seconds, "s", most=GOAL_SECONDS),
            Figure("its memory", max(run["peak_mb"] for run in runs), "MB", most=GOAL_MB),
        ],
        {"panels": panels, "runs": runs},
    )


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {"--panels": {"type": int}})
