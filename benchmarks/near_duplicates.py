"""How long finding near-duplicates takes among 100,000 pictures' hashes.

    .venv/bin/python benchmarks/near_duplicates.py [--quick] [--pictures 100000] [--json]

Half of the hashes are chance, half are shots: 50 pictures each that differ in up to six bits, which is what fills the tables
unevenly in a real show.  Queries are pictures of both kinds, some of them with bits flipped.  Goal: 50 ms a query at the 95th
percentile, at the radius that judging uses.
"""

import argparse
import random
import statistics
import time

from figures import Figure, Measured, benchmark

from studio.judge.duplicates import RADIUS, DuplicateIndex

QUERIES = 1000
SHOT, SPREAD = 50, 6
GOAL_MS = 50.0


def hashes(count: int, dice: random.Random) -> list[int]:
    """Chance and shots, shuffled."""
    made = [dice.getrandbits(64) for _ in range(count // 2)]
    while len(made) < count:
        shot = dice.getrandbits(64)
        made += [flipped(shot, dice.randint(0, SPREAD), dice) for _ in range(SHOT)]
    dice.shuffle(made)
    return made[:count]


def flipped(value: int, bits: int, dice: random.Random) -> int:
    """The hash with so many bits turned over."""
    for bit in dice.sample(range(64), bits):
        value ^= 1 << bit
    return value


def search(count: int, radius: int) -> dict[str, float]:
    """Milliseconds per query, and microseconds per picture added."""
    dice = random.Random(1)
    made, index = hashes(count, dice), DuplicateIndex()
    start = time.perf_counter()
    for number, value in enumerate(made):
        index.add(f"{number:06}", value)
    added = time.perf_counter() - start
    queries = [flipped(dice.choice(made), dice.randint(0, radius), dice) for _ in range(QUERIES)]
    taken: list[float] = []
    found = 0
    for query in queries:
        start = time.perf_counter()
        found += len(index.find(query, radius))
        taken.append((time.perf_counter() - start) * 1000)
    if found < QUERIES:
        raise SystemExit(f"{QUERIES} planted near-duplicates, {found} found: the index is broken")
    return {"radius": radius, "median_ms": statistics.median(taken), "p95_ms": statistics.quantiles(taken, n=20)[-1],
            "worst_ms": max(taken), "found_per_query": found / QUERIES, "add_us": added / count * 1e6}


def measure(asked: argparse.Namespace) -> Measured:
    """At the radius of judging, and at wider ones."""
    pictures = asked.pictures or (20_000 if asked.quick else 100_000)
    runs = [search(pictures, radius) for radius in (RADIUS, 7, 11)]
    return Measured(
        [Figure(f"finding near-duplicates among {pictures:,}, 95th percentile, radius {run['radius']:.0f}", run["p95_ms"], "ms",
                most=GOAL_MS if run["radius"] == RADIUS else None) for run in runs],
        {"pictures": pictures, "runs": runs},
    )


if __name__ == "__main__":
    benchmark(__doc__ or "", measure, {"--pictures": {"type": int}})
