"""Building: what is read again, one writer, readers that never wait, and what happens when something is wrong."""

import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner

from anime_assets.metrics import metrics
from partitions.intake import WRITER, seed_pools
from resources.show import ShowResource
from studio.cli import MISTAKE, app
from studio.errors import MetricsError
from studio.metrics import building
from studio.metrics.building import Built, Warehouse, build
from studio.metrics.diagnosing import diagnose
from studio.metrics.plots import PLOTS, draw
from studio.metrics.pricing import enter_prices
from studio.metrics.results import Result
from studio.store.ledger import Ledger
from studio.story.show import Show, open_show

from ..story.making import change
from .dbt_inside import dbt_inside
from .ledgers import append, built, one, pick, rows, take, week, write_ledger

SUMS = "select takes, failures, accepted, round(usd, 6), events from totals"


def copy_of(small: Show, folder: Path) -> Show:
    """The same show in another place, as it was left."""
    shutil.copytree(small.folder, folder / "small", copy_function=shutil.copy2)
    return open_show(folder / "small")


def marked(show: Show, file: str) -> None:
    """Make a row of the working database tell whether its file is read again."""
    with duckdb.connect(str(Warehouse(show).work)) as database:
        database.execute("update staging.stg_events set host = 'marked' where file = ? and event = 'take'", [file])


def test_an_empty_ledger_builds_and_every_table_answers_nothing(tmp_path: Path) -> None:
    show = write_ledger(tmp_path / "empty", [])
    built(show)
    assert one(show, "select takes from totals") == 0, "the line with the prices is all there is"
    marts = ("takes", "panel_costs", "film_costs", "acceptance", "queue_waits", "utilisation", "storage", "deliveries", "budget")
    for table in marts:
        assert rows(show, f"from {table}") == []
    assert [known for (known,) in rows(show, "select known from rates order by pool")] == [True, False, True]
    published = Warehouse(show).published
    assert diagnose(published) == [] and [draw(plot, published) for plot in PLOTS] == [None] * len(PLOTS)


def test_a_show_whose_folder_was_renamed_is_summed_up_whole(tmp_path: Path, small: Show) -> None:
    shutil.copytree(small.folder, tmp_path / "moved", copy_function=shutil.copy2)
    with dbt_inside():
        before = genga("metrics", "build", "--show", copy_of(small, tmp_path).folder)[1].splitlines()[1:]
        code, told = genga("metrics", "build", "--show", tmp_path / "moved")
    assert code == 0 and told.splitlines()[1:] == before and "11 takes, 1 failure" in told
    moved = open_show(tmp_path / "moved")
    assert rows(moved, SUMS) == rows(small, SUMS), "the new name has prices only"
    rates = "select pool, valid_from from rates order by all"
    assert rows(moved, rates) == rows(small, rates)


def test_of_nothing_tried_the_cost_is_nothing_and_the_diagnosis_says_so(tmp_path: Path) -> None:
    show = write_ledger(tmp_path / "new", [])
    with dbt_inside():
        told = genga("metrics", "build", "--show", show.folder)[1]
    assert "0 takes, 0 failures, 0 accepted; $0.00000 in all" in told and "unknown" not in told
    assert "Nothing has been rendered yet" in genga("diagnose", "--show", show.folder)[1]


