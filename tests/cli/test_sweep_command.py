"""genga sweep and genga vary as people type them: what they cannot do is their mistake, named at once, and no fault of genga."""

import itertools
import json
import math
from collections.abc import Collection, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from typer.testing import CliRunner, Result

from studio.cli import MISTAKE, app
from studio.production.opening import open_production
from studio.production.sweeping import sweep_planner
from studio.story import sweeps
from studio.story.sweeps import find_sweep
from tests.production.making import make_all
from tests.story.making import change, dump, edit, write_show, write_weights

FEW = 10_000
"""Cells that may be gone through one by one."""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails whoever goes through a large grid cell by cell."""
    def product(*axes: Collection[object]) -> Iterator[tuple[object, ...]]:
        assert math.prod(map(len, axes)) <= FEW, "it goes through millions of cells"
        return itertools.product(*axes)

    monkeypatch.setattr(sweeps, "itertools", SimpleNamespace(product=product))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A drawn show with a small sweep, and a ControlNet."""
    folder = write_show(tmp_path / "show")
    write_weights(folder / "models" / "lines.safetensors", "control_model.w")
    models = yaml.safe_load((folder / "models.yaml").read_text())["models"]
    change(folder / "models.yaml", models={**models, "lineart": {"file": "lines.safetensors", "architecture": "controlnet"}})
    make_all(folder)
    (folder / "sweeps").mkdir()
    dump(folder / "sweeps" / "mood.yaml", {"sweep": "mood", "unit": "01.a", "over": {"guidance": [3, 7]},
                                           "rank": [{"scorer": "sharpness"}]})
    return folder


