"""The audit: a week beside the one before it, looks that drifted, what is dead; page, command, asset and schedule."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from anime_assets.weekly_audit import weekly_audit
from resources.show import ShowResource
from sensors.weekly_audits import NUMBERS, weekly_audits
from studio.cli import MISTAKE, app
from studio.metrics.auditing import Audit, audit
from studio.metrics.building import Warehouse, build
from studio.metrics.weeks import Sums, sums, tables
from studio.production.canaries import approve, check
from studio.production.opening import open_production
from studio.render.renderer import Run
from studio.story.show import Show
from tests.production.making import make_all
from tests.story.making import change, edit, write_show, write_weights

SUNDAY = datetime(2026, 3, 9, tzinfo=UTC)
QUIET = Sums(takes=40, failures=0, accepted=36, judged=40, seconds=400.0, usd=3.6, unpriced=0, unpriced_pools=())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn show with a changed panel, approved canaries of which the model was then replaced, and no rate for `post`."""
    folder = write_show(tmp_path_factory.mktemp("audit") / "show")
    change(folder / "show.yaml", pools={"image": {"usd_per_hour": 36.0}, "post": {}}, storage={"usd_per_gb_month": 0.02})
    make_all(folder)
    edit(folder, "prompt: river", "prompt: river at night")
    make_all(folder)
    approve(open_production(folder), "fake", Run())
    write_weights(folder / "models" / "tiny.safetensors", "model.diffusion_model.w", 9)
    check(open_production(folder), "fake", Run())
    build(open_production(folder).show).check()
    return folder


def audited(folder: Path, until: datetime | None = None) -> Audit:
    production = open_production(folder)
    return audit(production, Warehouse(production.show).published, until)


def test_a_week_is_told_beside_the_one_before(small: Show) -> None:
    database = Warehouse(small).published
    now, before = sums(database, SUNDAY), sums(database, SUNDAY - timedelta(days=7))
    assert now == Sums(9, 1, 7, 8, pytest.approx(103.0), pytest.approx(0.831), 1, ("post",))
    assert (before.takes, before.acceptance, before.unpriced, before.spent) == (2, 0.0, 1, pytest.approx(0.02))
    found = tables(database, SUNDAY)
    stages = {row[0]: row[1:] for row in found["stages"].rows}
    assert stages["panel"] == (5, 4, 80.0, 2, 0.0) and "sweep" not in stages
    assert ("cel@2", 7, 6, 85.7, 0, None) in found["looks"].rows
    pools = {row[0]: row[1:] for row in found["pools"].rows}
    assert pools["post"] == (1, 10.0, None, 1, 0, 0.0), "unknown is no zero, and nothing tried is no unknown"
    assert found["slowest"].rows[0][:3] == ("01.b", "panel", 2)
    assert sums(database, SUNDAY + timedelta(days=30)).spent == 0.0


def test_the_audit_of_a_show_finds_drift_dead_storage_and_what_has_no_price(folder: Path) -> None:
    found = audited(folder)
    figures = found.figures()
    assert figures["takes"] == found.now.takes > 12 and figures["takes_week_before"] == 0 and figures["usd_week_before"] == 0.0
    assert (figures["presets_drifting"], figures["presets_not_approved"]) == (1, 0)
    assert 0 < figures["dead_bytes"] < figures["store_bytes"] and found.keeping == pytest.approx(figures["dead_bytes"] * 0.02e-9)
    [look] = found.looks
    assert look.state.startswith("face drift") and (look.checks, look.alerts) == (1, 1)
    told = " ".join(found.remarks())
    assert "model file:" in told and "genga canary check fake" in told and "no rate for post" in told


def test_a_later_week_no_longer_counts_what_happened(folder: Path) -> None:
    later = audited(folder, datetime.now(UTC) + timedelta(days=8))
    assert (later.now.takes, later.now.acceptance, later.now.spent) == (0, None, 0.0) and later.before.takes > 12
    assert later.looks[0].checks == 0 and later.looks[0].wrong, "nobody mended it"


