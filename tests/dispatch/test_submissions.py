"""From a plan to the runs that the queue is asked for."""

from dataclasses import replace

import pytest

from studio.dispatch.cells import Order, Span, absent_cells, cells_of, spans
from studio.dispatch.submissions import followers, newcomers, next_runs, places_in
from studio.plan.plans import Plan, State, Step
from studio.plan.reasons import Reason
from studio.plan.recipes import Recipe, UpscaleRecipe
from studio.story.shots import Keyframe, Shot
from studio.story.storyboard import Page, Panel, Storyboard

RECIPE: Recipe = UpscaleRecipe(engine="lanczos", contract=1, image="0" * 64, scale=2)
ORDER = Order(["01.p1", "01.p2", "02.p1", "01.p3"], ["02.s1", "01.s1", "01.s2"])
"""Page three was inserted after another episode had been taken in."""


def _board() -> Storyboard:
    sizes = {"p1": "ab", "p2": "cde", "p3": "f"}
    return Storyboard(episode="01", title="T", pages=tuple(
        Page(id=page, panels=tuple(Panel(id=name, prompt=name) for name in names)) for page, names in sizes.items()
    ))


def _plan(*steps: Step) -> Plan:
    """A plan in which everything is fresh but these steps."""
    changed = {step.key: step for step in steps}
    every: list[Step] = []
    for cell, unit in cells_of(_board()).items():
        page = cell.split("|")[0]
        every += [Step(unit, "panel", page, "fresh", recipe=RECIPE), Step(unit, "final", page, "fresh", recipe=RECIPE)]
    every += [Step(page, "page", page, "fresh", language="en", recipe=RECIPE) for page in ("01.p1", "01.p2", "01.p3")]
    every.append(Step("01", "book", "", "fresh", language="en", recipe=RECIPE))
    assert changed.keys() <= {step.key for step in every}
    return Plan("show", "01", tuple(changed.get(step.key, step) for step in every))


def _panel(unit: str, page: str, state: State) -> Step:
    return Step(unit, "panel", page, state, recipe=RECIPE)


def test_the_grid_of_an_episode_is_its_cells_and_its_absent_cells() -> None:
    cells = cells_of(_board())
    assert list(cells.items())[:3] == [("01.p1|01", "01.a"), ("01.p1|02", "01.b"), ("01.p2|01", "01.c")]
    absent = absent_cells(_board())
    assert len(absent) + len(cells) == 36 and not cells.keys() & set(absent)


def test_spans_are_as_few_as_the_order_of_insertion_allows() -> None:
    assert list(spans(["01.p3", "01.p1", "01.p2"], ORDER.pages)) == [Span("01.p1", "01.p2"), Span("01.p3", "01.p3")]
    assert list(spans([], ORDER.pages)) == []


def test_a_span_takes_along_what_it_may_but_not_too_much() -> None:
    order = [f"01.p{n}" for n in range(1, 10)]
    assert list(spans(["01.p1", "01.p4"], order, between=order)) == [Span("01.p1", "01.p4")]
    assert list(spans(["01.p1", "01.p4"], order, between=["01.p2"])) == [Span("01.p1", "01.p1"), Span("01.p4", "01.p4")]
    assert len(list(spans(["01.p1", "01.p7"], order, between=order))) == 2
    assert len(list(spans(["01.p1", "01.p3"], order, {"01.p1": 400.0, "01.p3": 300.0}, order))) == 2


def test_panels_on_scattered_pages_are_one_run_that_names_them_and_crosses_no_other_episode() -> None:
    plan = _plan(_panel("01.a", "01.p1", "missing"), _panel("01.f", "01.p3", "missing"))
    one, two = (next_runs(plan, _board(), Order(pages))[0] for pages in (["01.p1", "01.p2", "01.p3"], ORDER.pages))
    [run] = one
    assert (run.span.first, run.span.last, run.units) == ("01.p1|01", "01.p3|03", ("01.a", "01.f"))
    assert [r.span.first for r in two] == ["01.p1|01", "01.p3|01"]


def test_an_unknown_page_is_never_silently_left_out() -> None:
    with pytest.raises(KeyError):
        list(spans(["01.p9"], ORDER.pages))


def test_apply_asks_for_panels_first_and_only_as_wide_as_the_fullest_page() -> None:
    plan = _plan(_panel("01.b", "01.p1", "stale"), _panel("01.d", "01.p2", "missing"))
    runs, steps = next_runs(plan, _board(), ORDER)
    assert [(r.asset, r.span, r.units) for r in runs] == [
        ("panels", Span("01.p1|01", "01.p2|03"), ("01.b", "01.d"))
    ]
    assert [s.unit for s in steps] == ["01.b", "01.d"]


def test_what_was_tried_is_not_asked_for_again() -> None:
    bad = _panel("01.b", "01.p1", "missing")
    assert next_runs(_plan(bad), _board(), ORDER, frozenset({bad.key})) == ([], [])


def test_a_sensor_never_starts_what_is_only_stale() -> None:
    assert newcomers(_plan(_panel("01.b", "01.p1", "stale")), _board(), ORDER, moved=set()) == []


