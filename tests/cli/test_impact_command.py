"""genga impact and genga waive, as people type them."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from studio.cli import MISTAKE
from studio.cli.planning import TO_DO

from ..production.making import make_all
from ..story.making import change, edit, write_show, write_weights
from .test_commands import genga

LATER = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


@pytest.fixture
def done(tmp_path: Path) -> Path:
    make_all(write_show(tmp_path / "small"))
    return tmp_path / "small"


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("command", ["impact", "waive"])
def test_they_explain_themselves_with_examples(command: str) -> None:
    assert command in genga("--help").stdout and f"genga {command} " in words(genga(command, "--help").stdout)


def test_impact_sums_by_book_and_lists_each_unit_when_asked(done: Path) -> None:
    told = words(genga("impact", "models/tiny.safetensors", "--show", done).stdout)
    assert "model card tiny (tiny.safetensors)" in told and "book 01" in told
    assert "If it changes: 3 panels, 3 finals, 2 pages, 1 book" in told
    assert "1 of 1 books and films that hold it is published" in told
    assert "01.b" not in told and "01.b" in genga("impact", "tiny", "--all", "--show", done).stdout
    assert "No unit in use holds it" in genga("impact", "ink", "--show", done).stdout


def test_impact_for_programs(done: Path) -> None:
    found = json.loads(genga("impact", "momo", "--json", "--show", done).stdout)
    (group,) = found["groups"]
    assert found["what"] == "character" and found["units"] == 4 and group["kept"] == {"panel": 2, "final": 2, "page": 1}
    row = next(row for row in group["rows"] if row["stage"] == "panel")
    assert (row["unit"], row["kind"], row["direct"], row["published"], row["redone"]) == ("01.a", "content", True, True, True)


def test_impact_names_a_pool_without_a_rate_and_shows_its_cost_as_unknown(done: Path) -> None:
    change(done / "show.yaml", pools={"image": {"usd_per_hour": 3600.0}, "post": {}})
    found = json.loads(genga("impact", "momo", "--json", "--show", done).stdout)
    for one in (found, found["groups"][0]):
        assert one["usd"] is None and one["usd_known"] > 0 and one["unpriced_pools"] == ["post"]
    assert {row["stage"]: row["usd"] is None for row in found["groups"][0]["rows"]} == {
        "panel": False, "final": True, "page": True, "book": True}
    told = words(genga("impact", "momo", "--all", "--show", done).stdout)
    assert "and more that is unknown (show.yaml names no rate for pool post)" in told and "+ unknown" in told
    change(done / "show.yaml", pools={"image": {}, "post": {}})
    told = words(genga("impact", "momo", "--show", done).stdout)
    assert "an unknown price (show.yaml names no rate for pools image, post)" in told


def test_impact_of_nothing_or_of_what_nobody_knows_is_a_mistake(done: Path) -> None:
    assert genga("impact", "--show", done).exit_code == MISTAKE
    told = genga("impact", "tinny", "--show", done)
    assert told.exit_code == MISTAKE and "Did you mean 'tiny'?" in words(told.stderr)


def test_the_environment_is_told_and_is_no_reason_to_do_anything(done: Path) -> None:
    assert "made in today's environment" in words(genga("impact", "--environment", "--show", done).stdout)
    for file in (done / "out" / "ledger").glob("*.jsonl"):
        text = re.sub(r'"environment":"(?=[0-9a-f])', '"environment":"0', file.read_text())
        file.write_text(text.replace('"python":"3', '"python":"2'))
    told = words(genga("impact", "--environment", "--show", done).stdout)
    assert "6 takes python: 2." in told and "Nothing is stale for that" in told and "book 01: 3 panels, 3 finals" in told
    found = json.loads(genga("impact", "--environment", "--json", "--show", done).stdout)
    assert found["unknown"] == 3 and {row["kind"] for group in found["groups"] for row in group["rows"]} == {"environment"}
    assert genga("plan", "--check", "--show", done).exit_code == 0


def test_plan_and_why_tell_the_kinds_apart_and_what_is_waived(done: Path) -> None:
    edit(done, "prompt: river", "prompt: river at night")
    change(done / "presets" / "fake.yaml", version=2, guidance=6.0)
    assert "01.b panel content+recipe" in words(genga("plan", "--show", done).stdout)
    assert "prompt: river -> river at night (content)" in words(genga("why", "01.b", "--show", done).stdout)
    assert genga("plan", "--check", "--show", done).exit_code == TO_DO
    told = words(genga("waive", "01", "--until", LATER, "--why", "printed already", "--by", "mika", "--show", done).stdout)
    assert f"01: waived until {LATER} by mika: printed already" in told and "It stays as it is: 01.a panel" in told
    told = words(genga("plan", "--show", done).stdout)
    assert "waived 01.b panel" in told and "3 of the stale waived" in told and "To bring it up to date" not in told
    assert genga("plan", "--check", "--show", done).exit_code == 0
    assert json.loads(genga("plan", "--json", "--show", done).stdout)["usd"] == 0
    assert "waived until" in words(genga("why", "01.b", "--show", done).stdout)
    assert "Nothing to do" in words(genga("apply", "--yes", "--show", done).stdout)
    (group,) = json.loads(genga("impact", "tiny", "--json", "--show", done).stdout)["groups"]
    assert group["work"] == "nothing until the waiver ends" and all(row["waived"] for row in group["rows"])


def test_waivers_are_listed_and_taken_back(done: Path) -> None:
    assert "Nothing is waived." in genga("waive", "--show", done).stdout
    told = genga("waive", "01.a", "--until", LATER, "--why", "fine as it is", "--by", "mika", "--show", done)
    assert "Nothing of it is stale today" in words(told.stdout)
    genga("waive", "01.b", "--until", LATER, "--why", "later", "--by", "mika", "--show", done)
    edit(done, "- id: b\n", "- id: brook\n")
    told = words(genga("waive", "--show", done).stdout)
    assert "01.a" in told and "mika" in told and "later (in no storyboard any more: deleted or renamed)" in told
    assert "01.a: taken back" in words(genga("waive", "01.a", "--undo", "--show", done).stdout)
    assert "01.a" not in genga("waive", "--show", done).stdout


@pytest.mark.parametrize(("typed", "told"), [
    (["01.aa", "--until", LATER, "--why", "x"], "there is no unit '01.aa'. Did you mean '01.a'?"),
    (["02.a", "--until", LATER, "--why", "x"], "there is no unit '02.a'"),
    (["01.a", "--until", "2020-01-01", "--why", "x"], "is in the past"),
    (["01.a", "--until", LATER], "a waiver needs a reason"),
    (["01.a", "--why", "x"], "--until: it is missing. Name the last day"),
    (["01.a", "--why", "x", "--until", "soon"], "'soon' is no date"),
    (["01.a", "--undo"], "01.a is not waived"),
    (["--until", LATER], "--until speaks of no unit"),
    (["01.a", "--until", LATER, "--why", "x", "--by", " "], "a name is missing"),
])
def test_what_cannot_be_waived_is_a_mistake(done: Path, typed: list[str], told: str) -> None:
    result = genga("waive", *typed, "--show", done)
    assert result.exit_code == MISTAKE and told in words(result.stderr)


def test_a_file_elsewhere_is_known_by_its_bytes_not_by_its_name(done: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "tiny.safetensors"
    write_weights(other, "model.diffusion_model.w", 9)
    told = genga("impact", other, "--show", done).stdout
    assert "model card tiny" not in told and "No unit in use holds it" in told
    other.write_bytes((done / "models" / "tiny.safetensors").read_bytes())
    for asked in (other, "tiny.safetensors", "models/tiny.safetensors"):
        told = genga("impact", asked, "--show", done).stdout
        assert "model card tiny (tiny.safetensors)" in told and "3 panels" in words(told), asked
    gone = genga("impact", tmp_path / "nowhere" / "tiny.safetensors", "--show", done)
    assert gone.exit_code == MISTAKE and "no model, preset, character, file" in words(gone.stderr)


def test_what_nothing_in_use_holds_hints_at_the_plan_unless_it_was_asked(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "new")
    assert "not made yet is told with --planned" in words(genga("impact", "fake", "--show", folder).stdout)
    asked = words(genga("impact", "fake", "--planned", "--show", folder).stdout)
    assert "told with --planned" not in asked and "The plan wants" in asked
