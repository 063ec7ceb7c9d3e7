"""Who goes first in the real queue."""

import copy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from studio.cli import rendering
from studio.dispatch.classes import RANKS
from studio.dispatch.queue import Queue
from studio.dispatch.services import Services

from .conftest import SEASON
from .making import events, film, fresh, shot, wait_for, write_board

PATIENCE = 400
"""Seconds; a busy machine takes long, and waiting ends as soon as it is done."""
FILM_SECONDS = 20 * 60 * 0.5
"""What the film's gaps take: twenty of a minute each, at half a second for a second of film."""
MOST_WAIT = 90.0
"""A few seconds of the queue's own and a process that starts, on a busy machine."""
pytestmark = pytest.mark.timeout(1200)


def starts(folder: Path, asset: str, episode: str) -> list[dict[str, Any]]:
    """When runs over an asset of an episode began."""
    return [e for e in events(folder, "start", episode) if e["asset"] == asset]


def waited(start: dict[str, Any]) -> float:
    """Seconds from the queue to the first step."""
    return (datetime.fromisoformat(start["at"]) - datetime.fromisoformat(start["submitted"])).total_seconds()


def test_an_urgent_panel_does_not_wait_for_a_long_film(folder: Path, services: Services) -> None:
    wait_for(lambda: fresh(folder, "urgent"), PATIENCE, "the episode is drawn")
    write_board(folder, film("epic", *(shot(f"s{n}", seconds=60) for n in range(20))))
    wait_for(lambda: starts(folder, "inbetweens", "epic"), PATIENCE, "ten minutes of film are at work")

    changed = copy.deepcopy(next(data for data in SEASON if data["episode"] == "urgent"))
    changed["pages"][0]["panels"][0]["take"] = 2
    write_board(folder, changed)
    rendering.apply(folder, episode="urgent", kind="delivery", yes=True)

    assert len(events(folder, "take", "urgent", "panel")) == 2
    assert len(events(folder, "take", "epic", "inbetween")) < 20, "the film is still at work"
    urgent, slow = starts(folder, "panels", "urgent")[-1], starts(folder, "inbetweens", "epic")
    assert (urgent["queue_class"], slow[0]["queue_class"]) == ("delivery", "batch")
    assert urgent["priority"] > RANKS["delivery"] > max(s["priority"] for s in slow)
    assert waited(urgent) < MOST_WAIT < FILM_SECONDS / 4, "it waited for its own place"
    queue = Queue(services.url)  # nobody wants to see the rest: not what is at work, nor what waits for its place
    queue.cancel([run.id for run in queue.under_way() if any("epic." in value for value in run.tags.values())])
