"""A preset may name a pool of its own: what it draws is priced, queued, counted and placed there."""

from pathlib import Path

import dagster as dg
import pytest
import yaml

from partitions.intake import seed_pools
from studio.dispatch.cells import Order
from studio.dispatch.services import instance_settings
from studio.dispatch.submissions import POOL, newcomers, next_runs
from studio.errors import PresetError, StoryError
from studio.production.opening import open_production

from ..story.making import PRESET, change, dump, edit, write_show
from .making import make_all, plan_of, states

ORDER = Order(["01.p01", "01.p02"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Panels a and c are drawn in the show's look, b in one that has devices of its own."""
    folder = write_show(tmp_path / "small")
    dump(folder / "presets" / "painted.yaml", {**PRESET, "name": "painted", "pool": "fast"})
    change(folder / "show.yaml", pools={"image": {"limit": 2, "usd_per_hour": 1.0}, "fast": {"limit": 3, "usd_per_hour": 9.0}})
    edit(folder, "prompt: river", "preset: painted\n        prompt: river")
    return folder


def test_what_it_draws_is_priced_at_its_rate_and_kept_as_its_own(folder: Path) -> None:
    steps = {s.unit: s for s in plan_of(folder).steps if s.stage == "panel"}
    assert [steps[unit].pool for unit in ("01.a", "01.b", "01.c")] == ["image", "fast", "image"]
    assert steps["01.b"].usd == pytest.approx(steps["01.b"].seconds * 9 / 3600)
    assert [made.error for made in make_all(folder) if made.error] == []
    takes = open_production(folder).history().takes.values()
    assert {t.unit: t.pool for t in takes if t.stage == "panel"} == {"01.a": "image", "01.b": "fast", "01.c": "image"}


@pytest.mark.parametrize("unasked", [False, True])
def test_runs_hold_one_pool_each_and_say_which(folder: Path, unasked: bool) -> None:
    production = open_production(folder)
    [board], plan = production.boards("01"), plan_of(folder)
    runs = newcomers(plan, board, ORDER, set()) if unasked else next_runs(plan, board, ORDER)[0]
    assert {run.tags[POOL]: run.units for run in runs} == {"image": ("01.a", "01.c"), "fast": ("01.b",)}
    assert {run.span.first for run in runs} == {"01.p01|01"}


def test_a_show_without_pools_of_its_own_asks_for_whole_pages(folder: Path) -> None:
    edit(folder, "preset: painted\n        ", "")
    [board] = open_production(folder).boards("01")
    [run] = newcomers(plan_of(folder), board, ORDER, set())
    assert run.tags[POOL] == "image" and run.units == ()


def test_moving_a_look_to_another_pool_changes_no_picture(folder: Path) -> None:
    make_all(folder)
    change(folder / "show.yaml", pools={"slow": {}})
    change(folder / "presets" / "painted.yaml", pool="slow")
    plan = plan_of(folder)
    assert set(states(plan, "panel").values()) == {"fresh"} and not plan.warnings


def test_the_queue_counts_each_pools_runs(folder: Path, tmp_path: Path) -> None:
    show = open_production(folder).show
    limits = yaml.safe_load(instance_settings(show))["concurrency"]["runs"]["tag_concurrency_limits"]
    assert {limit["value"]: limit["limit"] for limit in limits if limit["key"] == POOL} == {"image": 2, "fast": 3}
    (tmp_path / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "home")) as instance:
        seed_pools(instance, show)
        slots = {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}
    assert slots["image"] == 5 and "fast" not in slots


def test_without_any_the_queue_is_as_it_was(tmp_path: Path) -> None:
    assert POOL not in instance_settings(open_production(write_show(tmp_path / "plain")).show)


def test_a_preset_of_an_unknown_pool_names_file_field_and_the_nearest(folder: Path) -> None:
    change(folder / "presets" / "painted.yaml", pool="fats")
    with pytest.raises(PresetError, match="no pool 'fats'") as caught:
        open_production(folder)
    assert caught.value.file == str(folder / "presets" / "painted.yaml") and caught.value.field == "pool"
    assert "Did you mean 'fast'?" in str(caught.value)


def test_a_pool_that_nothing_names_is_taken_for_a_slip(folder: Path) -> None:
    change(folder / "show.yaml", pools={"imge": {"limit": 2}, "fast": {}})
    with pytest.raises(StoryError, match="no preset draws in pool 'imge'") as caught:
        open_production(folder)
    assert caught.value.field == "pools.imge" and "Did you mean 'image'?" in str(caught.value)
