"""genga calibrate as people type it."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from studio.cli import MISTAKE, app
from tests.judge.verdicts import FACES, accepted, rejected, spread, write_ledger
from tests.production.test_gates import policy
from tests.story.making import write_show

GATE = {"scorer": "face_size", "name": "faces", "min": 0.2}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


@pytest.fixture
def spoken(folder: Path) -> Path:
    """A show with a gate and enough words about it."""
    policy(folder, GATE)
    events = accepted(FACES, *spread(0.6, 0.9, 12), preset="fake") + rejected(FACES, *spread(0.3, 0.4, 6), preset="fake")
    write_ledger(folder / "out" / "ledger", events)
    return folder


def calibrate(folder: Path, *words: object) -> Result:
    return CliRunner().invoke(app, ["calibrate", "--show", str(folder), *map(str, words)])


def test_the_table_tells_what_a_gate_is_worth_and_what_would_be_better(spoken: Path) -> None:
    told = calibrate(spoken)
    assert told.exit_code == 0, told.output
    assert "min 0.2" in told.stdout and "min 0.5" in told.stdout
    assert "recall of its reasons 0 % -> 100 %, false blocks 0 % -> 0 %" in told.stdout
    assert "policies/house.yaml, gate 'faces': min: 0.5 (now 0.2)" in told.stdout
    assert "Nothing was changed" in told.stdout


def test_no_policy_is_ever_written(spoken: Path, tmp_path: Path) -> None:
    def files() -> dict[Path, tuple[bytes, int]]:
        return {f: (f.read_bytes(), f.stat().st_mtime_ns) for top in ("policies", "presets", "out/ledger")
                for f in (spoken / top).rglob("*") if f.is_file()}

    before = files()
    calibrate(spoken)
    calibrate(spoken, "--json", "--csv", tmp_path / "gates.csv")
    calibrate(spoken, "--csv", spoken / "policies" / "house.yaml")
    assert files() == before


def test_a_folder_is_no_table(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "gates.csv").mkdir()
    for place in (tmp_path, tmp_path / "gates.csv"):
        told = calibrate(folder, "--csv", place)
        assert told.exit_code == MISTAKE and "this is a folder" in " ".join(told.output.split()), told.output


def test_programs_get_json_and_spreadsheets_a_table(spoken: Path, tmp_path: Path) -> None:
    (gate,) = json.loads(calibrate(spoken, "--json", "--csv", tmp_path / "gates.csv").stdout)["gates"]
    assert (gate["policy"], gate["gate"], gate["preset"], gate["min"], gate["proposed_min"]) == (
        "policies/house.yaml", "faces", "fake", 0.2, 0.5)
    assert (gate["accepted"], gate["rejected"], gate["precision"], gate["proposed_precision"]) == (12, 6, None, 1.0)
    with (tmp_path / "gates.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["proposed_min"] == "0.5" and row["precision"] == "" and list(row) == list(gate)


def test_a_show_without_policies_or_words_is_told_what_to_do(folder: Path) -> None:
    assert "no policy in" in calibrate(folder).stdout
    assert json.loads(calibrate(folder, "--json").stdout)["gates"] == []
    policy(folder, GATE)
    told = calibrate(folder)
    assert told.exit_code == 0 and "Nobody has judged a picture" in told.stdout and "'genga review'" in told.stdout
    assert json.loads(calibrate(folder, "--json").stdout)["gates"][0]["recall"] is None


def test_pictures_that_were_judged_before_the_gate_was_written_are_counted(spoken: Path) -> None:
    policy(spoken, {"scorer": "sharpness", "min": 3}, name="late")
    assert "18 judged pictures have no number" in calibrate(spoken).stdout


def test_one_episode_can_be_asked_for(spoken: Path) -> None:
    write_ledger(spoken / "out" / "ledger", accepted(FACES, 0.5, preset="fake", episode="02"))
    assert json.loads(calibrate(spoken, "--json", "--episode", "01").stdout)["gates"][0]["accepted"] == 12
    assert json.loads(calibrate(spoken, "--json").stdout)["gates"][0]["accepted"] == 13


@pytest.mark.parametrize(("words", "told"), [
    (["--csv", "gates.xlsx"], "Name it gates.csv"), (["--csv", "nowhere/gates.csv"], "there is no such folder"),
    (["--episode", "07"], "07"),
])
def test_what_cannot_be_done_is_told_with_its_remedy(spoken: Path, words: list[str], told: str) -> None:
    result = calibrate(spoken, *words)
    assert result.exit_code == MISTAKE and told in result.output


def test_a_broken_policy_names_its_file(spoken: Path) -> None:
    policy(spoken, {"scorer": "face_siz", "min": 0.2})
    result = calibrate(spoken)
    assert result.exit_code == MISTAKE and "house.yaml" in result.output and "face_size" in result.output


def test_help_has_examples() -> None:
    told = CliRunner().invoke(app, ["calibrate", "--help"]).stdout
    assert "genga calibrate --csv gates.csv" in told
