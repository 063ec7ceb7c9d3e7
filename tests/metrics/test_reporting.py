"""The report and the diagnosis, from tables that dbt made of a real ledger."""

import re
from pathlib import Path

import pytest

from studio.errors import MetricsError
from studio.metrics.building import Warehouse, build
from studio.metrics.diagnosing import AILMENTS, diagnose
from studio.metrics.querying import query
from studio.metrics.reporting import make_report
from studio.production.opening import open_production
from tests.production.making import make_all
from tests.story.making import change, write_show


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn show whose numbers are built."""
    folder = write_show(tmp_path_factory.mktemp("report") / "show")
    change(folder / "show.yaml", pools={"image": {"usd_per_hour": 36.0}, "post": {"usd_per_hour": 3.6}})
    make_all(folder)
    build(open_production(folder).show).check()
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


def test_without_numbers_the_report_says_how_to_get_them(tmp_path: Path) -> None:
    production = open_production(write_show(tmp_path / "new"))
    with pytest.raises(MetricsError, match="no numbers yet"):
        make_report(production, Warehouse(production.show).published)
