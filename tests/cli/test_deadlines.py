"""plan --deadline says whether it is in time; apply --deadline lets it go before what is due later."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from studio.cli.forecasting import due_at
from studio.cli.planning import TO_DO

from ..production.making import make_all
from ..story.making import change, edit, write_show
from .test_commands import genga

NOON = datetime(2026, 12, 1, 12).astimezone()


@pytest.fixture
def done(tmp_path: Path) -> Path:
    folder = write_show(tmp_path / "small")
    make_all(folder)
    return folder


def test_what_a_budget_holds_is_not_feasible_however_fast_it_is(done: Path) -> None:
    edit(done, "prompt: river", "prompt: river at night")
    change(done / "show.yaml", pools={"image": {"usd_per_hour": 360_000}, "post": {"usd_per_hour": 0}},
           budget={"episode_usd": 0.001})
    told = genga("plan", "--show", done, "--deadline", "2099-01-01")
    words = " ".join(told.stdout.split())
    assert told.exit_code == TO_DO and "Feasible" not in words
    # What a picture costs is what one took, so a busy machine asks for more.
    held = r"Not feasible: episode 01 holds its renders at \$0\.0010\. 'genga budget raise 01 --to \d+\.\d+' makes room"
    assert re.search(held, words)
    found = json.loads(genga("plan", "--show", done, "--json", "--deadline", "2099-01-01").stdout)["forecast"]
    assert (found["feasible"], found["enough"], found["held_by"]) == (False, False, ["01"])
    change(done / "show.yaml", budget={"episode_usd": 1_000_000})
    assert genga("plan", "--show", done, "--deadline", "2099-01-01").exit_code == 0


def test_a_forecast_of_nothing_names_no_time(done: Path) -> None:
    told = genga("plan", "--show", done, "--deadline", "2099-01-01")
    assert told.exit_code == 0 and "Nothing is to be done." in told.stdout and "Done by" not in told.stdout


@pytest.mark.parametrize(("written", "meant"), [
    ("18:00", NOON.replace(hour=18)), ("09:30", NOON.replace(day=2, hour=9, minute=30)),
    ("2026-12-01", NOON.replace(day=2, hour=0)), ("2026-12-24 20:15", NOON.replace(day=24, hour=20, minute=15)), (None, None),
])
def test_a_time_is_read_as_people_write_it(written: str | None, meant: datetime | None) -> None:
    assert due_at(written, NOON) == meant


@pytest.mark.parametrize(("written", "told"), [
    ("2020-01-01", "--deadline: 2020-01-01 is past. Name a time that is still to come"),
    ("soon", "--deadline: 'soon' is no time. Write it as '2026-12-01 18:00', '2026-12-01' or '18:00'"),
])
def test_apply_refuses_a_deadline_that_cannot_be(done: Path, written: str, told: str) -> None:
    refused = genga("apply", "--show", done, "--deadline", written)
    assert refused.exit_code and told in " ".join(refused.stderr.split())


def test_apply_warns_before_it_asks_when_it_will_be_late(done: Path) -> None:
    for file in (done / "out" / "ledger").rglob("*.jsonl"):  # each picture took two hours
        file.write_text(re.sub(r'"seconds":[0-9.e-]+', '"seconds":7200.0', file.read_text()))
    edit(done, "prompt: river", "prompt: river at night")
    soon, late = (f"{datetime.now() + timedelta(hours=hours):%Y-%m-%d %H:%M}" for hours in (1, 48))  # noqa: DTZ005 (as people write)
    asked = genga("apply", "--show", done, "--deadline", soon)
    assert f"warning: it is due by {soon}, and would be done by " in asked.stderr
    assert "in nine of ten cases: 'genga plan --deadline' says what to give up" in asked.stderr
    assert "Go on?" in asked.stdout
    assert "warning: it is due" not in genga("apply", "--show", done, "--deadline", late).stderr


def test_plan_and_apply_say_which_moment_was_understood(done: Path) -> None:
    edit(done, "prompt: river", "prompt: river at night")
    passed = datetime.now() - timedelta(minutes=1)  # noqa: DTZ005 (as people write)
    due = f"Due by {passed + timedelta(days=1):%Y-%m-%d} {passed:%H:%M}."
    assert due in genga("plan", "--show", done, "--deadline", f"{passed:%H:%M}").stdout
    assert due in genga("apply", "--show", done, "--deadline", f"{passed:%H:%M}").stdout
    assert "Due by" not in genga("plan", "--show", done, "--max-usd", 5).stdout
