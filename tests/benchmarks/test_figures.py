"""Figures beside their goals, and the table that they stand in."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from figures import Figure, interleaved, ratio

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(("figure", "row"), [
    (Figure("tax", 1.0499, most=1.05), "| x | tax | 1.05 | at most 1.05 | met |"),
    (Figure("tax", 1.0501, most=1.05), "| x | tax | 1.05 | at most 1.05 | **missed** |"),
    (Figure("speed", 2.0, "/s", least=1.5, note="GPU"), "| x | speed | 2 /s (GPU) | at least 1.5 /s | met |"),
    (Figure("events", 12345.6, "ms"), "| x | events | 12,346 ms |  |  |"),
    (Figure("speed", None, least=1.5, note="no server"), "| x | speed | not measured (no server) | at least 1.5 |  |"),
])
def test_a_row_says_whether_the_goal_is_met(figure: Figure, row: str) -> None:
    assert figure.row("x") == row


def test_cases_take_turns_and_every_second_round_goes_backwards() -> None:
    order: list[str] = []

    def case(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = interleaved({name: lambda name=name: case(name) for name in "abc"}, 2)
    assert "".join(order) == "abccba"
    assert found == {"a": [1, 6], "b": [2, 5], "c": [3, 4]}


def test_a_round_that_was_slow_for_both_does_not_change_the_ratio() -> None:
    assert ratio([2, 20, 4], [1, 10, 2]) == 2


@pytest.fixture
def everything() -> ModuleType:
    spec = importlib.util.spec_from_file_location("all_benchmarks", BENCHMARKS / "__main__.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_benchmark_is_in_the_list_or_part_of_one(everything: ModuleType) -> None:
    parts = {"__main__", "figures", "shows", "bare_loop", "comfyui", "random_weights"}
    assert {file.stem for file in BENCHMARKS.glob("*.py")} == set(everything.NAMES) | parts


def test_the_table_takes_the_place_of_the_last_one(everything: ModuleType, tmp_path: Path) -> None:
    everything.README, everything.RESULTS = tmp_path / "README.md", tmp_path / "results.json"
    everything.README.write_text(f"Before\n{everything.BEGIN}\nold\n{everything.END}\nAfter\n")
    command = [sys.executable, str(BENCHMARKS / "near_duplicates.py"), "--pictures", "500", "--quick", "--json"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    for _ in range(2):
        everything.write({"near_duplicates": found})
    text = everything.README.read_text()
    assert text.startswith(f"Before\n{everything.BEGIN}\n| benchmark |") and text.endswith(f"{everything.END}\nAfter\n")
    assert text.count("finding near-duplicates among 500") == 3
    assert "old" not in text and f"All: {found['date']}, small sizes: " in text and "cores" in text
    assert json.loads(everything.RESULTS.read_text()) == {"near_duplicates": found}
