"""Ledger events as spans: what took how long, what was waited for, and lines that say less than they should."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from studio.store.timeline import QUEUED, RENDERED, about, journeys, span_of

ZERO = datetime(2026, 11, 25, 12, tzinfo=UTC)


def at(seconds: float) -> str:
    return (ZERO + timedelta(seconds=seconds)).isoformat()


def event(kind: str, when: float, /, **more: Any) -> dict[str, Any]:
    return {"event": kind, "at": at(when), "show": "s", "unit": "01.a", "trace": "t", **more}


EPISODE = [
    event("intake", 0, file="storyboards/01.yaml", unit="01"),
    event("start", 10, asset="panels", pool="image", by="apply", queue_class="demo", submitted=at(2)),
    event("take", 15, stage="panel", seconds=3.0, load_seconds=1.0, usd=0.001, device="cuda", pool="image", recipe="r"),
    event("score", 15, scorer="clip", passed=False, blocking=True, note="0.3"),
    event("score", 15, scorer="faces", passed=True),
    event("measure", 15, value=1.0),
    event("pick", 15, stage="panel", reused=False),
    event("review", 100, stage="panel", verdict="reject", reviewer="kei", reasons=["face"], note="eyes", seconds=5),
    event("publish", 130, unit="01", files=["books/01.pdf", "books/01.cbz"]),
]


def test_a_submission_is_told_in_order_with_what_took_how_long() -> None:
    (journey,) = journeys([*EPISODE[7:], *EPISODE[:7]])
    assert [(s.what, s.seconds) for s in journey.spans] == [
        ("taken in", 0), (QUEUED, 8), (RENDERED, 4), ("stopped", 0), ("used", 0), ("rejected", 5), ("published", 0)]
    assert journey.trace == "t" and journey.seconds == 130 and journey.covered(RENDERED) == 4 and journey.covered(QUEUED) == 8
    assert journey.waited == 130 - 4 - 5, "nobody worked on it in the queue, nor before the review"
    told = {span.what: span.told for span in journey.spans}
    assert told["rejected"] == "kei: face, eyes" and told["published"] == "books/01.pdf and 1 more"
    assert told[QUEUED] == "pool image, demo, by apply"
    facts = next(span.facts for span in journey.spans if span.what == QUEUED)
    assert (facts["class"], facts["asked_by"]) == ("demo", "apply")
    assert told[RENDERED] == "$0.00100 on cuda, 1.00 s of it loading weights"


def test_submissions_are_told_apart_and_what_has_no_trace_comes_last() -> None:
    others = [{**EPISODE[0], "trace": ""}, {**EPISODE[0], "trace": "later", "at": at(500)}]
    assert [journey.trace for journey in journeys([*others, *EPISODE])] == ["t", "later", ""]


def test_overlapping_work_is_not_waited_for_twice() -> None:
    takes = [event("take", end, stage="panel", seconds=s, usd=0.0) for end, s in ((10, 10), (8, 4), (20, 5))]
    (journey,) = journeys(takes)
    assert (journey.seconds, journey.covered(RENDERED), journey.waited) == (20, 15, 5), "the parts add up to the whole"


def test_a_run_of_many_units_counts_as_the_wait_of_each() -> None:
    start = event("start", 90, unit="01.p01|01", run="one", asset="panels", pool="image", by="apply", submitted=at(0))
    other = event("start", 50, unit="01.p09|01", run="two", asset="panels", pool="image", by="apply", submitted=at(0))
    take = event("take", 100, unit="01.z", run="one", stage="panel", seconds=10.0, usd=0.0)
    beside = event("take", 100, unit="01.y", run="two", stage="panel", seconds=10.0, usd=0.0)
    (journey,) = journeys(about([start, other, take, beside], "01.z", {"01.z", "01"}))
    assert [(span.what, span.seconds, span.unit) for span in journey.spans] == [(QUEUED, 90, "01.p01|01"), (RENDERED, 10, "01.z")]
    assert (journey.seconds, journey.waited) == (100, 90)


@pytest.mark.parametrize("line", [
    {}, {"event": "take"}, {"event": "take", "at": "yesterday", "unit": "x"}, {"event": "review", "at": at(0), "unit": "x"},
    {"event": "unheard_of", "at": at(0)}, {"event": "score", "at": at(0), "unit": "x"},
])
def test_a_line_that_says_less_is_no_span(line: dict[str, Any]) -> None:
    assert span_of(line) is None and journeys([line]) == []


def test_a_clock_that_jumped_back_gives_no_wait_below_nothing() -> None:
    (journey,) = journeys([event("start", 10, asset="panels", pool="image", by="apply", submitted=at(50))])
    assert journey.spans[0].seconds == 0


def test_a_price_that_is_unknown_is_not_zero() -> None:
    (journey,) = journeys([event("take", 10, stage="panel", seconds=1.0, usd=None)])
    assert journey.spans[0].told.startswith("price unknown")
