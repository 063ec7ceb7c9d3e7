"""Queued renders wait while their budget is spent, with the reason on them; cheap work does not."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from resources.budgets import hold_queued
from studio.dispatch.services import DAGSTER_YAML
from studio.production.budgets import raise_budget
from studio.production.opening import open_production
from tests.production.making import make_all
from tests.story.making import change, write_show


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A drawn show that has spent all of its episode's budget."""
    folder = write_show(tmp_path / "show")
    change(folder / "show.yaml", pools={"image": {"usd_per_hour": 360_000}}, budget={"episodes": {"01": 0.0001}})
    make_all(folder)
    return folder


def queued(instance: dg.DagsterInstance, asset: str, place: str) -> str:
    tags = {"dagster/asset_partition_range_start": f"{place}|01", "dagster/asset_partition_range_end": f"{place}|02"}
    return create_run_for_test(instance, status=dg.DagsterRunStatus.NOT_STARTED, tags=tags,
                               asset_selection=frozenset({dg.AssetKey(asset)})).run_id


def held(instance: dg.DagsterInstance, run: str) -> tuple[str, str]:
    tags = instance.get_run_by_id(run).tags
    return tags.get("genga/held", ""), tags.get("genga/held_because", "")


def test_renders_of_the_episode_wait_and_go_on_when_its_ceiling_is_raised(folder: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        mine, others, cheap = queued(instance, "panels", "01.p02"), queued(instance, "panels", "02.p01"), queued(
            instance, "pages", "01.p02")
        assert hold_queued(instance, open_production(folder)) == (1, 0)
        assert held(instance, mine)[0] == "yes" and "genga budget raise 01" in held(instance, mine)[1]
        assert held(instance, others)[0] == "" and held(instance, cheap)[0] == ""
        assert hold_queued(instance, open_production(folder)) == (0, 0), "it is not told twice"
        raise_budget(open_production(folder), "01", 1e9, "kei", "")
        assert hold_queued(instance, open_production(folder)) == (0, 1) and held(instance, mine)[0] == "no"


def test_the_queue_passes_over_what_is_held() -> None:
    assert 'key: genga/held\n        value: "yes"\n        limit: 0' in DAGSTER_YAML
