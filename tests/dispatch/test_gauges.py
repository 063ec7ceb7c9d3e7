"""Gauges as Prometheus reads them: waits, utilisation, success and spending of the last hour."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from studio.dispatch.gauges import metrics_text
from studio.production.opening import open_production
from tests.production.making import make_all
from tests.story.making import change, write_show

Gauges = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_show(tmp_path / "show")
    change(folder / "show.yaml", budget={"show_usd": 10}, pools={"image": {"usd_per_hour": 1.0, "limit": 2}})
    make_all(folder)
    return folder


def read(folder: Path, now: datetime | None = None) -> Gauges:
    text = metrics_text(open_production(folder), None, now).decode()
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text) for sample in family.samples}


def test_what_was_rendered_and_what_it_cost(folder: Path) -> None:
    found = read(folder)
    assert found["genga_units", (("outcome", "rendered"), ("stage", "panel"))] == 3
    assert not any(name.endswith("_total") for name, _ in found), "that would promise a counter, and these are of an hour"
    assert found["genga_success_ratio", ()] == 1 and found["genga_ceiling_usd", (("budget", "show"),)] == 10
    assert 0 < found["genga_utilisation_ratio", (("pool", "image"),)] < 1
    assert found["genga_spent_usd", (("budget", "show"),)] == found["genga_spent_usd", (("budget", "01"),)] > 0


def test_an_hour_later_nothing_is_said_of_it_and_no_share_of_nothing(folder: Path) -> None:
    found = read(folder, datetime.now(UTC) + timedelta(hours=2))
    assert ("genga_success_ratio", ()) not in found or found["genga_success_ratio", ()] == 0
    assert found["genga_utilisation_ratio", (("pool", "image"),)] == 0
    assert found["genga_spent_usd", (("budget", "show"),)] > 0


def test_an_empty_ledger_has_gauges_too(tmp_path: Path) -> None:
    assert read(write_show(tmp_path / "new"))["genga_spent_usd", (("budget", "show"),)] == 0
