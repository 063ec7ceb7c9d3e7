"""genga sweep and genga vary as people type them: what they cannot do is their mistake, named at once, and no fault of genga."""

import time
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from studio.cli import MISTAKE, app
from studio.production.opening import open_production
from studio.production.sweeping import sweep_planner
from studio.story.sweeps import find_sweep
from tests.production.making import make_all
from tests.story.making import change, dump, write_show, write_weights

SOON = 3.0
"""Seconds in which a grid of millions of cells is refused."""


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


def test_a_mask_that_is_no_picture_of_the_show_is_named(folder: Path) -> None:
    result = genga(folder, "vary", "01.a", "--palette", "snow", "--mask", "/etc/hosts", "--no-lines")
    assert result.exit_code == MISTAKE and "hosts" in told(result) and "outside the show" in told(result)


def test_a_grid_of_millions_is_refused_at_once(folder: Path) -> None:
    over = {"guidance": list(range(2, 9)), "seed": list(range(3000)), "take": list(range(1, 3000))}
    dump(folder / "sweeps" / "huge.yaml", {"sweep": "huge", "unit": "01.a", "over": over})
    for words in (("plan", "huge"), ("run", "huge"), ("rank", "huge"), ("adopt", "huge"), ("adopt", "huge", "1a2b3c4d"),
                  ("use", "huge"), ("use", "huge", "1a2b3c4d")):
        begun = time.monotonic()
        result = genga(folder, "sweep", *words)
        assert result.exit_code == MISTAKE and "62979000 cells are more than the ceiling of 64" in told(result), told(result)
        assert time.monotonic() - begun < SOON
    begun = time.monotonic()
    listed = genga(folder, "sweep", "list")
    assert listed.exit_code == 0 and time.monotonic() - begun < SOON
    assert "too many cells (62979000, its ceiling is 64)" in told(listed) and "0 of 2 cells drawn" in told(listed)


def test_a_round_goes_on_from_a_winner_beside_a_grid_of_millions(folder: Path) -> None:
    assert genga(folder, "sweep", "run", "mood").exit_code == 0
    dump(folder / "sweeps" / "huge.yaml", {"sweep": "huge", "unit": "01.a", "over": {"seed": list(range(3000)),
                                                                                     "take": list(range(1, 3000))}})
    cell = next(iter(sweep_planner(open_production(folder), find_sweep(folder / "sweeps", "mood")[1]).cells()))
    begun = time.monotonic()
    result = genga(folder, "vary", "01.a", "--from", cell, "--palette", "snow")
    assert result.exit_code == 0, told(result)
    assert time.monotonic() - begun < SOON
