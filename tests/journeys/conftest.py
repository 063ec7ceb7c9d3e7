"""One show, one web server and one daemon for all journeys; each journey writes an episode of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.dispatch.services import Services, serving
from studio.story.show import open_show

from .making import board, film, panel, shot, write_board, write_show

WORDS = [{"text": "Where to?"}]
INKED = {"loras": [{"model": "ink", "weight": 0.5}]}
SEASON = (
    board("house", [panel("peach", 0, preset="house", balloons=WORDS), panel("dog", 1, preset="house")]),
    board("edit", [panel("a", 0), panel("b", 1)], [panel("c", 0, balloons=WORDS), panel("e", 2)]),
    board("ink", [panel("plain", 0), panel("inked", 1, **INKED)], [panel("too", 0, **INKED)]),
    film("movie", shot("s1", lines=[{"id": "l1", "text": "Where to?"}]), shot("s2", effects=[{"kind": "vignette"}])),
    board("urgent", [panel("now", 0)]),
    board("bad", [panel("good", 0), panel("bad", 1, preset="absent")], [panel("fine", 0)]),
)
"""Dropped all at once, so that the journeys' first books are made side by side."""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small show."""
    return write_show(tmp_path_factory.mktemp("journeys") / "small")


@pytest.fixture(scope="session")
def services(folder: Path) -> Iterator[Services]:
    """The show being served, sensors on; the fake engine takes its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENGA_FAKE_SECONDS", "0.5")
        with serving(open_show(folder)) as started:
            for data in SEASON:
                write_board(folder, data)
            yield started
