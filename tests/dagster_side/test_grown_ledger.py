"""The sensor that has the tables made: after something happened, not too often, and never twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.test_utils import create_run_for_test

from anime_assets.metrics import metrics
from anime_assets.report import report
from resources.show import ShowResource
from sensors.grown_ledger import NUMBERS, grown_ledger
from studio.store.events import Waiver
from studio.store.ledger import Ledger
from tests.story.making import change, write_show

LONG_AGO = datetime.now(UTC) - timedelta(minutes=31)
PANELS = dg.AssetKey("panels")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A show in which something happened that no table knows of."""
    folder = write_show(tmp_path / "show")
    happen(folder)
    return folder


def happen(folder: Path) -> None:
    """One more line in the ledger."""
    Ledger(folder / "out" / "ledger").append(Waiver(show="show", unit="01.a", until="2026-12-01", by="aki", why="printed"))


def count(folder: Path) -> None:
    """Leave behind what a build publishes of the files that it read."""
    (folder / "out" / "metrics.duckdb").unlink(missing_ok=True)
    with duckdb.connect(str(folder / "out" / "metrics.duckdb")) as database:
        database.execute("create table ledger_files (file varchar, bytes bigint)")
        for file in (folder / "out" / "ledger").glob("*.jsonl"):
            database.execute("insert into ledger_files values (?, ?)", [file.name, file.stat().st_size])


def tick(folder: Path, instance: dg.DagsterInstance, last: datetime | str | None = LONG_AGO) -> dg.SensorResult:
    """What it says, having asked `last` for the last time."""
    cursor = last.isoformat() if isinstance(last, datetime) else last
    with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
        found = grown_ledger(context, show=ShowResource(folder=str(folder)))
    assert isinstance(found, dg.SensorResult)
    return found


def run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, *keys: dg.AssetKey) -> dg.DagsterRun:
    """A run of these assets that stands so."""
    return create_run_for_test(instance, status=status, asset_selection=frozenset(keys))


def said(found: dg.SensorResult) -> str:
    assert not found.run_requests
    assert isinstance(found.skip_reason, dg.SkipReason)
    return str(found.skip_reason.skip_message)


def test_it_asks_for_all_numbers_once_after_something_happened(folder: Path, instance: dg.DagsterInstance) -> None:
    [asked] = tick(folder, instance).run_requests or []
    assert set(asked.asset_selection or ()) == {*metrics.keys, *report.keys}
    assert asked.tags["dagster/priority"] == "-10", "pictures first"
    count(folder)
    assert said(tick(folder, instance)) == "nothing has happened since the tables were made"
    happen(folder)
    assert tick(folder, instance).run_requests


def test_it_waits_a_while_on_a_new_instance_and_after_each_time(folder: Path, instance: dg.DagsterInstance) -> None:
    first = tick(folder, instance, None)
    assert said(first) == "looked for the first time"
    assert said(tick(folder, instance, first.cursor)).startswith("not before ")
    asked = tick(folder, instance)
    assert said(tick(folder, instance, asked.cursor)).startswith("not before ")
    assert said(tick(folder, instance, datetime.now(UTC) - timedelta(minutes=29))).startswith("not before ")


def test_a_tick_that_is_repeated_after_a_crash_asks_for_the_same_run(folder: Path, instance: dg.DagsterInstance) -> None:
    keys = {(tick(folder, instance).run_requests or [])[0].run_key for _ in range(2)}
    assert len(keys) == 1
    assert (tick(folder, instance, LONG_AGO - timedelta(hours=1)).run_requests or [])[0].run_key not in keys


def test_it_waits_for_a_run_to_end_but_not_for_all_of_them(folder: Path, instance: dg.DagsterInstance) -> None:
    run(instance, dg.DagsterRunStatus.NOT_STARTED, PANELS)
    assert tick(folder, instance).run_requests, "one that a budget holds may stand in the queue for ever"
    run(instance, dg.DagsterRunStatus.STARTED, PANELS)
    run(instance, dg.DagsterRunStatus.SUCCESS, *NUMBERS)
    assert said(tick(folder, instance)) == "the first run since then is still at work"
    run(instance, dg.DagsterRunStatus.FAILURE, PANELS)
    assert tick(folder, instance).run_requests


@pytest.mark.parametrize("status", ["NOT_STARTED", "STARTED"])
def test_there_are_never_two_that_make_the_tables(folder: Path, instance: dg.DagsterInstance, status: str) -> None:
    run(instance, dg.DagsterRunStatus[status], *NUMBERS)
    assert said(tick(folder, instance)) == "the tables are being made"


def test_show_yaml_says_how_often_and_whether_at_all(folder: Path, instance: dg.DagsterInstance) -> None:
    change(folder / "show.yaml", metrics={"every_minutes": 60})
    assert said(tick(folder, instance)).startswith("not before ")
    change(folder / "show.yaml", metrics={"enabled": False})
    assert said(tick(folder, instance)) == "switched off in show.yaml"
    change(folder / "show.yaml", metrics={"every_minutes": 0})
    broken = tick(folder, instance)
    assert "every_minutes" in said(broken) and broken.cursor == LONG_AGO.isoformat(), "and it forgets nothing"


def test_a_clock_that_was_put_back_stops_it_for_one_interval_only(folder: Path, instance: dg.DagsterInstance) -> None:
    found = tick(folder, instance, datetime.now(UTC) + timedelta(days=400))
    assert not found.run_requests and datetime.fromisoformat(found.cursor or "") <= datetime.now(UTC)
