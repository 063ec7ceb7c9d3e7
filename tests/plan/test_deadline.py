"""In time and for the money: steps on devices, what holds them up, what to give up first."""

import dataclasses
from pathlib import Path

import pytest

from studio.plan.deadline import Wanted, forecast, modestly
from studio.plan.plans import Plan, Step
from studio.plan.schedule import schedule
from studio.production.opening import open_production
from tests.production.filming import make_film
from tests.story.filming import write_film_show
from tests.story.making import change, write_show

POOLS = {"image": 1, "post": 2, "video": 1}


def step(unit: str, stage: str, seconds: float, place: str = "01.p01", high: float = 0.0) -> Step:
    return Step(unit, stage, place, "missing", seconds=seconds, high=high, usd=seconds)  # type: ignore[arg-type]


def plan(*steps: Step) -> Plan:
    return Plan("show", "01", steps)


def test_a_step_waits_for_its_page_and_for_a_device() -> None:
    found = schedule([plan(step("01.a", "final", 4), step("01.b", "final", 4), step("01.c", "final", 4),
                           step("01.p01", "page", 1))], POOLS)
    assert found.seconds == 9 and found.bottleneck == "post"
    assert found.ends["01", "01.p01 page"] == 9


def test_another_page_does_not_wait() -> None:
    found = schedule([plan(step("01.a", "final", 9), step("01.p02", "page", 1, place="01.p02"))], POOLS)
    assert found.ends["01", "01.p02 page"] == 1


def test_a_book_waits_for_the_whole_episode() -> None:
    found = schedule([plan(step("01.a", "final", 9), step("01", "book", 1, place=""))], POOLS)
    assert found.ends["01", "01 book"] == 10


def test_nothing_to_do_takes_no_time() -> None:
    assert schedule([plan()], POOLS).seconds == 0 and schedule([], POOLS).bottleneck == ""


def test_a_plan_is_held_against_nine_of_ten_cases() -> None:
    plans = [plan(step("01.a", "final", 4, high=9))]
    assert forecast(plans, [], POOLS, Wanted(10, None), lambda boards: plans).feasible
    tight = forecast(plans, [], POOLS, Wanted(5, None), lambda boards: plans)
    assert not tight.feasible and tight.usual.seconds == 4 and not tight.given_up
    assert tight.late == ("01.a final",)


def test_what_saves_most_is_given_up_first_and_no_more_than_needed() -> None:
    dear = [plan(*(step(f"01.s{i}", "inbetween", 10.0 * i, place=f"01.s{i}") for i in (1, 2, 3)))]
    cheap = [plan(*(step(f"01.s{i}", "inbetween", 1.0, place=f"01.s{i}") for i in (1, 2, 3)))]
    found = forecast(dear, [], POOLS, Wanted(None, 35), lambda boards: cheap)
    assert not found.feasible and [s.place for s in found.given_up] == ["01.s3"] and found.enough
    assert found.given_up[0].what == "at draft quality"
    hopeless = forecast(dear, [], POOLS, Wanted(None, 2), lambda boards: cheap)
    assert len(hopeless.given_up) == 3 and not hopeless.enough


def test_a_film_at_draft_quality_takes_less(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "film")
    make_film(folder)
    production = open_production(folder)
    board = production.boards()[0]
    assert {shot.quality for shot in modestly(board).shots} == {"draft"} and modestly(board).file == board.file


def test_more_candidates_are_given_up(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "show")
    change(folder / "show.yaml", candidates=4, pools={"image": {"usd_per_hour": 1.0}})
    production = open_production(folder)
    boards = production.boards()
    plans = production.plans(boards)
    found = forecast(plans, boards, POOLS, Wanted(None, sum(p.price.known for p in plans) * 0.6), production.plans)
    assert {s.what for s in found.given_up} == {"with one candidate of every picture"} and found.enough


@pytest.mark.parametrize("high", [False, True])
def test_the_high_end_is_never_before_the_usual_one(high: bool) -> None:
    steps = [step("01.a", "final", 5, high=0.0)]
    assert schedule([plan(*[dataclasses.replace(s) for s in steps])], POOLS, high).seconds == 5
