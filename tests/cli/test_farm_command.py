"""genga farm in plain words: who died when, what is urgent, and which farm is meant."""

import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from studio.cli import rendering
from studio.cli.farming import _picture  # pyright: ignore[reportPrivateUsage]
from studio.dispatch.services import home_of
from studio.production.opening import open_production
from studio.render.farms import FARM
from studio.render.fleet.states import DeviceState, FleetState, QueueState

from ..story.making import write_show
from .test_commands import genga


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


def shown(state: FleetState, folder: Path) -> str:
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        console.print(_picture(state, open_production(folder).library.models))
    return captured.get()


def device(state: str, **more: object) -> DeviceState:
    return DeviceState("farm-1/0", "cpu", state, (), (), "4 image" if state == "busy" else "", 3.0, 0, 0.0, 1, "its worker died",
                       trouble_seconds=125.0, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("state", "then"), [
    ("busy", "another took its place"), ("starting", "another is starting"), ("resting", "another will start")])
def test_a_death_says_when_it_was_and_what_came_of_it(folder: Path, state: str, then: str) -> None:
    assert f"farm-1/0: its worker died, 0:02:05 ago; {then}" in shown(FleetState((device(state),)), folder)


def test_what_is_urgent_is_told_by_class_and_deadline(folder: Path) -> None:
    told = shown(FleetState((device("busy", priority=182, deadline=1e9),), (
        QueueState("image", 182, 3, 5.0), QueueState("image", 150, 2, 9.0), QueueState("video", 299, 1, 1.0, 1e9))), folder)
    assert "4 image, demo, due by 2001-09-0" in told and "5 of pool image, demo, wait; the oldest for 9 s" in told
    assert "1 of pool video, delivery, due by 2001-09-0" in told and "priority" not in told


def test_a_show_without_a_farm_is_named_by_its_folder(folder: Path) -> None:
    assert f"{folder}: nothing serves this show now. Start it with" in " ".join(genga("farm", "--show", folder).stderr.split())
    home = home_of(open_production(folder).show)
    home.mkdir(parents=True)
    (home / "up.json").write_text(json.dumps({"pid": os.getpid(), "url": "", "farm": "here"}))
    assert f"{folder}: the show is served without a farm" in " ".join(genga("farm", "--show", folder).stderr.split())


def test_the_farm_that_the_environment_names_is_asked_where_nothing_serves_the_show(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FARM, "rya@nowhere")
    assert f"{FARM}: 'rya@nowhere' names no farm. Write 'here' or 'ray@HOST:PORT'" in genga("farm", "--show", folder).stderr
    monkeypatch.setenv(FARM, "ray@127.0.0.1:1")
    assert "no Ray head answers at 127.0.0.1:1" in " ".join(genga("farm", "--show", folder).stderr.split())


def test_apply_says_that_it_draws_without_a_farm_where_genga_up_has_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "running", lambda show: object())
    monkeypatch.setattr(rendering, "farm_of", lambda show: "here")
    told = "Drawn without a farm: the 'genga up' that serves the show has none"
    assert told in genga("apply", "--show", folder, "--farm", "ray").stdout
    assert told not in genga("apply", "--show", folder).stdout
    monkeypatch.setattr(rendering, "farm_of", lambda show: "ray@10.0.0.5:6379")
    assert told not in genga("apply", "--show", folder, "--farm", "ray").stdout
