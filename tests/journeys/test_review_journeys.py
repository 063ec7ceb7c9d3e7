"""A person rejects a take in the browser: real queue, real sensor."""

from pathlib import Path

import pytest

from studio.dispatch.services import Services
from studio.review.serving import reviewing
from tests.review.visiting import Visitor

from .making import board, books, events, fresh, panel, wait_for, write_board

PATIENCE = 400
pytestmark = pytest.mark.timeout(1200)


def test_a_rejection_becomes_the_next_take_a_new_page_and_a_new_book(folder: Path, services: Services) -> None:
    write_board(folder, board("judged", [panel("one", 0), panel("two", 1)]))
    wait_for(lambda: fresh(folder, "judged") and books(folder, "judged"), PATIENCE, "episode judged finished")
    with reviewing(folder) as url:
        visitor = Visitor(url)
        told = visitor.say("judged.one", "reject", reasons=["anatomy"])
        assert "The next take is asked for" in told.text
        wait_for(lambda: len(events(folder, "take", "judged", "book")) == 2 and fresh(folder, "judged"), PATIENCE, "second book")
        assert "to review" in visitor.get("/unit/judged.one").text
        visitor.client.close()
    assert [t["unit"] for t in events(folder, "take", "judged", "panel")[2:]] == ["judged.one"]