def test_a_missing_panel_is_drawn_and_its_stale_neighbours_are_left() -> None:
    (run,) = newcomers(_plan(_panel("01.f", "01.p3", "missing")), _board(), ORDER, moved=set())
    assert (run.asset, run.span, run.stale) == ("panels", Span("01.p3|01", "01.p3|01"), False)
    assert run.run_config == {"ops": {"panels": {"config": {"units": [], "stale": False}}}}


def test_a_changed_balloon_asks_for_its_page_alone() -> None:
    page = Step("01.p2", "page", "01.p2", "stale", language="en", recipe=RECIPE)
    (run,) = newcomers(_plan(page), _board(), ORDER, moved=set())
    assert (run.asset, run.tags) == ("pages", {"dagster/partition": "01.p2"})


def test_finals_of_new_panels_follow_but_not_those_whose_preset_changed() -> None:
    final = Step("01.a", "final", "01.p1", "stale", (Reason("upstream", "x", "y"),), recipe=RECIPE)
    (run,) = followers(_plan(final), _board(), ORDER, {"01.p1"})
    assert (run.asset, run.units) == ("panel_finals", ("01.a",))
    scaled = replace(final, reasons=(Reason("upscale", "2", "4"),))
    assert followers(_plan(scaled), _board(), ORDER, {"01.p1"}) == []


def test_a_run_s_pages_are_read_from_its_tags() -> None:
    tags = {"dagster/asset_partition_range_start": "01.p1|01", "dagster/asset_partition_range_end": "01.p2|03"}
    assert places_in(tags, ORDER) == {"01.p1", "01.p2"}
    assert places_in({"dagster/partition": "01.p3"}, ORDER) == {"01.p3"}
    assert places_in({"dagster/partition": "01.gone"}, ORDER) == places_in({}, ORDER) == set()
    shots = {"dagster/asset_partition_range_start": "01.s1|01", "dagster/asset_partition_range_end": "01.s2|02"}
    assert places_in(shots, ORDER) == {"01.s1", "01.s2"}


def _film_board() -> Storyboard:
    keyframes = {"s1": ("k1", "k2", "k3"), "s2": ("k1", "k2")}
    return Storyboard(episode="01", title="T", shots=tuple(
        Shot(id=shot, seconds=1, keyframes=tuple(Keyframe(id=name, prompt=name) for name in names))
        for shot, names in keyframes.items()
    ))


def _film(**states: State) -> Plan:
    """Every stage of both shots fresh but those named; what comes after a missing one has no recipe yet."""
    steps: list[Step] = []
    for stage in ("voice", "keyframe", "inbetween", "inbetween_final", "clip"):
        state = states.get(stage, "fresh")
        for shot, units in (("01.s1", ("01.s1.k1", "01.s1.k2")), ("01.s2", ("01.s2.k1",))):
            named = (f"{shot}.l1",) if stage == "voice" else (shot,) if stage == "clip" else units
            steps += [Step(unit, stage, shot, state, recipe=RECIPE) for unit in named]
    steps.append(Step("01", "film", "", states.get("film", "fresh"), language="en", recipe=RECIPE))
    return Plan("show", "01", tuple(steps))


def test_a_shot_s_cells_are_its_keyframes_and_its_gaps_are_one_less() -> None:
    board = _film_board()
    assert list(cells_of(board, "shots", "keyframe"))[2:] == ["01.s1|03", "01.s2|01", "01.s2|02"]
    assert list(cells_of(board, "shots", "inbetween").items())[1:] == [("01.s1|02", "01.s1.k2"), ("01.s2|01", "01.s2.k1")]
    assert len(absent_cells(board, "shots", "keyframe")) == 2 * 24 - 5


def test_voices_and_keyframes_are_asked_for_side_by_side() -> None:
    runs, _ = next_runs(_film(voice="missing", keyframe="missing"), _film_board(), ORDER)
    assert [(r.asset, r.span) for r in runs] == [
        ("voices", Span("01.s1", "01.s2")), ("keyframes", Span("01.s1|01", "01.s2|03")),
    ]


def test_inbetweens_follow_new_keyframes_and_never_stale_ones() -> None:
    places = {"01.s1", "01.s2"}
    (run,) = followers(_film(inbetween="missing"), _film_board(), ORDER, places)
    assert (run.asset, run.span) == ("inbetweens", Span("01.s1|01", "01.s2|02"))
    assert followers(_film(inbetween="stale"), _film_board(), ORDER, places) == []


def test_a_changed_effect_encodes_its_shot_and_then_the_film() -> None:
    (run,) = newcomers(_film(clip="stale"), _film_board(), ORDER, moved=set())
    assert run.asset == "clips"
    (run,) = followers(_film(film="stale"), _film_board(), ORDER, {"01.s1"})
    assert (run.asset, run.tags) == ("films", {"dagster/partition": "01"})


def test_what_a_failed_run_tried_is_not_asked_for_again_by_itself() -> None:
    plan = _film(inbetween="missing")
    assert [run.asset for run in followers(plan, _film_board(), ORDER, {"01.s1"})] == ["inbetweens"]
    assert followers(plan, _film_board(), ORDER, {"01.s1"}, frozenset({"inbetweens"})) == []
