"""How urgent a run is, and how long it may be."""

import pytest

from studio.dispatch.cells import RUN_SECONDS, Span, spans
from studio.dispatch.classes import CLASS, CLASSES, PRIORITY, class_of, urgency

PAGES = [f"01.p{n}" for n in range(6)]


def priority(*given: object) -> int:
    """Of a run of this class and length."""
    return int(urgency(*given)[PRIORITY])  # type: ignore[arg-type]


def test_the_longest_run_of_a_class_goes_before_the_shortest_of_the_next_one() -> None:
    assert priority("delivery", 1e6) > priority("demo", 0.0)
    assert priority("demo", 1e6) > priority("batch", 0.0)


@pytest.mark.parametrize("kind", CLASSES)
def test_short_runs_go_before_long_ones_within_a_class(kind: str) -> None:
    found = [priority(kind, seconds) for seconds in (0.0, 1.0, 10.0, 60.0, 600.0)]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(("tags", "kind"), [
    ({CLASS: "delivery"}, "delivery"), ({CLASS: "soon"}, "batch"), ({}, "batch"), (urgency("demo", 5.0), "demo"),
])
def test_what_follows_a_run_is_of_its_class(tags: dict[str, str], kind: str) -> None:
    assert class_of(tags) == kind


def test_a_run_over_many_pages_ends_where_it_would_last_too_long() -> None:
    seconds = dict.fromkeys(PAGES, RUN_SECONDS / 2.5)
    assert list(spans(PAGES, PAGES, seconds)) == [Span("01.p0", "01.p1"), Span("01.p2", "01.p3"), Span("01.p4", "01.p5")]
    assert list(spans(PAGES, PAGES)) == [Span("01.p0", "01.p5")]


def test_a_page_that_lasts_too_long_by_itself_is_still_one_run() -> None:
    assert list(spans(PAGES[:2], PAGES, dict.fromkeys(PAGES, 2 * RUN_SECONDS))) == [Span(p, p) for p in PAGES[:2]]
