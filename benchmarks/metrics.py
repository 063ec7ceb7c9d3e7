"""Time and memory to build the numbers of a large ledger, and again after it has grown.

    .venv/bin/python benchmarks/metrics.py [--quick] [--events 1000000] [--json]

Goals on two cores: 1,000,000 events in 90 s and 4 GB; 10,000 more in 15 s.
"""

import argparse
import hashlib
import json
import random
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from figures import Figure, Measured, benchmark, say

from studio.metrics.building import Warehouse, build
from studio.metrics.querying import query
from studio.story.show import Show, open_show

EVENTS = 1_000_000
MORE = 10_000
GOAL_SECONDS, GOAL_GB, GOAL_MORE = 90.0, 4.0, 15.0
PER_FILE = 5_000
"""Events of one process on one day."""
PER_EPISODE, EPISODES = 1_200, 12
"""Panels of an episode; retakes cycle through them."""
CAUSES = ("first", "first", "prompt", "preset", "rejected", "retry", "model")
WORDS = {
    "template": "{characters}, {prompt}, ink, clean lines, screentone, best quality",
    "characters": "1boy, black hair, red headband", "negative": "text, blurry",
    "prompt": "standing on a bridge over a river, wind, evening light, looking at viewer, mountains behind",
}
FACTS = dict.fromkeys(("torch", "diffusers", "python", "platform", "pillow", "driver", "device", "threads", "numpy"), "1.2.3")


def sha(*words: object) -> str:
    """A digest as real ones look."""
    return hashlib.sha256("|".join(map(str, words)).encode()).hexdigest()


