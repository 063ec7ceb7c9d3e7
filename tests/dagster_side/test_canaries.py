"""Canaries in Dagster: the asset's check, the sensor that notices a change once, the schedule that looks at their age."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from anime_assets.canaries import canaries
from anime_assets.definitions import defs
from partitions.grid import PRESETS
from resources.show import ShowResource
from sensors.changed_looks import changed_looks
from sensors.due_canaries import due_canaries
from studio.production.canaries import approve
from studio.production.opening import open_production
from studio.render import environment
from studio.render.renderer import Run
from tests.story.making import change, write_show, write_weights

KEY = dg.AssetKey("canaries")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "show")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "home")) as found:
        found.add_dynamic_partitions(PRESETS, ["fake"])
        yield found


def approved(folder: Path) -> None:
    approve(open_production(folder), "fake", Run())


def shown(folder: Path) -> dict[str, Any]:
    return {"show": ShowResource(folder=str(folder))}


def made(folder: Path, instance: dg.DagsterInstance) -> Any:
    return dg.materialize([canaries], partition_key="fake", instance=instance, resources=shown(folder))


def tick(folder: Path, instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult:
    with dg.build_sensor_context(instance=instance, cursor=cursor, definitions=defs, resources=shown(folder)) as context:
        return changed_looks(context)


def due(folder: Path, instance: dg.DagsterInstance, at: datetime) -> Any:
    with dg.build_schedule_context(instance=instance, scheduled_execution_time=at, resources=shown(folder)) as context:
        return due_canaries(context)


def test_the_asset_shows_pictures_and_its_check_fails_as_an_error_on_drift(folder: Path, instance: dg.DagsterInstance) -> None:
    first = made(folder, instance).get_asset_check_evaluations()[0]
    assert (first.passed, first.severity) == (False, dg.AssetCheckSeverity.WARN) and "nothing is approved" in first.description
    approved(folder)
    run = made(folder, instance)
    assert run.get_asset_check_evaluations()[0].passed
    event = run.asset_materializations_for_node("canaries")[0]
    assert event.partition == "fake" and event.metadata["pictures"].value.count("base64,") == 6
    assert event.metadata["rendered"].value == "reused"
    write_weights(folder / "models" / "tiny.safetensors", "model.diffusion_model.w", 9)
    run = made(folder, instance)
    drift = run.get_asset_check_evaluations()[0]
    assert run.success and (drift.passed, drift.severity, drift.partition) == (False, dg.AssetCheckSeverity.ERROR, "fake")
    assert "face drift" in drift.description and "model file:" in drift.description
    assert run.asset_materializations_for_node("canaries") == []


def test_the_sensor_notices_each_change_once_and_only_of_what_was_approved(
    folder: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance.delete_dynamic_partition(PRESETS, "fake")
    first = tick(folder, instance, None)
    assert not first.run_requests and instance.get_dynamic_partitions(PRESETS) == ["fake"]
    approved(folder)
    cursor, keys = first.cursor, []

    def noticed() -> bool:
        nonlocal cursor
        found = tick(folder, instance, cursor)
        cursor = found.cursor
        keys.extend(request.run_key for request in found.run_requests or ())
        assert not tick(folder, instance, cursor).run_requests, "each change once"
        return bool(found.run_requests)

    assert not noticed()
    change(folder / "presets" / "fake.yaml", version=2, guidance=6.0)
    assert noticed()
    write_weights(folder / "models" / "tiny.safetensors", "model.diffusion_model.w", 9)
    assert noticed()
    monkeypatch.setattr(environment, "_nvidia_driver", lambda: "999.1")
    assert noticed()
    monkeypatch.undo()
    assert noticed(), "back to what it was is a change too"
    (folder / "models" / "tiny.safetensors").unlink()
    assert noticed(), "what cannot be drawn any more is an alert"
    assert len(set(keys)) == 5
    change(folder / "show.yaml", canaries={"enabled": False})
    change(folder / "presets" / "fake.yaml", version=3, guidance=7.0)
    assert not noticed()
    change(folder / "show.yaml", canaries={"enabled": True})
    assert noticed(), "what changed meanwhile is noticed when they are switched on"


def test_a_request_of_the_sensor_is_a_run_of_one_partition(folder: Path, instance: dg.DagsterInstance) -> None:
    approved(folder)
    request = (tick(folder, instance, None).run_requests or [])[0]
    assert request.tags["dagster/partition"] == "fake" and request.asset_selection == [KEY]


def test_a_show_that_cannot_be_read_is_told_about_and_forgets_nothing(folder: Path, instance: dg.DagsterInstance) -> None:
    cursor = tick(folder, instance, None).cursor
    (folder / "models.yaml").unlink()
    found = tick(folder, instance, cursor)
    assert found.cursor == cursor and "models.yaml is missing" in str(found.skip_reason)
    assert list(json.loads(cursor or "{}")) == ["fake"]


def test_the_schedule_asks_by_age_really_draws_and_can_be_switched_off(folder: Path, instance: dg.DagsterInstance) -> None:
    now = datetime.now(UTC)
    assert isinstance(due(folder, instance, now), dg.SkipReason)
    approved(folder)
    request = due(folder, instance, now)[0]
    assert request.tags["dagster/partition"] == "fake"
    run = dg.materialize([canaries], partition_key="fake", instance=instance, run_config=request.run_config,
                         resources=shown(folder))
    assert run.asset_materializations_for_node("canaries")[0].metadata["rendered"].value == "rendered"
    assert isinstance(due(folder, instance, now + timedelta(hours=20)), dg.SkipReason)
    assert due(folder, instance, now + timedelta(hours=24))
    change(folder / "show.yaml", canaries={"every": "weekly"})
    assert isinstance(due(folder, instance, now + timedelta(hours=24)), dg.SkipReason)
    change(folder / "show.yaml", canaries={"enabled": False})
    assert isinstance(due(folder, instance, now + timedelta(days=30)), dg.SkipReason)
