"""All benchmarks, one after the other, into one table.

    .venv/bin/python benchmarks [NAME ...] [--quick] [--write]

Named ones only, if any are named. A run in full size writes benchmarks/results.json and the table in benchmarks/README.md; what
was not run keeps its figures. --quick prints only, unless --write is said too. One that fails does not keep the others from
being run.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from figures import HEADING, Figure, say

HERE = Path(__file__).parent
RESULTS, README = HERE / "results.json", HERE / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
NAMES = (
    "tax", "growth", "latency", "batches", "switches", "against_comfyui", "memory", "code_location", "plan_large_show",
    "impact_large_show", "near_duplicates", "gates", "long_video", "metrics",
)
"""In the order of the table."""


def run(name: str, quick: bool) -> dict[str, Any] | None:
    """What a benchmark says in JSON; None where it failed. Its progress is passed on."""
    say(f"== {name}")
    command = [sys.executable, str(HERE / f"{name}.py"), "--json", *(["--quick"] if quick else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        say(f"{name} failed with status {done.returncode}")
        return None
    return json.loads(done.stdout.splitlines()[-1])


def table(results: dict[str, dict[str, Any]]) -> str:
    """Rows of all results, and below them what was measured on."""
    rows = [Figure(**figure).row(name) for name in NAMES if name in results for figure in results[name]["figures"]]
    machines: dict[str, list[str]] = {}
    for name in NAMES:
        if name in results:
            found = results[name]
            told = ", ".join(value if key in ("processor", "memory", "gpu", "system") else f"{key} {value}"
                             for key, value in found["machine"].items())
            size = ", small sizes" if found["quick"] else ""
            machines.setdefault(f"{found['date']}{size}: {told}", []).append(name)
    notes = [f"{', '.join(names) if len(machines) > 1 else 'All'}: {told}." for told, names in machines.items()]
    return "\n".join([HEADING, *rows, "", *notes])


def write(results: dict[str, dict[str, Any]]) -> None:
    """Keep them, and put their table between the marks in README.md."""
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    README.write_text(f"{before}{BEGIN}\n{table(results)}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def main() -> None:
    """Run, print, write; status 1 when one failed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--write", action="store_true", help="write results.json and README.md, also of small sizes")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in NAMES]
    if unknown:
        parser.error(f"no benchmark is called '{unknown[0]}'; there are {', '.join(NAMES)}")
    names = asked.names or NAMES
    found = {name: result for name in names if (result := run(name, asked.quick))}
    print(table(found))
    if asked.write or not asked.quick:
        known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
        write({**known, **found})
    if len(found) < len(names):
        raise SystemExit(f"failed: {', '.join(name for name in names if name not in found)}")


if __name__ == "__main__":
    main()
