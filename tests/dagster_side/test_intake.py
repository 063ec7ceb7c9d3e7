"""Taking a storyboard in: partitions, empty cells, pools; again and again without double entries."""

from pathlib import Path

import dagster as dg
import pytest
import yaml

from partitions.intake import WRITER, seed_pools, take_in
from studio.story.prices import POOLS
from studio.story.show import Show, open_show
from tests.story.filming import shot, write_film_show, write_shots

PANELS = dg.AssetKey("panels")


def write(folder: Path, *pages: list[str]) -> Show:
    """A show whose episode 01 has these panels on these pages."""
    for name in ("cast", "storyboards"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "show.yaml").write_text("title: T\ndefault_preset: x\npools: {image: {limit: 3}}\n")
    board = {"episode": "01", "title": "T", "pages": [
        {"id": f"p{n}", "panels": [{"id": name, "prompt": name} for name in names]} for n, names in enumerate(pages, 1)
    ]}
    (folder / "storyboards" / "01.yaml").write_text(yaml.safe_dump(board))
    return open_show(folder)


def absent(instance: dg.DagsterInstance) -> set[str]:
    """Cells whose latest event says that they hold no panel."""
    records = instance.fetch_materializations(PANELS, limit=1000).records
    latest: dict[str, bool] = {}
    for record in records:
        event = record.asset_materialization
        assert event and record.partition_key
        latest.setdefault(record.partition_key, "absent" in event.metadata)
    return {cell for cell, is_absent in latest.items() if is_absent}


@pytest.fixture
def instance() -> dg.DagsterInstance:
    """An instance in memory."""
    return dg.DagsterInstance.ephemeral()


def test_pages_and_episode_become_partitions_and_empty_cells_are_reported(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    take_in(instance, write(tmp_path, ["a", "b"], ["c"]), "01")
    assert instance.get_dynamic_partitions("episodes") == ["01"]
    assert instance.get_dynamic_partitions("pages") == ["01.p1", "01.p2"]
    assert len(absent(instance)) == 24 - 3
    assert not absent(instance) & {"01.p1|01", "01.p1|02", "01.p2|01"}


def test_taking_in_the_same_file_again_enters_nothing(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    show = write(tmp_path, ["a"])
    take_in(instance, show, "01")
    before = len(instance.fetch_materializations(PANELS, limit=1000).records)
    take_in(instance, show, "01")
    assert before == 11 == len(instance.fetch_materializations(PANELS, limit=1000).records)
    assert len(instance.fetch_materializations(dg.AssetKey("storyboards"), limit=10).records) == 1


def test_a_cell_that_lost_its_panel_is_absent_again_and_a_lost_page_is_gone(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    take_in(instance, write(tmp_path, ["a", "b"], ["c"]), "01")
    instance.report_runless_asset_event(dg.AssetMaterialization(PANELS, partition="01.p1|02", metadata={"unit": "01.b"}))
    take_in(instance, write(tmp_path, ["a"]), "01")
    assert "01.p1|02" in absent(instance)
    assert instance.get_dynamic_partitions("pages") == ["01.p1"]


def test_every_pool_gets_its_limit_from_the_show(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    show = write(tmp_path / "show", ["a"])
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        seed_pools(instance, show)
        limits = {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}
    assert limits == {WRITER: 1, **{name: 3 if name == "image" else 1 for name in POOLS}}


def test_shots_become_partitions_and_a_shot_that_is_gone_is_dropped(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    show = write_film_show(tmp_path / "show", shot("s1"), shot("s2"))
    take_in(instance, open_show(show), "01")
    assert instance.get_dynamic_partitions("shots") == ["01.s1", "01.s2"]
    for asset, absent_cells in (("keyframes", 44), ("inbetweens", 46), ("inbetween_finals", 46)):
        assert len(instance.fetch_materializations(dg.AssetKey(asset), limit=1000).records) == absent_cells
    write_shots(show, shot("s2"))
    take_in(instance, open_show(show), "01")
    assert instance.get_dynamic_partitions("shots") == ["01.s2"]
