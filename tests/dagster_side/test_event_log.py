"""The event log whose connections are kept: the same files and answers as Dagster's own."""

import threading
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage

from resources.event_log import KEPT, EventLog
from studio.dispatch.services import home_of, prepare
from studio.story.show import open_show
from tests.story.making import write_show

PANELS = dg.AssetKey("panels")


def tell(instance: dg.DagsterInstance, *cells: str) -> None:
    for cell in cells:
        instance.report_runless_asset_event(dg.AssetMaterialization(PANELS, partition=cell))


def test_a_show_has_it_where_its_history_was_before(tmp_path: Path) -> None:
    show = open_show(write_show(tmp_path / "it's a show: {1}"))
    prepare(show)
    home = home_of(show)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        tell(instance, "a", "b")
    settings = home / "dagster.yaml"
    text = settings.read_text().replace("module: resources.event_log", "module: dagster._core.storage.event_log")
    settings.write_text(text.replace("class: EventLog", "class: SqliteEventLogStorage"))
    with dg.DagsterInstance.from_config(str(home)) as plain:
        assert type(plain.event_log_storage) is SqliteEventLogStorage
        assert plain.get_materialized_partitions(PANELS) == {"a", "b"}


def test_two_processes_worth_of_logs_see_each_other_at_once(tmp_path: Path) -> None:
    mine, yours = EventLog(str(tmp_path)), SqliteEventLogStorage(str(tmp_path))
    with dg.instance_for_test() as instance:
        tell(instance, "a")
        [record] = instance.fetch_materializations(PANELS, limit=1).records
    for number in range(3):
        mine.store_event(record.event_log_entry)
        assert len(yours.fetch_materializations(PANELS, limit=9).records) == 2 * number + 1
        yours.store_event(record.event_log_entry)
        assert len(mine.fetch_materializations(PANELS, limit=9).records) == 2 * number + 2
    mine.dispose()


def test_a_table_is_known_once_it_is_there(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    assert not log.has_table("later")
    with log.index_connection() as connection:
        connection.exec_driver_sql("create table later (x integer)")
    assert log.has_table("later") and log.supports_asset_checks
    log.dispose()


def test_threads_take_turns(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    with dg.instance_for_test() as instance:
        tell(instance, "a")
        [record] = instance.fetch_materializations(PANELS, limit=1).records
    threads = [threading.Thread(target=lambda: [log.store_event(record.event_log_entry) for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log.fetch_materializations(PANELS, limit=99).records) == 40
    log.dispose()


def test_few_files_stay_open_however_many_runs_are_read(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    for number in range(3 * KEPT):
        assert log.get_logs_for_run(f"run{number}") == []
    assert len(log._engines) == KEPT
    log.dispose()
    assert log.get_logs_for_run("run0") == []
    log.dispose()