def test_it_speaks_of_a_fall_and_a_rise_only_where_there_are_enough_takes(folder: Path) -> None:
    quiet = replace(audited(folder), now=QUIET, before=QUIET, looks=())
    assert quiet.remarks() == []
    worse = replace(quiet, now=replace(QUIET, accepted=20))
    assert [said[:10] for said in worse.remarks()] == ["Acceptance", "An accepte"]
    assert replace(worse, now=replace(QUIET, judged=8, accepted=1)).remarks() == []


def test_a_week_without_anything_is_no_zero_and_a_look_that_nobody_approved_no_sound_one(folder: Path) -> None:
    def facts(found: Audit) -> dict[str, tuple[str, str]]:
        return {name: (value, told) for name, value, told in found.facts()}

    found = audited(folder)
    told = facts(found)
    assert told["drifting looks"] == ("1", "of 1")
    assert {told[name][1] for name in ("takes", "accepted", "spent", "per accepted take")} == {"nothing before"}
    [look] = found.looks
    new = replace(look, approved="", last=None)
    assert facts(replace(found, looks=(new, new)))["drifting looks"] == ("–", "2 never approved")
    assert facts(replace(found, looks=(look, new)))["drifting looks"] == ("1", "of 1, 1 never approved")
    assert facts(replace(found, before=QUIET))["spent"][1] == "$3.6000 the week before"


def test_the_page_needs_nothing_else_and_tells_the_figures(folder: Path) -> None:
    found = audited(folder)
    html = found.html()
    assert not re.search(r"(src|href)=|url\(", html), "no other file, no network"
    for name, value, _ in found.facts():
        assert f"<b>{escape(value)}</b>{name}" in html
    assert "takes that their unit does not use any more" in html and "face drift" in html


def test_the_command_writes_the_page_and_deletes_nothing(folder: Path) -> None:
    kept = sorted((folder / "out" / "artifacts").rglob("*"))
    done = CliRunner().invoke(app, ["audit", "--show", str(folder), "--no-build", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert Path(told["file"]).parent == folder / "out" / "audits" and Path(told["file"]).read_text().startswith("<!doctype")
    assert told["usd"] > 0 and told["presets_drifting"] == 1
    assert sorted((folder / "out" / "artifacts").rglob("*")) == kept
    plain = CliRunner().invoke(app, ["audit", "--show", str(folder), "--no-build", "--out", str(folder / "a.html")])
    assert "drifting looks" in plain.output and (folder / "a.html").is_file()


def test_before_the_first_build_it_says_what_to_do(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["audit", "--show", str(write_show(tmp_path / "new")), "--no-build"])
    assert done.exit_code == MISTAKE and "Run 'genga metrics build'" in done.output


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as found:
        yield found


def due(folder: Path, instance: dg.DagsterInstance, at: datetime) -> dg.RunRequest | dg.SkipReason:
    resources = {"show": ShowResource(folder=str(folder))}
    with dg.build_schedule_context(instance=instance, scheduled_execution_time=at, resources=resources) as context:
        return weekly_audits(context)


def test_the_schedule_asks_once_a_week_for_tables_and_audit_whose_figures_the_asset_shows(
    folder: Path, instance: dg.DagsterInstance
) -> None:
    now = datetime.now(UTC)
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=41)
    asked = due(folder, instance, now)
    assert isinstance(asked, dg.RunRequest) and asked.asset_selection == NUMBERS
    run = dg.materialize([weekly_audit], instance=instance, resources={"show": ShowResource(folder=str(folder))})
    [event] = run.asset_materializations_for_node("weekly_audit")
    shown = {name: value.value for name, value in event.metadata.items()}
    assert shown["presets_drifting"] == 1 and shown["usd"] > 0 and shown["acceptance_week_before"] is None
    assert Path(shown["report"]).is_file() and "genga canary check" in shown["to_look_at"]
    assert isinstance(due(folder, instance, now + timedelta(minutes=1)), dg.SkipReason), "this week has one"
    assert isinstance(due(folder, instance, monday + timedelta(days=7)), dg.RunRequest), "the next one has not"


def test_a_show_in_which_nothing_happened_is_left_alone(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    assert isinstance(due(write_show(tmp_path / "new"), instance, datetime.now(UTC)), dg.SkipReason)
