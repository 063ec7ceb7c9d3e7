"""What happens meanwhile reaches the page."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.production.opening import open_production
from studio.review.live import tell
from studio.store.events import Failure
from tests.production.making import make_all
from tests.story.making import edit

from .visiting import Visitor


def messages(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    return (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))


def test_takes_picks_failures_and_reviews_arrive_as_they_happen(visitor: Visitor, folder: Path) -> None:
    with visitor.client.stream("GET", "/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines).startswith("retry")
        edit(folder, "prompt: river", "prompt: river at night")
        make_all(folder)
        heard = messages(lines)
        take = next(one for one in heard if one["event"] == "take")
        assert (take["unit"], take["stage"]) == ("01.b", "panel") and "made in" in take["told"]
        pick = next(one for one in heard if one["event"] == "pick" and one["stage"] == "page")
        assert pick["unit"] == "01.p01" and pick["language"] == "en"
        visitor.say("01.b", "reject", reasons=["style"])
        assert "rejected (style)" in next(one for one in heard if one["event"] == "review")["told"]
        production = open_production(folder)
        production.ledger.append(Failure(show="s", unit="01.b", stage="panel", error="X", message="the lamp is out\nof oil"))
        assert "the lamp is out" in next(one for one in heard if one["event"] == "failure")["told"]


def test_what_a_page_does_not_show_is_not_sent() -> None:
    assert tell({"event": "intake", "unit": "01"}) is None
    assert tell({"event": "publish", "unit": "01", "files": []}) is None
