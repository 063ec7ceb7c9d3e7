"""What the tables say of a week with retries, rejects, failures, found pictures, torn lines, odd clocks and lost units."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from studio.metrics.tables import tables
from studio.store.events import BudgetRaise
from studio.store.ledger import Ledger
from studio.story.show import Show

from .dbt_inside import parsed
from .ledgers import LORA, MODEL, at, built, failure, one, rows, start, take, write_ledger

BY_CAUSE = """
select sum(usd) from (select usd from panel_costs union all select usd from film_costs
    union all select usd from attempts where stage = 'sweep')"""
README = Path(__file__).parents[2] / "README.md"


def lines(show: Show, *kinds: str) -> list[dict[str, Any]]:
    """The ledger as Python reads it."""
    return [e for _, _, e in Ledger(show.out / "ledger").lines() if e and e["event"] in kinds]


def test_money_and_counts_are_the_ledgers_to_the_cent_however_they_are_cut(small: Show) -> None:
    paid = lines(small, "take", "failure")
    usd = sum(event.get("usd") or 0.0 for event in paid)
    assert usd > 0.5
    no_takes, no_look = 0.05, 0.001 + 0.02  # what failed; a film, and a line without a preset
    for sql, missing in (
        ("select usd from totals", 0), ("select sum(usd) from attempts", 0), ("select sum(usd) from days", 0),
        ("select max(usd_so_far) from budget", 0), ("select sum(usd) from takes", no_takes),
        ("select sum(usd) from acceptance where dimension = 'show'", no_takes),
        ("select sum(usd) from presets", no_takes + no_look), (BY_CAUSE, 0),
    ):
        assert one(small, sql) + missing == pytest.approx(usd, abs=0.001), sql
    for kind, mart in (("take", "takes"), ("failure", "failures"), ("pick", "picks")):
        assert one(small, f"select count(*) from {mart}") == len(lines(small, kind))
    kinds = ("intake", "take", "failure", "review", "pick", "publish", "start", "prices")
    assert one(small, "select events from totals") == len(lines(small, *kinds))


def test_an_accepted_panel_costs_all_that_was_spent_on_panels_by_cause(small: Show) -> None:
    found = {cause: (attempts, usd, unpriced, panels) for cause, attempts, usd, unpriced, panels in rows(
        small, "select cause, attempts, usd, unpriced_attempts, accepted_panels from panel_costs where episode = '01'")}
    assert found == {
        "first": (5, pytest.approx(0.35), 1, 4), "retry": (1, pytest.approx(0.18), 0, 4),
        "rejected": (1, pytest.approx(0.1), 0, 4), "unknown": (2, pytest.approx(0.02), 1, 4),
    }
    each = one(small, "select sum(usd_per_accepted_panel) from panel_costs")
    assert each == pytest.approx(one(small, "select sum(usd) from panel_costs") / 4)


def test_a_finished_second_costs_all_that_was_spent_on_the_film(small: Show) -> None:
    assert rows(small, "select cause, usd, film_seconds, usd_per_film_second from film_costs") == [
        ("first", pytest.approx(0.101), 5.0, pytest.approx(0.0202))]


def test_accepted_is_a_persons_word_or_where_nobody_spoke_use(small: Show) -> None:
    found = {name: flags for name, *flags in rows(
        small, "select artifact, accepted_by_person, rejected_by_person, in_use, accepted, reviewer from takes "
               "where stage = 'panel'")}
    assert found["a-a1"] == [True, False, True, True, "aki"]
    assert found["a-b1"] == [False, True, False, False, "aki"]
    assert found["a-b2"] == [False, False, True, True, None]
    assert found["a-c1"] == [False, False, True, True, None], "ben took his word back"
    assert found["a-0"] == [False, False, False, False, None]


@pytest.mark.parametrize(("dimension", "value", "expected"), [
    ("character", "momo", (5, 4)), ("character", "hina", (2, 1)), ("reviewer", "aki", (2, 1)), ("preset", "cel@2", (5, 4)),
    ("model", "house", (5, 4)), ("lora", LORA, (5, 4)), ("pool", "image", (6, 4)), ("episode", "01", (7, 4)),
])
def test_acceptance_by_each_dimension(small: Show, dimension: str, value: str, expected: tuple[int, int]) -> None:
    assert rows(small, f"select rendered, accepted from acceptance where dimension = '{dimension}' and value = '{value}' "
                       "and stage = 'panel'") == [expected]


def test_weights_are_known_by_the_names_that_people_gave_them(small: Show) -> None:
    assert set(rows(small, "select sha256, role, name from models")) == {(MODEL, "model", "house"), (LORA, "lora", "ink")}


def test_a_clock_that_jumped_back_makes_a_wait_unknown_not_negative(small: Show) -> None:
    assert set(rows(small, "select pool, class, runs, unknown_waits, p50_seconds from queue_waits")) == {
        ("image", "delivery", 1, 0, 10.0), ("image", "none", 1, 0, 30.0), ("post", "none", 1, 1, None)}
    assert rows(small, "select run, class, asked_by from runs order by run") == [
        ("run1", "delivery", "apply"), ("run2", None, "review"), ("run3", None, "apply")]
    found = rows(small, "select latency_seconds, bytes from deliveries order by delivered_at")
    assert found == [(None, None), (10800.0, 1_000_000)]


def test_found_pictures_save_what_they_had_cost(small: Show) -> None:
    assert rows(small, "select picks, reused, saved_usd, saved_seconds from reuse where stage = 'panel'") == [
        (6, 1, pytest.approx(0.1), pytest.approx(10.0))]


def test_failures_count_against_their_stage(small: Show) -> None:
    assert rows(small, "select attempts, failures, success, failed_usd from stage_success where stage = 'panel'") == [
        (8, 1, 7 / 8, pytest.approx(0.05))]


def test_predictions_are_held_against_what_takes_took(small: Show) -> None:
    columns = "takes, median_predicted_seconds, median_actual_seconds, median_ratio, within_p90, bias"
    where = "from predictions where week = '2026-03-02' and stage = 'panel' and pool = 'image' and basis"
    assert rows(small, f"select {columns} {where} = 'measured'") == [
        (3, 8.0, 8.0, 2.0, pytest.approx(2 / 3), pytest.approx((34 - 21) / 21))], "34 s where 21 s were expected"
    assert rows(small, f"select {columns} {where} = 'guess'") == [(1, 2.0, 8.0, 4.0, 0.0, 3.0)]
    assert rows(small, f"select {columns} {where} = 'none'") == [(1, *[None] * 5)], "a line from before they were kept"
    assert rows(small, "select week, basis, sum(takes) from predictions where week < '2026-03-02' group by all") == [
        (date(2026, 2, 23), "none", 2)]
    assert one(small, "select sum(takes) from predictions") == one(small, "select takes from totals")


def test_a_unit_that_was_renamed_or_deleted_stays_and_is_flagged(small: Show) -> None:
    found = dict(rows(small, "select unit, state from units"))
    assert found["01.old"] == "gone" and found["01.a"] == "current" and found["02.s1.k1"] == "unknown"
    assert rows(small, "select unit_state, usd from takes where unit = '01.old'") == [("gone", pytest.approx(0.1))]
    assert one(small, "select unit_state from takes where stage = 'sweep'") == "apart"


def test_older_and_newer_lines_are_read_and_torn_ones_counted(small: Show) -> None:
    columns = "select cause, usd, bytes, device_seconds from takes"
    assert rows(small, f"{columns} where artifact = 'a-0'") == [("unknown", None, None, 3.0)]
    assert rows(small, f"{columns} where artifact = 'a-00'") == [("unknown", pytest.approx(0.02), None, 0.0)]
    assert rows(small, "select lines, torn_lines from ledger_files where torn_lines > 0") == [(5, 3)]


def test_a_pool_without_a_rate_is_named_and_its_cost_unknown_never_zero(small: Show) -> None:
    assert rows(small, "select usd, usd_per_hour from takes where stage = 'final'") == [(None, None)]
    assert rows(small, "select pool, known, usd_per_hour, purchase from rates order by pool") == [
        ("image", True, 36.0, "spot"), ("post", False, None, "on_demand"), ("video", True, pytest.approx(0.36), "owned")]
    assert one(small, "select unpriced_attempts from totals") == 2


def test_the_budget_burns_down_day_by_day(small: Show) -> None:
    found = rows(small, "select day, usd_so_far, usd_left from budget order by day")
    assert [row[0] for row in found] == [date(2026, 3, day) for day in (1, 2, 3, 4)]
    assert all(row[1] + row[2] == pytest.approx(10.0) for row in found)


def test_a_ceiling_of_the_show_that_was_taken_back_is_what_show_yaml_says(tmp_path: Path) -> None:
    raised, back = (BudgetRaise(at=at(clock), show="back", unit="show", usd=usd, by="kei", undo=usd is None)
                    for clock, usd in (("10:00:00", 50.0), ("11:00:00", None)))
    for number, (events, ceiling) in enumerate((([raised], 50.0), ([raised, back], 10.0))):
        show = write_ledger(tmp_path / str(number) / "back", [[take("01.a", "a", "09:00:00", show="back"), *events]])
        built(show)
        assert one(show, "select ceiling_usd from budget") == ceiling


def test_what_is_written_is_kept_and_costs_by_the_month(small: Show) -> None:
    [[kept, unmeasured, price, usd]] = rows(small, "select kept_bytes, unmeasured, usd_per_gb_month, usd from storage")
    assert (kept, unmeasured, price) == (9_000_000, 2, 0.023) and usd == pytest.approx(0.009 * 0.023)
    assert one(small, "select egress_usd_each from deliveries where bytes is not null") == pytest.approx(0.001 * 0.09)


def test_devices_are_as_busy_as_their_takes_and_never_more_than_wholly(small: Show) -> None:
    [[busy, average, peak, load, io]] = rows(
        small, "select busy_seconds, average, peak, load_share, io_share from utilisation "
               "where day = '2026-03-02' and pool = 'image'")
    assert busy == pytest.approx(3 * 9.5 + 18.0 + 5.0), "what failed was work too"
    assert 0 < average <= peak <= 1
    assert load == pytest.approx(4.5 / 48) and io == pytest.approx((4.5 + 0.4) / 48.4)
    assert one(small, "select count(*) from utilisation where average > 1 or peak > 1") == 0


def test_the_hit_rate_of_hot_weights_is_known_where_weights_lie_far_away(small: Show) -> None:
    found = rows(small, "select hot_bytes, cold_bytes, hot_share from utilisation where pool = 'image' order by day desc limit 2")
    assert found == [(300, 100, 0.75), (None, None, None)]


def test_the_readmes_five_questions_each_have_an_answer(small: Show) -> None:
    text = README.read_text(encoding="utf-8")
    section = text.split("## The numbers")[1].split("\n## ")[0]
    questions = re.findall(r'genga metrics query "(.*?)"', section, re.DOTALL)
    assert len(questions) == 5
    for sql in questions:
        assert rows(small, sql), sql


def test_every_table_and_every_column_says_what_it_is(small: Show) -> None:
    manifest = json.loads(parsed()[1].read_text(encoding="utf-8"))
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert {model["name"] for model in models} == {table.name for table in tables()}
    real: dict[str, set[str]] = {}
    for table, column in rows(small, "select table_name, column_name from information_schema.columns"):
        real.setdefault(table, set()).add(column)
    for model in models:
        assert model["description"], model["name"]
        assert {name for name, column in model["columns"].items() if column["description"]} == real[model["name"]], model["name"]
    assert all(source["description"] for source in manifest["sources"].values())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what dagster-dbt imports
def test_the_prepared_assets_are_what_dagster_dbt_makes_of_the_project_today() -> None:
    from resources.declared_tables import prepared
    from studio.metrics.tables import FILE

    manifest = json.loads(parsed()[1].read_text(encoding="utf-8"))
    assert FILE.read_text(encoding="utf-8") == prepared(manifest), "run 'python -m resources.declared_tables'"


def test_a_run_over_two_assets_is_one_run_that_waited_for_its_first_step(tmp_path: Path) -> None:
    later = start("both", "09:00:00", "09:01:00", pool="post").model_copy(update={"asset": "panel_finals"})
    again = start("both", "09:00:00", "08:59:00").model_copy(update={"attempt": 2})  # on a machine whose clock is behind
    show = write_ledger(tmp_path / "two", [[start("both", "09:00:00", "09:00:10"), later, again,
                                            take("01.a", "a", "09:00:50", run="both")]])
    built(show)
    assert rows(show, "select asset, pool, attempts, wait_seconds, device_seconds from runs") == [
        ("panels", "image", 2, 10.0, 10.0)]
    assert rows(show, "select pool, runs, wait_seconds, device_seconds, wait_per_device_second from queue_waits") == [
        ("image", 1, 10.0, 10.0, 1.0)]


@pytest.mark.parametrize("time", ["yesterday", "", "2026-13-40T00:00:00+00:00"])
def test_a_line_whose_time_cannot_be_read_is_told_as_torn_and_stops_nothing(tmp_path: Path, time: str) -> None:
    show = write_ledger(tmp_path / "late", [[take("01.a", "a", "09:00:00"), take("01.b", "b", "09:00:00", at=time)]])
    built(show)
    assert rows(show, "select takes, usd from totals where takes > 0") == [(1, pytest.approx(0.1))]
    assert one(show, "select sum(torn_lines) from ledger_files") == 1


def test_every_device_of_a_fleet_counts_and_what_failed_was_work_too(tmp_path: Path) -> None:
    two = [take(f"01.{n}", n, "09:30:00", run="r", host=f"farm/{i}", waited_seconds=30.0 + i) for i, n in enumerate("ab")]
    failed = failure("01.c", "c", "09:40:00", seconds=20.0, load_seconds=0.0, idle_seconds=0.0)
    show = write_ledger(tmp_path / "farm", [[start("r", "09:00:00", "09:00:10"), *two, failed]])
    built(show)
    [[devices, busy]] = rows(show, "select devices, busy_seconds from utilisation where pool = 'image'")
    assert devices == 2 and busy == pytest.approx(2 * 9.5 + 20.0)
    assert rows(show, "select device_wait_seconds, wait_seconds from runs") == [(30.0, 40.0)]
