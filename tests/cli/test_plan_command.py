"""genga plan and genga why, as people type them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from studio.cli import MISTAKE, app, planning
from studio.cli.planning import TO_DO

from ..production.making import make_all, plan_of
from ..production.test_gates import policy
from ..story.making import change, edit
from .test_commands import genga


def test_plan_lists_what_is_to_do_with_reason_and_price(done: Path) -> None:
    assert "9 fresh" in genga("plan", "--show", done).stdout
    edit(done, "prompt: river", "prompt: river at night")
    told = genga("plan", "--show", done)
    assert told.exit_code == 0
    assert "prompt: river -> river at night" in " ".join(told.stdout.split())
    assert "1 panel, 1 final, 1 page, 1 book" in " ".join(told.stdout.split())


def test_plan_as_json_is_whole_and_can_be_narrowed(done: Path) -> None:
    edit(done, "prompt: river", "prompt: river at night")
    whole = json.loads(genga("plan", "--show", done, "--json").stdout)
    assert whole["counts"] == {"fresh": 5, "stale": 4, "missing": 0, "blocked": 0}
    narrow = json.loads(genga("plan", "--show", done, "--json", "--unit", "01.a").stdout)
    steps = [(s["unit"], s["stage"]) for e in narrow["episodes"] for s in e["steps"]]
    assert steps == [("01.a", "panel"), ("01.a", "final"), ("01.p01", "page"), ("01", "book")]


def test_plan_names_a_pool_without_a_rate_and_shows_its_cost_as_unknown_never_as_nothing(done: Path) -> None:
    change(done / "show.yaml", pools={"image": {"usd_per_hour": 3600.0}, "post": {}})
    edit(done, "prompt: river", "prompt: river at night")
    found = json.loads(genga("plan", "--show", done, "--json").stdout)
    panel, final = (step for step in found["episodes"][0]["steps"] if step["unit"] == "01.b")
    assert panel["usd"] == pytest.approx(panel["seconds"], abs=0.001) and (final["usd"], final["pool"]) == (None, "post")
    for one in (found, found["episodes"][0]):
        assert one["usd"] is None and one["usd_known"] == pytest.approx(panel["usd"]) and one["unpriced_pools"] == ["post"]
    told = " ".join(genga("plan", "--show", done, "--deadline", "2099-01-01").stdout.split())
    assert told.count("and more that is unknown (show.yaml names no rate for pool post)") == 2 and "unknown 01" not in told
    assert "unknown" in next(line for line in genga("plan", "--show", done).stdout.splitlines() if " final " in line)
    bound = genga("plan", "--show", done, "--max-usd", "100").stdout
    assert "Feasible as far as prices are known." in bound, "a limit on money is held against what is known"
    why = " ".join(genga("why", "01.b", "--show", done).stdout.split())
    assert "an unknown price (show.yaml names no rate for pool post)" in why
    change(done / "show.yaml", pools={"image": {"usd_per_hour": 3600.0}, "post": {"usd_per_hour": 0}})
    free = json.loads(genga("plan", "--show", done, "--json").stdout)
    assert free["usd"] == pytest.approx(panel["usd"], rel=0.1) and free["unpriced_pools"] == [], "0 is a price"
    assert "unknown" not in genga("plan", "--show", done).stdout
    assert "Feasible." in genga("plan", "--show", done, "--max-usd", "100").stdout


def test_plan_says_which_budget_would_not_suffice_and_what_then_happens(done: Path) -> None:
    change(done / "show.yaml", pools={"image": {"usd_per_hour": 360_000}, "post": {"usd_per_hour": 0}},
           budget={"episode_usd": 0.001, "show_usd": 1000})
    assert "budget" not in genga("plan", "--show", done).stdout, "nothing is planned"
    edit(done, "prompt: river", "prompt: river at night")
    told = " ".join(genga("plan", "--show", done).stdout.split())
    assert "over budget: episode 01 has spent $0.0000 of $0.0010, this costs $" in told and "the show has" not in told
    assert "At the ceiling its renders are held in the queue, none fails; 'genga budget raise 01 --to 0." in told
    found = json.loads(genga("plan", "--show", done, "--json").stdout)
    [over] = found["over_budget"]
    assert (over["budget"], over["ceiling"], over["renders_held"]) == ("01", 0.001, True) and over["usd"] == found["usd"]
    assert over["raise_to"] >= over["spent"] + over["usd"]
    assert "over budget: episode 01" in " ".join(
        CliRunner().invoke(app, ["apply", "--show", str(done)], input="n\n").stdout.split()), "before it asks"
    assert genga("budget", "--show", done, "raise", "01", "--to", str(over["raise_to"])).exit_code == 0
    assert json.loads(genga("plan", "--show", done, "--json").stdout)["over_budget"] == []
    assert json.loads(genga("plan", "--show", done, "--json", "--unit", "01.a").stdout)["over_budget"] == []


def test_a_gate_that_cannot_be_asked_is_told_by_plan_apply_why_and_trace(done: Path) -> None:
    edit(done, "prompt: river", "prompt: river at night")
    policy(done, {"scorer": "clip", "min": 0.1, "parameters": {"model": "nope"}})
    for command in (("plan",), ("apply", "--yes")):
        told = genga(*command, "--show", done)
        assert told.exit_code == MISTAKE and "there is no model 'nope'" in told.stderr and "nothing is ever" in told.stderr
    make_all(done)  # as a sensor's run would
    for command in ("why", "trace"):
        told = " ".join(genga(command, "01.b", "--show", done).stdout.split())
        assert "failed" in told and "models.yaml" in told, told


def test_plan_can_tell_a_script_that_something_is_to_do(done: Path) -> None:
    assert genga("plan", "--show", done, "--check").exit_code == 0
    edit(done, "prompt: river", "prompt: river at night")
    assert genga("plan", "--show", done, "--check").exit_code == TO_DO


def test_plan_shows_what_an_unraised_version_would_touch_and_then_refuses(done: Path) -> None:
    change(done / "presets" / "fake.yaml", guidance=6.0)
    told = genga("plan", "--show", done)
    assert told.exit_code == MISTAKE
    assert "guidance: 5.0 -> 6.0" in told.stdout
    assert "Write 'version: 2'" in told.stderr


def test_a_long_plan_is_cut_and_says_so(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "ROWS", 2)
    edit(done, "prompt: river", "prompt: river at night")
    assert "and 2 more; --all shows them" in genga("plan", "--show", done).stdout
    assert "more; --all" not in genga("plan", "--show", done, "--all").stdout


def test_why_tells_recipe_take_and_what_depends_on_it(done: Path) -> None:
    told = " ".join(genga("why", "01.a", "--show", done).stdout.split())
    step = plan_of(done).step("01.a", "panel")
    assert step is not None
    assert step.digest in told
    assert "1boy, black hair, smile, sky, ink" in told
    assert "fake@1" in told
    assert "Made with it: 01.p01 page en, 01 book en" in told
    assert "an unknown price (show.yaml named no rate for pool image)" in told and "$" not in told


def test_why_of_a_page_names_its_panels(done: Path) -> None:
    told = " ".join(genga("why", "01.p01", "--show", done).stdout.split())
    assert "Made from: 01.a panel, 01.a final, 01.b panel, 01.b final" in told