def test_only_files_that_have_grown_are_read_again_and_it_comes_to_the_same(tmp_path: Path, small: Show) -> None:
    show = copy_of(small, tmp_path)
    before = one(show, "select count(*) from takes")
    for number in (0, 1):
        marked(show, f"2026-03-02.n1.{number}.jsonl")
    append(show.folder, 1, take("01.new", "n1", "12:00:00", day=5), pick("01.new", "n1", "12:00:01", day=5))
    (show.out / "ledger" / "2026-03-02.n1.2.jsonl").unlink()
    change(show.folder / "show.yaml", pools={"image": {"usd_per_hour": 72.0}, "post": {}})
    show = open_show(show.folder)
    built(show)
    assert rows(show, "select distinct host from takes where unit in ('01.old', '01.new') order by all") == [("marked",), ("n1",)]
    assert one(show, "select count(*) from takes where stage in ('keyframe', 'film', 'sweep')") == 0, "its file is gone"
    assert one(show, "select count(*) from takes") == before + 1 - 3
    assert rows(show, "select usd_per_hour from rates where pool = 'image' order by valid_from") == [(36.0,), (72.0,)]
    assert one(show, "select count(*) from rates where pool = 'image' and valid_to is null") == 1
    assert one(show, "select usd from takes where artifact = 'a-b2'") == pytest.approx(0.1), "a take keeps the rate of its day"
    grown = rows(show, SUMS)
    code, told = genga("metrics", "build", "--full", "--show", show.folder)
    assert code == 0 and "9 takes, 1 failure," in told and "3 torn lines in 1 ledger file skipped" in told
    assert "the cost of 2 attempts is not known" in told and "names none for post" in told
    assert rows(show, SUMS) == grown and one(show, "select count(*) from takes where host = 'marked'") == 0


def test_prices_are_entered_when_they_say_something_new(tmp_path: Path, small: Show) -> None:
    show = copy_of(small, tmp_path)

    def entered() -> int:
        return sum(1 for _, _, e in Ledger(Warehouse(show).ledger).lines() if e and e["event"] == "prices")

    assert (enter_prices(show, Warehouse(show).work), entered()) == (False, 1)
    change(show.folder / "show.yaml", budget={"show_usd": 20.0})
    assert enter_prices(open_show(show.folder), Warehouse(show).work) and entered() == 2


READER = """
import duckdb, sys
with duckdb.connect(sys.argv[1], read_only=True) as database:
    for _ in range(2):
        print(database.execute("select count(*) from takes").fetchall()[0][0], flush=True)
        sys.stdin.readline()
"""


