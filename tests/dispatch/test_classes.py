"""How urgent a run is, and how long it may be."""

from datetime import UTC, datetime, timedelta

import pytest

from studio.dispatch.cells import RUN_SECONDS, Span, spans
from studio.dispatch.classes import CLASS, CLASSES, DEADLINE, PRIORITY, Class, Urgency

PAGES = [f"01.p{n}" for n in range(6)]


NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
EVENING = datetime(2026, 12, 1, 18, tzinfo=UTC)


def priority(kind: Class, seconds: float, hours: float | None = None) -> int:
    """Of a run of this class and length that is due in so many hours."""
    due = None if hours is None else NOW + timedelta(hours=hours)
    return int(Urgency(kind, due).tags(NOW, seconds)[PRIORITY])


def test_the_longest_run_of_a_class_goes_before_the_shortest_of_the_next_one() -> None:
    assert priority("delivery", 1e6) > priority("demo", 0.0)
    assert priority("demo", 1e6) > priority("batch", 0.0)


@pytest.mark.parametrize("kind", CLASSES)
def test_short_runs_go_before_long_ones_within_a_class(kind: str) -> None:
    found = [priority(kind, seconds) for seconds in (0.0, 1.0, 10.0, 60.0, 600.0)]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("kind", CLASSES)
def test_what_is_due_sooner_goes_first_within_a_class_and_never_waits_longer_for_saying_so(kind: Class) -> None:
    found = [priority(kind, 600.0, hours) for hours in (-1, 0.5, 3, 24, 90)]
    assert found == sorted(found, reverse=True)
    assert found[1] > priority(kind, 1.0) > found[-1] >= priority(kind, 600.0)
    assert priority("demo", 600.0, 9999) > priority("batch", 0.0, -1)


@pytest.mark.parametrize(("tags", "urgency"), [
    ({CLASS: "delivery"}, Urgency("delivery")), ({CLASS: "soon"}, Urgency()), ({}, Urgency()),
    (Urgency("demo").tags(NOW, 5.0), Urgency("demo")),
    (Urgency("delivery", EVENING).tags(NOW), Urgency("delivery", EVENING)),
    ({CLASS: "demo", DEADLINE: "tomorrow"}, Urgency("demo")),
    ({CLASS: "demo", DEADLINE: "2026-12-01T18:00"}, Urgency("demo")),  # of which zone?
])
def test_what_follows_a_run_is_as_urgent(tags: dict[str, str], urgency: Urgency) -> None:
    assert Urgency.of(tags) == urgency


def test_a_run_over_many_pages_ends_where_it_would_last_too_long() -> None:
    seconds = dict.fromkeys(PAGES, RUN_SECONDS / 2.5)
    assert list(spans(PAGES, PAGES, seconds)) == [Span("01.p0", "01.p1"), Span("01.p2", "01.p3"), Span("01.p4", "01.p5")]
    assert list(spans(PAGES, PAGES)) == [Span("01.p0", "01.p5")]


def test_a_page_that_lasts_too_long_by_itself_is_still_one_run() -> None:
    assert list(spans(PAGES[:2], PAGES, dict.fromkeys(PAGES, 2 * RUN_SECONDS))) == [Span(p, p) for p in PAGES[:2]]
