"""What happens by itself when a storyboard is dropped or edited: real code server, real daemon, real queue."""

import copy
from pathlib import Path

import pytest

from studio.dispatch.queue import Queue
from studio.dispatch.services import Services

from .conftest import SEASON
from .making import board, books, events, fresh, panel, wait_for, write_board

PATIENCE = 400
"""Seconds; a busy machine takes long, and waiting ends as soon as it is done."""
pytestmark = pytest.mark.timeout(1200)


def _finished(folder: Path, episode: str) -> None:
    wait_for(lambda: fresh(folder, episode) and books(folder, episode), PATIENCE, f"episode {episode} finished")


def test_a_storyboard_dropped_into_the_show_becomes_a_book_on_the_house_weights(folder: Path, services: Services) -> None:
    _finished(folder, "house")
    assert books(folder, "house")[0].read_bytes().startswith(b"%PDF")
    takes = events(folder, "take", "house", "panel")
    assert {t["unit"] for t in takes} == {"house.peach", "house.dog"}
    assert all(t["body"]["engine"] == "diffusers" and t["run"] for t in takes)
    order = Queue(services.url).order()
    assert order and "house.p1" in order.pages


def test_a_panel_inserted_in_the_middle_is_the_only_one_rendered_and_an_edited_balloon_renders_none(
    folder: Path, services: Services
) -> None:
    before = next(data for data in SEASON if data["episode"] == "edit")
    _finished(folder, "edit")
    first = {t["unit"] for t in events(folder, "take", "edit", "panel")}
    assert first == {"edit.a", "edit.b", "edit.c", "edit.e"}

    inserted = copy.deepcopy(before)
    inserted["pages"][1]["panels"].insert(1, panel("d", 1))
    write_board(folder, inserted)
    wait_for(lambda: len(events(folder, "take", "edit", "book")) == 2 and fresh(folder, "edit"), PATIENCE, "second book")
    assert [t["unit"] for t in events(folder, "take", "edit", "panel")[4:]] == ["edit.d"]
    assert [t["unit"] for t in events(folder, "take", "edit", "final")[4:]] == ["edit.d"]
    assert [t["unit"] for t in events(folder, "take", "edit", "page")[2:]] == ["edit.p2"]

    spoken = copy.deepcopy(inserted)
    spoken["pages"][1]["panels"][0]["balloons"] = [{"text": "To the island!"}]
    write_board(folder, spoken)
    wait_for(lambda: len(events(folder, "take", "edit", "book")) == 3 and fresh(folder, "edit"), PATIENCE, "third book")
    assert len(events(folder, "take", "edit", "panel")) == 5
    assert len(events(folder, "take", "edit", "final")) == 5
    assert [t["unit"] for t in events(folder, "take", "edit", "page")[3:]] == ["edit.p2"]


def test_a_broken_storyboard_is_told_about_and_the_mended_one_becomes_a_book(folder: Path, services: Services) -> None:
    file = folder / "storyboards" / "mended.yaml"
    file.write_text("episode: mended\ntitle: T\npages: [\n")
    told = wait_for(lambda: _sensor_words(services.url), PATIENCE, "the sensor says what is wrong")
    assert "mended.yaml" in told and "YAML" in told
    write_board(folder, board("mended", [panel("a", 0)]))
    _finished(folder, "mended")


def _sensor_words(url: str) -> str | None:
    query = """query { sensorOrError(sensorSelector: {repositoryLocationName: "genga", repositoryName: "__repository__",
      sensorName: "new_storyboards"}) { ... on Sensor { sensorState { ticks(limit: 5) { skipReason } } } } }"""
    ticks = Queue(url).ask(query)["sensorOrError"]["sensorState"]["ticks"]
    return next((t["skipReason"] for t in ticks if t["skipReason"] and "mended.yaml" in t["skipReason"]), None)
