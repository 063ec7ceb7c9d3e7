"""The report as a file, in the Dagster UI and on the review server, from tables that dbt made of a real ledger."""

import base64
import os
import random
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner

from anime_assets.report import MOST_CHARACTERS, plots_of, report
from resources.show import ShowResource
from studio.cli import app
from studio.errors import MetricsError
from studio.metrics import plots
from studio.metrics.building import Warehouse, behind, publish
from studio.metrics.diagnosing import AILMENTS, diagnose
from studio.metrics.pages import table
from studio.metrics.plots import PLOTS, render
from studio.metrics.querying import Answer, query
from studio.metrics.reporting import make_report
from studio.production.opening import open_production
from studio.review.numbers import POLICY
from studio.review.serving import reviewing
from studio.store.ledger import Ledger
from studio.story.show import open_show
from tests.production.making import make_all
from tests.review.visiting import Visitor
from tests.story.making import change, write_show

from .ledgers import built, failure, pick, start, take


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn show with a sweep, which belongs to no episode, whose numbers are built."""
    folder = write_show(tmp_path_factory.mktemp("report") / "show")
    change(folder / "show.yaml", pools={"image": {"usd_per_hour": 36.0}, "post": {"usd_per_hour": 3.6}})
    make_all(folder)
    for cell in (take("sweep-x.c1", "cell", "10:00:00", show="show", stage="sweep", cause="sweep"),
                 pick("sweep-x.c1", "cell", "10:00:01", show="show", stage="sweep")):
        Ledger(folder / "out" / "ledger").append(cell)
    built(open_show(folder))
    return folder


def test_the_report_needs_nothing_else_and_tells_the_tables_figures(folder: Path) -> None:
    production = open_production(folder)
    database = Warehouse(production.show).published
    html = make_report(production, database)
    assert not re.search(r"(src|href)=\"(?!data:|#)", html), "no other file, no network"
    (takes, usd), = query(database, "select takes, usd from totals").rows
    assert f"<b>{takes}</b>" in html and f"<b>${usd:.4f}</b>" in html
    assert html.count("<svg") >= 4 and html.count("data:image/webp") == 3 and "Episode 01" in html


def test_a_sound_show_has_no_ailment_and_every_question_can_be_asked(folder: Path) -> None:
    database = Warehouse(open_production(folder).show).published
    assert diagnose(database) == [] and len(AILMENTS) == 8
    html = make_report(open_production(folder), database)
    assert "<h2>What to look at first</h2>\n<p>Nothing of the 8 known ailments.</p>" in html
    told = CliRunner().invoke(app, ["diagnose", "--sql", "--show", str(folder)]).stdout
    assert all(ailment.sql.splitlines()[-1].strip() in told for ailment in AILMENTS), "questions are there where nothing is found"


def test_money_has_the_same_places_in_every_row_and_no_exponent() -> None:
    html = table(Answer(("cause", "usd each", "seconds"), [("first", 7e-06, 0.5), ("retry", 0.0034, 12.0), ("lost", None, None)]))
    assert re.findall(r"<td class=n>(.*?)</td>", html) == ["&lt;0.00001", "0.5", "0.00340", "12", "unknown", "unknown"]


def test_where_nothing_could_be_rendered_prices_are_unknown_and_nothing_is_divided_by(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "renamed")  # since: the ledger has lines under both names
    for event in (start("run1", "09:00:00", "09:00:10"), *(failure("01.a", f"f{n}", f"10:00:{n:02d}") for n in range(3))):
        Ledger(folder / "out" / "ledger").append(event)
    built(open_show(folder))
    database = Warehouse(open_show(folder)).published
    asked = "select round(usd, 6), accepted_panels, usd_per_accepted_panel from panel_costs"
    assert query(database, asked).rows == [(0.15, 0, None)]
    assert query(database, "select attempts, failures, success from stage_success").rows == [(3, 3, 0.0)]
    assert query(database, "from acceptance").rows == query(database, "from film_costs").rows == []
    html = make_report(open_production(folder), database)
    assert "<b>unknown</b>per accepted panel" in html and "<b>unknown</b>accepted" in html and "3 tries failed" in html
    assert "<b>$0.1500</b>spent" in html and "nan" not in re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL)
    assert diagnose(database) == [], "three tries are too few to judge by"


def test_the_report_says_when_its_tables_were_built_not_only_when_the_page_was_gathered(folder: Path, tmp_path: Path) -> None:
    database = shutil.copy2(Warehouse(open_production(folder).show).published, tmp_path / "metrics.duckdb")
    built = datetime(2026, 3, 5, 7, 30, tzinfo=UTC)
    os.utime(database, (built.timestamp(),) * 2)
    html = make_report(open_production(folder), database, built + timedelta(days=2))
    assert "Tables of 2026-03-05 07:30, from " in html and "page of 2026-03-07 07:30" in html


def test_without_numbers_the_report_says_how_to_get_them(tmp_path: Path) -> None:
    production = open_production(write_show(tmp_path / "new"))
    with pytest.raises(MetricsError, match="no numbers yet"):
        make_report(production, Warehouse(production.show).published)


def test_the_dagster_ui_shows_the_same_plots_in_an_event_that_stays_light(folder: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        ledger = sizes(folder)
        run = dg.materialize([report], instance=instance, resources={"show": ShowResource(folder=str(folder))})
    [event] = run.asset_materializations_for_node("report")
    shown = {name: value.value for name, value in event.metadata.items() if "data:image/webp" in str(value.value)}
    inline = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert len(shown) == inline.count("<svg") >= 4 and set(shown) <= {plot.title for plot in PLOTS}
    assert len(dg.serialize_value(event)) < 60_000
    assert event.metadata["look_at_first"].value == "nothing"
    assert sizes(folder) == ledger, "else the numbers would be old again"


def sizes(folder: Path) -> dict[str, int]:
    """Of the ledger's files."""
    return {file.name: file.stat().st_size for file in (folder / "out" / "ledger").iterdir()}