def genga(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--show", str(folder)])


def told(result: Result) -> str:
    return " ".join(result.output.split())


@pytest.mark.parametrize("over", ["guidance=[3", "guidance=[3]", "guidance=3,,5", "guidance={a: 1}", "guidance={a:1}",
                                  "guidance=2024-13-45", "guidance=2024-01-01", "guidance=.nan", "palette=7", "preset=1",
                                  "take=0", "lora.ink=5", "lora.Ink x=1"])
def test_values_that_mean_nothing_are_the_users_mistake(folder: Path, over: str) -> None:
    result = genga(folder, "vary", "01.a", "--over", over)
    assert result.exit_code == MISTAKE, told(result)
    assert over.partition("=")[0] in told(result) and len(list((folder / "sweeps").iterdir())) == 1


HALVING = {"over": {"guidance": [3, 5, 7, 8], "seed": [1, 2]}, "search": "halving", "rungs": [{"steps": 2, "keep": 0.5}],
           "refine": {"top": 1, "steps": 6}}


def test_a_run_says_first_what_it_costs_then_what_it_draws_and_last_where_the_refined_pictures_are(folder: Path) -> None:
    change(folder / "sweeps" / "mood.yaml", **HALVING)
    result = genga(folder, "sweep", "run", "mood")
    assert result.exit_code == 0, told(result)
    lines = result.output.splitlines()
    assert lines[0].startswith("mood: 8 cells, 0 drawn; 14 pictures to draw: about ")
    assert "of device time, an unknown price" in lines[0]
    assert sum(line.startswith("✓ sweep-mood.") for line in lines) == 14
    places = [line.split("  ")[-1] for line in lines if line.startswith(("refined: 1. sweep-mood.", "enlarged: 1. sweep-mood."))]
    assert len(places) == 2 and all(Path(place).is_file() for place in places)
    table = json.loads((folder / "out" / "sweeps" / "mood.json").read_text())
    assert [table[0]["refined"], table[0]["enlarged"]] == places and "refined" not in table[1]


def test_what_halving_dropped_is_not_to_be_drawn(folder: Path) -> None:
    change(folder / "sweeps" / "mood.yaml", **HALVING)
    genga(folder, "sweep", "run", "mood")
    done = "8 cells, 4 drawn, 4 dropped by the rule; nothing to draw"
    assert done in told(genga(folder, "sweep", "list")) and done in told(genga(folder, "sweep", "plan", "mood"))
    assert told(genga(folder, "sweep", "plan", "mood")).count(" dropped ") == 4 + 1
    again = genga(folder, "sweep", "run", "mood")
    assert again.output.startswith(f"mood: {done}.") and "✓" not in again.output


def test_a_unit_that_changed_since_is_said_to_be_why_cells_are_drawn_anew(folder: Path) -> None:
    assert genga(folder, "sweep", "run", "mood").exit_code == 0
    edit(folder, "prompt: smile, sky", "prompt: smile, sea")
    why = "01.a changed since the sweep was drawn (prompt: smile, sky -> smile, sea): 2 cells are drawn anew."
    assert why in told(genga(folder, "sweep", "plan", "mood")) and why in told(genga(folder, "sweep", "run", "mood"))
    assert "changed since" not in genga(folder, "sweep", "run", "mood").output


def test_what_was_drawn_for_comparison_says_so_where_its_score_is_higher(folder: Path) -> None:
    assert genga(folder, "vary", "01.a", "--palette", "snow", "--compare").exit_code == 0
    result = genga(folder, "sweep", "run", "01-a-round-1")
    assert result.exit_code == 0 and "for comparison" in told(result) and "rule" in told(result)
    assert "rule" not in told(genga(folder, "sweep", "run", "mood")), "without a lock there is none"


def test_a_sweep_that_cannot_be_drawn_is_listed_with_its_fault_beside_the_others(folder: Path) -> None:
    dump(folder / "sweeps" / "bad.yaml", {"sweep": "bad", "unit": "01.a", "over": {"lora.other": [1]}})
    listed = told(genga(folder, "sweep", "list"))
    assert "1 cell, 0 drawn, 1 cannot be drawn" in listed and "LoRA 'other' is not on the allow-list" in listed
    assert "mood 2 cells, 0 drawn; 2 pictures to draw" in listed


def test_a_winner_by_its_seed_alone_is_not_adopted_and_the_way_to_use_it_is_told(folder: Path) -> None:
    change(folder / "sweeps" / "mood.yaml", over={"guidance": [5], "seed": [1, 2]})
    genga(folder, "sweep", "run", "mood")
    result = genga(folder, "sweep", "adopt", "mood")
    assert result.exit_code == MISTAKE
    assert "already; it won by its seed, which no look holds" in told(result) and "'genga sweep use mood " in told(result)


def test_a_mask_that_is_no_picture_of_the_show_is_named(folder: Path) -> None:
    result = genga(folder, "vary", "01.a", "--palette", "snow", "--mask", "/etc/hosts", "--no-lines")
    assert result.exit_code == MISTAKE and "hosts" in told(result) and "outside the show" in told(result)


def test_a_grid_of_millions_is_refused_at_once(folder: Path, counted: None) -> None:
    over = {"guidance": list(range(2, 9)), "seed": list(range(3000)), "take": list(range(1, 3000))}
    dump(folder / "sweeps" / "huge.yaml", {"sweep": "huge", "unit": "01.a", "over": over})
    for words in (("plan", "huge"), ("run", "huge"), ("rank", "huge"), ("adopt", "huge"), ("adopt", "huge", "1a2b3c4d"),
                  ("use", "huge"), ("use", "huge", "1a2b3c4d")):
        result = genga(folder, "sweep", *words)
        assert result.exit_code == MISTAKE and "62979000 cells are more than the ceiling of 64" in told(result), told(result)
    listed = genga(folder, "sweep", "list")
    assert listed.exit_code == 0
    assert "too many cells (62979000, its ceiling is 64)" in told(listed) and "2 cells, 0 drawn" in told(listed)


def test_a_round_goes_on_from_a_winner_beside_a_grid_of_millions(folder: Path, counted: None) -> None:
    assert genga(folder, "sweep", "run", "mood").exit_code == 0
    dump(folder / "sweeps" / "huge.yaml", {"sweep": "huge", "unit": "01.a", "over": {"seed": list(range(3000)),
                                                                                     "take": list(range(1, 3000))}})
    cell = next(iter(sweep_planner(open_production(folder), find_sweep(folder / "sweeps", "mood")[1]).cells()))
    result = genga(folder, "vary", "01.a", "--from", cell, "--palette", "snow")
    assert result.exit_code == 0, told(result)