class Maker:
    """Events as a busy studio would write them, a few per picture."""

    def __init__(self) -> None:
        self.random, self.now, self.number = random.Random(1), datetime(2026, 1, 1, tzinfo=UTC), 0

    def picture(self) -> list[dict[str, Any]]:
        """What one picture leaves behind: start, take or failure, scores, measure, pick, review."""
        chance, n = self.random.random, self.number
        self.number += 1
        self.now += timedelta(seconds=self.random.expovariate(1 / 8))
        episode, panel = divmod(n % (EPISODES * PER_EPISODE), PER_EPISODE)
        unit, recipe, artifact, run = f"{episode + 1:02d}.p{panel}", sha("r", n), sha("a", n), sha("run", n // 40)[:32]
        said = {"at": self.now.isoformat(timespec="microseconds"), "show": "large", "unit": unit, "recipe": recipe,
                "trace": sha("t", n // 400)[:16], "run": run, "attempt": 1}
        stage = "panel" if n % 2 else "final"
        made: list[dict[str, Any]] = []
        if n % 40 == 0:
            made.append({**said, "event": "start", "asset": "panels", "pool": "image", "priority": 0,
                         "by": ("apply", "hand", "review")[n // 40 % 3],
                         "submitted": (self.now - timedelta(seconds=chance() * 300)).isoformat()})
        paid = {"cause": CAUSES[n % len(CAUSES)], "seconds": 4 + chance(), "load_seconds": chance(), "idle_seconds": 0.01,
                "pool": "image", "usd": 0.0011, "usd_per_hour": 0.7, "purchase": "spot"}
        if chance() < 0.04:
            return [*made, {**said, **paid, "event": "failure", "stage": stage, "error": "RenderError", "message": "out of luck"}]
        made.append({**said, **paid, **self._take(n, artifact, stage), "event": "take"})
        made += [{**said, "event": "score", "artifact": artifact, "scorer": scorer, "value": 0.5, "passed": True,
                  "blocking": True, "note": "as it should be", "gate": False} for scorer in ("readable", "size")]
        made.append({**said, "event": "measure", "artifact": artifact, "asked": "clip", "stamp": sha("s"),
                     "value": chance(), "note": ""})
        if chance() < 0.9:
            made.append({**said, "event": "pick", "artifact": artifact, "suffix": ".png", "stage": stage,
                         "reused": chance() < 0.2, "language": "",
                         "preset": {"name": "cel", "version": 3, "content": sha("cel")}})
        if chance() < 0.3:
            made.append({**said, "event": "review", "id": sha("w", n)[:12], "artifact": artifact, "stage": stage, "language": "",
                         "verdict": "accept" if chance() < 0.8 else "reject", "reasons": [], "reviewer": "aki", "seconds": 3.0})
        return made

    def _take(self, n: int, artifact: str, stage: str) -> dict[str, Any]:
        return {
            "body": {"kind": "image", "engine": "diffusers", "contract": 3, "model": sha("model"), "vae": None,
                     "prompt": WORDS["prompt"], "negative": WORDS["negative"], "sampler": "dpmpp_2m",
                     "loras": [{"model": sha("lora", n % 5), "weight": 0.8}], "scheduler": "karras", "steps": 24,
                     "guidance": 6.5, "clip_skip": 1, "width": 768, "height": 512, "seed": n,
                     "controls": [], "init": None, "precision": "fp16", "batch_size": 4},
            "artifact": artifact, "suffix": ".png", "extras": {}, "measures": {}, "notes": [], "stage": stage, "words": WORDS,
            "preset": {"name": "cel", "version": 3, "content": sha("cel")}, "overrides": [], "names": {sha("model"): "house"},
            "characters": [("momo", "hina", "inu")[n % 3]], "rejected_for": [], "write_seconds": 0.02, "bytes": 700_000,
            "loaded_bytes": 0, "device": "cuda:0", "host": f"node{n % 4}", "environment": sha("e"), "environment_facts": FACTS,
            "ladder": [], "peak_bytes": 9_000_000_000,
        }


def write(maker: Maker, folder: Path, events: int, name: str) -> int:
    """Append about `events` events as files of a ledger; bytes written."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    written, held, file = 0, 0, 0
    while held < events:
        while len(lines) < min(PER_FILE, events - held):
            lines += [json.dumps(event, separators=(",", ":")) for event in maker.picture()]
        text = "\n".join(lines) + "\n"
        (folder / f"2026-01-01.{name}.{file}.jsonl").write_text(text, encoding="utf-8")
        written, held, file, lines = written + len(text), held + len(lines), file + 1, []
    return written


def a_show(folder: Path) -> Show:
    """An empty show with prices."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "show.yaml").write_text("title: Large\ndefault_preset: cel\npools: {image: {usd_per_hour: 0.7, purchase: spot}}\n")
    return open_show(folder)


def built(show: Show, what: str) -> dict[str, Any]:
    """Build; seconds, the most memory in GB that any child had, and which tables took longest."""
    made = build(show)
    made.check()
    slowest = sorted(made.results, key=lambda one: -one.seconds)[:4]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    say(f"{what}: {made.seconds:.1f} s, peak {peak:.2f} GB")
    return {"seconds": made.seconds, "peak_gb": peak, "slowest": {one.name: round(one.seconds, 2) for one in slowest}}


def measure(asked: argparse.Namespace) -> Measured:
    """Write a ledger, build, let it grow, build again."""
    events = asked.events or (50_000 if asked.quick else EVENTS)
    with tempfile.TemporaryDirectory() as folder:
        show, maker = a_show(Path(folder) / "large"), Maker()
        place = Warehouse(show)
        size = write(maker, place.ledger, events, "first")
        say(f"{events:,} events, {size / 1e9:.2f} GB, are written")
        first = built(show, f"full build of {events:,} events")
        write(maker, place.ledger, MORE, "more")
        more = built(show, f"build after {MORE:,} more")
        nothing = built(show, "build after nothing")
        started = time.perf_counter()
        query(place.published, "select cause, sum(usd) from takes group by cause")
        asking = time.perf_counter() - started
    return Measured(
        [
            Figure(f"building the numbers of {events:,} events", first["seconds"], "s", most=GOAL_SECONDS),
            Figure("its memory", first["peak_gb"], "GB", most=GOAL_GB),
            Figure(f"building them again after {MORE:,} more", more["seconds"], "s", most=GOAL_MORE),
        ],
        {"events": events, "bytes": size, "first": first, "more": more, "nothing": nothing, "query_seconds": asking},
    )


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {"--events": {"type": lambda text: int(text.replace(",", "").replace("_", ""))}})