def test_a_plot_of_a_year_is_small_and_names_few_of_its_days() -> None:
    luck = random.Random(1)
    days = [date(2026, 1, 1) + timedelta(n) for n in range(365)]
    year = Answer(("day", "stage", "n"), [(day, stage, luck.randint(0, 200)) for day in days for stage in "abcd"])
    lines = next(plot for plot in PLOTS if plot.name == "yield")
    assert len(render(lines, year, "webp")) < 40_000 and len(render(lines, year)) < 100_000
    assert 5 <= len(re.findall(r"2026-\d\d-\d\d", re.sub(r"<!--.*?-->", "", render(lines, year).decode()))) <= plots.TICKS + 1


def test_plots_that_would_make_the_event_heavy_are_only_named(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    heavy = b"x" * (MOST_CHARACTERS // 3)
    monkeypatch.setattr(plots, "draw", lambda *_: heavy)
    found = plots_of(folder)
    assert list(found) == [PLOTS[0].title, PLOTS[1].title, "only_in_the_file"]
    assert all(plot.title in str(found["only_in_the_file"]) for plot in PLOTS[2:])
    assert base64.b64encode(heavy).decode() in str(found[PLOTS[0].title])


def test_the_review_server_has_the_report_with_the_way_back_and_newer_numbers_at_once(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "show", copy_function=shutil.copy2)
    place = Warehouse(open_show(tmp_path / "show"))
    with reviewing(tmp_path / "show") as url:
        visitor = Visitor(url)
        assert 'href="/report"' in visitor.get("/").text and 'href="/report"' in visitor.get("/unit/01.a").text
        page = visitor.get("/report")
        assert page.status_code == 200 and page.headers["content-security-policy"] == POLICY and "script" not in POLICY
        assert '<a href="/">' in page.text and page.text.count("<svg") >= 4 and "<script" not in page.text
        assert "$777" not in page.text and "More has happened" not in page.text
        with duckdb.connect(str(place.work)) as database:
            database.execute("update totals set usd = 777")
        publish(place)
        assert "<b>$777.0000</b>" in visitor.get("/report").text
        with next(place.ledger.glob("*.jsonl")).open("a", encoding="utf-8") as handle:
            handle.write("{}\n")
        assert behind(place) and "More has happened" in visitor.get("/report").text
        assert visitor.get("/report", Host="evil.example").status_code == 403
        visitor.client.close()


def test_before_there_are_numbers_the_page_says_how_to_get_them(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "show")
    with reviewing(folder) as url:
        visitor = Visitor(url)
        nothing = visitor.get("/report")
        assert nothing.status_code == 404 and "There are no numbers yet" in nothing.text
        assert "Nothing has been drawn" in nothing.text
        make_all(folder)
        assert 'can be counted: run "genga metrics build"' in visitor.get("/report").text
        database = folder / "out" / "metrics.duckdb"
        with duckdb.connect(str(database)) as other:
            other.execute("create table ledger_files (file varchar, bytes bigint)")
        other = visitor.get("/report").text
        assert "totals does not exist" in other and "Nothing has been drawn" not in other, "tables of another version"
        visitor.client.close()
