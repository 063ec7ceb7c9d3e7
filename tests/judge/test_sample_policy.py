"""The sample show's policy stops planted faults and lets good drawings through; benchmarks/gates.py measures it on more."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_planted_faults_are_stopped_and_good_drawings_are_not() -> None:
    done = subprocess.run([sys.executable, "benchmarks/gates.py", "--drawings", "12", "--json"], cwd=ROOT, check=True,
                          capture_output=True, text=True)
    found = json.loads(done.stdout)["details"]["result"]
    assert found["good"]["stopped"] == 0
    caught = {kind: one["stopped"] for kind, one in found.items() if kind != "good"}
    assert list(caught) == ["duplicate", "blank", "face painted over", "head out of the frame", "forbidden phrase"]
    assert caught["duplicate"] == caught["blank"] == 12
    assert all(count >= 9 for count in caught.values())
