"""How long finding near-duplicates takes among 100,000 pictures' hashes.

    .venv/bin/python benchmarks/near_duplicates.py [--pictures 100000] [--json]

Half of the hashes are chance, half are shots: 50 pictures each that differ in up to six bits, which is what fills the tables
unevenly in a real show.  Queries are pictures of both kinds, some of them with bits flipped.  Goal: 50 ms a query at the 95th
percentile, at the radius that judging uses.
"""

import argparse
import json
import random
import statistics
import time

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


def measure(count: int, radius: int) -> dict[str, float]:
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


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    runs = [measure(asked.pictures, radius) for radius in (RADIUS, 7, 11)]
    if asked.json:
        print(json.dumps(runs))
        return
    print(f"near-duplicates among {asked.pictures:,} hashes (goal: p95 of {GOAL_MS:g} ms at radius {RADIUS})")
    for run in runs:
        print("  " + "  ".join(f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}"
                               for name, value in run.items()))


if __name__ == "__main__":
    main()
