"""Sweeps in Dagster: the sensor notices each change of each file, and a run draws the sweep that it names."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from anime_assets.sweeps import sweep_takes
from partitions.grid import SWEEP, SWEEP_CELLS
from resources.show import ShowResource
from sensors.new_sweeps import MARK, new_sweeps
from studio.dispatch.submissions import RANGE
from tests.story.making import change, dump, edit, write_show


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "show")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "home")) as found:
        yield found


def write(folder: Path, name: str, **said: Any) -> Path:
    """A sweep of two cells over panel 01.a, with fields changed."""
    (folder / "sweeps").mkdir(exist_ok=True)
    plain = {"sweep": name, "unit": "01.a", "over": {"guidance": [3, 7]}, "rank": [{"scorer": "sharpness"}]}
    dump(folder / "sweeps" / f"{name}.yaml", {**plain, **said})
    return folder / "sweeps" / f"{name}.yaml"


class Watch:
    """The sensor, tick after tick."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.folder, self.instance, self.cursor, self.said = folder, instance, None, ""

    def tick(self) -> list[dg.RunRequest]:
        """What it asks for."""
        with dg.build_sensor_context(instance=self.instance, cursor=self.cursor) as context:
            found = new_sweeps(context, show=ShowResource(folder=str(self.folder)))
        assert isinstance(found, dg.SensorResult)
        self.cursor, self.said = found.cursor, str(found.skip_reason or "")
        return list(found.run_requests or ())

    def sweeps(self) -> list[str]:
        """Names of the sweeps that it wants drawn."""
        return [request.tags[SWEEP] for request in self.tick()]


@pytest.fixture
def watch(folder: Path, instance: dg.DagsterInstance) -> Watch:
    return Watch(folder, instance)


def draw(folder: Path, instance: dg.DagsterInstance, tags: Any) -> dg.ExecuteInProcessResult:
    """Run `sweep_takes` as a request says."""
    return dg.materialize([sweep_takes], instance=instance, tags=tags, resources={"show": ShowResource(folder=str(folder))})


def drawn(run: dg.ExecuteInProcessResult) -> set[str]:
    """Sweeps of the cells that a run reported."""
    return {(event.partition or "").split(".")[0] for event in run.asset_materializations_for_node("sweep_takes")}


def test_a_broken_file_keeps_no_good_one_from_being_drawn(folder: Path, watch: Watch) -> None:
    bad = write(folder, "bad", over={"zzz": [1]})
    write(folder, "mood")
    assert watch.sweeps() == ["mood"]
    assert not watch.sweeps() and "'zzz' cannot be crossed" in watch.said
    bad.unlink()
    assert not watch.sweeps() and "zzz" not in watch.said and "bad.yaml" not in json.loads(watch.cursor or "{}")


def test_a_run_is_not_kept_from_its_sweep_by_a_broken_file_beside_it(
    folder: Path, watch: Watch, instance: dg.DagsterInstance
) -> None:
    write(folder, "bad", over={"zzz": [1]})
    write(folder, "mood")
    (request,) = watch.tick()
    run = draw(folder, instance, request.tags)
    assert run.success and drawn(run) == {"mood"}


def test_a_sweep_is_drawn_once_its_panel_is_written(folder: Path, watch: Watch) -> None:
    write(folder, "mood", unit="01.new")
    assert not watch.sweeps() and not watch.sweeps()
    edit(folder, "prompt: river", "prompt: river\n      - id: new\n        prompt: sea")
    assert watch.sweeps() == ["mood"] and not watch.sweeps()


@pytest.mark.parametrize("mend", ["preset", "show", "twin"])
def test_a_refused_sweep_is_looked_at_again_when_what_is_around_it_changes(folder: Path, watch: Watch, mend: str) -> None:
    if mend == "twin":
        write(folder, "other", sweep="mood")
        write(folder, "mood")
    else:
        write(folder, "mood", over={"steps": [3, 4]})
    if mend == "show":
        change(folder / "show.yaml", languages=[])
    assert not watch.sweeps()
    if mend == "twin":
        (folder / "sweeps" / "other.yaml").unlink()
    change(folder / "show.yaml", languages=["en"])
    change(folder / "presets" / "fake.yaml", open={"steps": {"min": 2, "max": 8}, "guidance": {"min": 2, "max": 8}})
    assert watch.sweeps() == ["mood"]


def test_a_change_back_to_what_was_before_is_drawn_and_ranked_too(
    folder: Path, watch: Watch, instance: dg.DagsterInstance
) -> None:
    keys: list[str] = []
    for over in ([3, 7], [3, 5], [3, 7]):
        write(folder, "mood", over={"guidance": over})
        (request,) = watch.tick()
        assert not watch.tick(), "its own run is awaited, not one of an earlier change"
        draw(folder, instance, {SWEEP: request.tags[SWEEP], MARK: request.tags[MARK], **request.tags})
        (ranking,) = watch.tick()
        keys += [request.run_key or "", ranking.run_key or ""]
    assert len(set(keys)) == 6
    (folder / "sweeps" / "mood.yaml").unlink()
    assert not watch.tick()
    write(folder, "mood", over={"guidance": [3, 7]})
    assert watch.tick()[0].run_key not in keys, "put back is a change too"


def test_a_widened_sweep_draws_no_other_that_lies_between_its_cells(
    folder: Path, watch: Watch, instance: dg.DagsterInstance
) -> None:
    write(folder, "mood")
    other = write(folder, "zed", unit="01.b", over={"seed": [1, 2]})
    assert watch.sweeps() == ["mood", "zed"]
    write(folder, "mood", over={"guidance": [3, 5, 7]})
    (request,) = watch.tick()
    keys = list(instance.get_dynamic_partitions(SWEEP_CELLS))
    first, last = (keys.index(request.tags[f"{RANGE}_{end}"]) for end in ("start", "end"))
    assert any(key.startswith("zed.") for key in keys[first:last]), "this is what the tag is for"
    assert drawn(draw(folder, instance, request.tags)) == {"mood"}
    by_hand = {name: value for name, value in request.tags.items() if name != SWEEP}
    assert drawn(draw(folder, instance, by_hand)) == {"mood", "zed"}
    other.unlink()
    run = draw(folder, instance, by_hand)
    assert run.success and drawn(run) == {"mood"}