def test_ten_readers_that_keep_it_open_neither_block_a_build_nor_see_half_of_it(tmp_path: Path, small: Show) -> None:
    show = copy_of(small, tmp_path)
    place, count = Warehouse(show), one(show, "select count(*) from takes")
    with ExitStack() as stack:
        readers = [stack.enter_context(subprocess.Popen(
            [sys.executable, "-c", READER, str(place.published)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )) for _ in range(10)]
        assert [said(reader) for reader in readers] == [count] * 10, "all have it open"
        append(show.folder, 1, take("01.new", "n1", "12:00:00", day=5))
        built(show)
        assert one(show, "select count(*) from takes") == count + 1, "who opens it now sees the new one"
        for reader in readers:
            print(file=reader.stdin, flush=True)
        assert [said(reader) for reader in readers] == [count] * 10, "who had it open goes on with the old one"
    assert [file.name for file in show.out.iterdir() if file.suffix == ".tmp"] == []


def said(reader: "subprocess.Popen[str]") -> int:
    """What a reader tells next."""
    assert reader.stdout is not None
    return int(reader.stdout.readline())


def test_what_is_not_right_is_not_published(tmp_path: Path, small: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    show = copy_of(small, tmp_path)
    before = Warehouse(show).published.stat().st_mtime_ns
    wrong = Result("test.genga_metrics.costs_are_the_ledgers", "fail", 0.1, "Got 1 result", 1)
    monkeypatch.setattr(building, "dbt", lambda *_: Path("nowhere"))
    monkeypatch.setattr(building, "read_results", lambda _: [wrong])
    done = build(show)
    with pytest.raises(MetricsError, match="costs_are_the_ledgers: Got 1 result"):
        done.check()
    assert Warehouse(show).published.stat().st_mtime_ns == before


def test_a_second_build_waits_for_the_first_and_says_so_in_the_end(
    tmp_path: Path, small: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = copy_of(small, tmp_path)
    monkeypatch.setattr(building, "PATIENCE", 0.3)
    code = "import fcntl, sys, time; h = open(sys.argv[1], 'a'); fcntl.flock(h, 2); print(flush=True); time.sleep(60)"
    lock = str(Warehouse(show).folder / "writing.lock")
    with subprocess.Popen([sys.executable, "-c", code, lock], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(MetricsError, match="another build"):
            build(show)
        other.kill()


def test_dagster_makes_all_tables_in_the_writers_pool_and_shows_their_checks(tmp_path: Path) -> None:
    show = write_ledger(tmp_path / "small", week()[:1])
    with dg.DagsterInstance.ephemeral() as instance, dbt_inside():
        seed_pools(instance, show)
        limits = {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}
        assert limits[WRITER] == 1 and metrics.op.pool == WRITER
        run = dg.materialize([metrics], instance=instance, resources={"show": ShowResource(folder=str(show.folder))})
    assert run.success
    made = {event.asset_key.to_user_string() for event in run.asset_materializations_for_node("metrics")}
    assert {"metrics/takes", "metrics/panel_costs", "metrics/stg_events"} <= made
    checks = run.get_asset_check_evaluations()
    assert len(checks) > 15 and all(check.passed for check in checks)
    [[who, urgency, pool, wait]] = rows(show, "select asked_by, class, pool, wait_seconds from runs where asset = 'metrics'")
    assert (who, urgency, pool) == ("hand", None, WRITER) and 0 <= wait < 60


def test_the_tables_hang_below_the_assets_that_write_the_ledger() -> None:
    specs = {spec.key.to_user_string(): spec for spec in metrics.specs}
    upstream = {dep.asset_key.to_user_string() for dep in specs["metrics/stg_events"].deps}
    assert {"panels", "keyframes", "films", "storyboards"} <= upstream
    assert {dep.asset_key.to_user_string() for dep in specs["metrics/panel_costs"].deps} == {"metrics/attempts", "metrics/takes"}


def genga(*words: object) -> tuple[int, str]:
    told = CliRunner().invoke(app, [str(word) for word in words])
    return told.exit_code, told.output


def test_the_command_answers_as_a_table_and_as_json(small: Show) -> None:
    code, told = genga("metrics", "query", "--show", small.folder, "select unit, usd from takes where artifact = 'a-old'")
    assert code == 0 and told.split() == ["unit", "usd", "01.old", "0.1"]
    assert genga("metrics", "query", "--show", small.folder, "--json", "select 1 as a")[1] == '[{"a": 1}]\n'


@pytest.mark.parametrize("sql", ["drop table takes", "copy takes to 'stolen.csv'", "from nonsense", "select"])
def test_a_question_that_changes_something_or_means_nothing_is_a_mistake(small: Show, sql: str) -> None:
    code, told = genga("metrics", "query", "--show", small.folder, sql)
    assert code == MISTAKE and told.startswith("error: SQL: ")
    assert not Path("stolen.csv").exists() and one(small, "select count(*) from takes") == 11


@pytest.mark.parametrize(("sql", "told"), [
    ("select nosuch from takes", "not found in FROM clause. Candidate bindings: "),
    ("from taks", 'Did you mean "takes". \'genga'),
    ("select 1; select 2", "2 questions were asked"), (" ", "nothing was asked"),
])
def test_a_slip_is_answered_with_what_may_have_been_meant_and_no_half_of_what_was_asked(small: Show, sql: str, told: str) -> None:
    code, said = genga("metrics", "query", "--show", small.folder, sql)
    assert code == MISTAKE and told in said and "!" not in said
    assert genga("metrics", "query", "--show", small.folder, "--json", "select 1 as a;  -- one")[1] == '[{"a": 1}]\n'


def test_a_question_before_the_first_build_says_what_to_do(tmp_path: Path) -> None:
    show = write_ledger(tmp_path / "small", [])
    assert "Run 'genga metrics build'" in genga("metrics", "query", "--show", show.folder, "from takes")[1]


def test_tables_and_columns_are_explained() -> None:
    assert "What an accepted panel costs, by cause" in " ".join(genga("metrics", "tables")[1].split())
    assert "usd_per_accepted_panel" in genga("metrics", "tables", "panel_costs")[1]
    assert "Did you mean 'takes'?" in genga("metrics", "tables", "take")[1]


def test_a_build_tells_which_model_failed() -> None:
    one_failed = Built(Warehouse(Show(Path("x"), None, {})), (Result("model.g.takes", "error", 0.0, "Parser Error\nmore"),), 0.0)  # type: ignore[arg-type]
    with pytest.raises(MetricsError, match=r"takes: Parser Error\)"):
        one_failed.check()
