"""Queueing theory held against textbook values, against itself, and against a simulation; sizes, costs and growth."""

import math

import pytest

from studio.plan.capacity.growth import grow, said
from studio.plan.capacity.measured import measure
from studio.plan.capacity.queueing import Queue, erlang_c, made_up, quantile, simulate, spread
from studio.plan.capacity.sizing import Demand, Supply, size
from studio.plan.history import History, PastPick, PastReview, PastTake


def supply(
    pool: str = "image", seconds: float = 12, cv: float = 0.0, accepted: float = 1.0, rate: float | None = 0.7, workers: int = 8,
    **more: float,
) -> Supply:
    return Supply(pool, made_up(seconds, cv), accepted, rate, workers, **more)  # type: ignore[arg-type]


def demand(per_day: float, sla: float | None = None, peak: float = 1.0, **mix: float) -> Demand:
    return Demand(per_day, mix or {"image": 1.0}, {} if sla is None else {"delivery": sla}, peak)


@pytest.mark.parametrize(("servers", "load", "chance"), [
    (1, 0.5, 0.5), (2, 1.0, 1 / 3), (3, 2.0, 4 / 9), (5, 4.0, 0.55411), (10, 8.0, 0.40918), (2, 2.0, 1.0), (3, 9.0, 1.0),
])
def test_erlang_c_is_what_textbooks_print(servers: int, load: float, chance: float) -> None:
    assert erlang_c(servers, load) == pytest.approx(chance, abs=1e-5)


def test_erlang_c_stays_a_chance_for_hundreds_of_devices() -> None:
    chances = [erlang_c(500, load) for load in (400, 450, 480, 499)]
    assert all(0 < one < 1 for one in chances) and chances == sorted(chances)
    assert erlang_c(4, 0.0) == 0.0


def test_one_server_is_m_g_1_by_pollaczek_and_khinchine() -> None:
    for cs2 in (0.0, 0.5, 1.0, 4.0):
        queue = Queue(per_second=0.08, seconds=10, cs2=cs2, servers=1)
        assert queue.mean_wait == pytest.approx(0.08 * 100 * (1 + cs2) / (2 * 0.2))


def test_what_cannot_keep_up_waits_endlessly() -> None:
    queue = Queue(1.0, 3.0, 1.0, 3)
    assert queue.busy == 1 and queue.mean_wait == queue.wait() == math.inf
    assert Queue(0.1, 1.0, 1.0, 9).wait() == 0.0, "hardly anybody waits"


@pytest.mark.parametrize("cv", [0.0, 0.5, 1.0, 1.5])
@pytest.mark.parametrize(("servers", "busy"), [(1, 0.7), (4, 0.8), (12, 0.85)])
def test_the_formula_and_the_simulation_agree(servers: int, busy: float, cv: float) -> None:
    durations = made_up(10, cv)
    queue = Queue(servers * busy / 10, 10, spread(durations), servers)
    found = simulate(queue.per_second, durations, servers, jobs=60_000)
    assert found.mean_wait == pytest.approx(queue.mean_wait, rel=0.25, abs=0.3)
    assert found.wait == pytest.approx(queue.wait(), rel=0.25, abs=2.0)


def test_a_simulation_is_the_same_every_time_and_another_with_another_seed() -> None:
    one, again = (simulate(0.1, (5.0, 9.0), 1) for _ in range(2))
    assert one == again != simulate(0.1, (5.0, 9.0), 1, seed=1)


def test_made_up_durations_have_the_mean_and_spread_that_were_asked_for() -> None:
    durations = made_up(12, 0.5)
    assert sum(durations) / len(durations) == pytest.approx(12) and spread(durations) == pytest.approx(0.25, rel=0.1)
    assert made_up(12, 0) == (12,) and spread((12,)) == 0 and quantile([1, 2, 3, 4]) == 4


def test_the_worked_example_of_the_field() -> None:
    eight = supply(seconds=12, rate=0.70, workers=8)
    assert eight.per_hour == 2400
    assert eight.usd == pytest.approx(0.00233, abs=5e-6) and eight.usd_accepted == eight.usd


def test_yield_is_in_the_cost_once_and_in_the_renders_asked_for() -> None:
    half = supply(accepted=0.5)
    assert half.usd_accepted == pytest.approx(2 * (half.usd or 0))
    need = size(demand(2400), half)
    assert need.per_day == 4800 and need.per_hour == 200
    assert need.usd_per_day == pytest.approx(2400 * (half.usd_accepted or 0))


def test_storage_and_egress_and_lost_tries_are_paid_too() -> None:
    assert supply(kept_usd=0.001).usd == pytest.approx(0.001 + 0.7 * 12 / 3600)
    lossy = supply(lost_seconds=3)
    assert lossy.seconds == 15 and lossy.per_hour == 1920


def test_a_missing_rate_is_unknown_and_never_zero() -> None:
    need = size(demand(100), supply(rate=None))
    assert need.supply.usd is need.supply.usd_accepted is need.usd_per_day is need.usd_held_per_day is None


@pytest.mark.parametrize("cv", [0.0, 1.0])
def test_the_devices_needed_keep_the_promise_and_one_less_does_not(cv: float) -> None:
    need = size(demand(24 * 2000, 60), supply(cv=cv))
    assert need.devices and need.at and need.at.meets and need.at.delivery <= 60 and need.at.busy < 1
    assert need.below and not need.below.meets
    assert [level.devices for level in need.levels] == list(range(need.devices - 2, need.devices + 3))


def test_without_a_promise_the_devices_just_keep_up() -> None:
    need = size(demand(24 * 2000), supply())
    assert need.devices == 7 and need.at and need.at.busy == pytest.approx(2000 * 12 / 3600 / 7)


def test_a_promise_shorter_than_one_render_is_kept_by_no_number_of_devices() -> None:
    need = size(demand(100, 10), supply())
    assert need.devices is None and need.at is None and need.usd_held_per_day is None
    (rung, *rest) = grow(demand(100, 10), [need], 8)
    assert not rung.advised and "one render alone takes longer" in rung.why and not any(one.advised for one in rest)


def test_few_very_long_renders_are_judged_by_the_simulation_too() -> None:
    rare = Supply("image", (1.0,) * 96 + (600.0,) * 4, 1.0, None, 1)
    need = size(demand(24 * 300, 30), rare)
    assert need.devices and need.at and need.at.simulated and need.at.simulated.delivery <= 30


def test_the_busiest_hour_decides_and_a_shorter_day_is_a_busier_one() -> None:
    assert size(demand(2400, peak=3.0), supply()).per_hour == 300
    assert size(Demand(2400, {"image": 1.0}, {}, hours=8), supply()).per_hour == 300


def test_a_pools_own_promise_wins_over_delivery() -> None:
    both = Demand(10, {"image": 0.5, "video": 0.5}, {"delivery": 7200, "video": 600})
    assert (both.limit("image"), both.limit("video")) == (7200, 600)


@pytest.mark.parametrize(("per_day", "peak", "advised"), [
    (300, 1.0, ["one device"]), (24 * 900, 1.0, ["several devices"]), (24 * 5000, 1.0, ["cluster"]),
    (24 * 900, 8.0, ["cluster", "burst"]), (24 * 300, 4.0, ["several devices", "burst"]),
])
def test_growth_is_advised_by_figures(per_day: float, peak: float, advised: list[str]) -> None:
    wanted = demand(per_day, 600, peak)
    rungs = grow(wanted, [size(wanted, supply())], per_machine=8)
    assert [rung.name for rung in rungs] == ["one device", "several devices", "cluster", "burst"]
    assert [rung.name for rung in rungs if rung.advised] == advised
    assert all(any(sign.isdigit() for sign in rung.why) or not rung.advised for rung in rungs)


def test_pools_may_share_one_device_only_while_the_quick_ones_do_not_wait_for_the_slow() -> None:
    mixed = Demand(200, {"image": 0.9, "video": 0.1}, {"delivery": 4000, "image": 60})
    needs = [size(mixed, supply()), size(mixed, supply("video", 1800))]
    assert not grow(mixed, needs, 8)[0].advised
    calm = Demand(20, {"image": 0.9, "video": 0.1}, {"delivery": 40_000})
    assert grow(calm, [size(calm, supply()), size(calm, supply("video", 1800))], 8)[0].advised


def test_idle_devices_of_a_peak_are_priced() -> None:
    wanted = demand(24 * 300, 600, 4.0)
    burst = grow(wanted, [size(wanted, supply())], 8)[-1]
    assert "would stand idle" in burst.why and "$" in burst.why


@pytest.mark.parametrize(("seconds", "told"), [
    (0, "0 s"), (40, "40 s"), (119, "119 s"), (120, "2 min"), (9000, "2.5 h"), (270_000, "3.12 d"), (math.inf, "endless"),
])
def test_times_are_told_in_units_people_use(seconds: float, told: str) -> None:
    assert said(seconds) == told


def take(unit: str, stage: str, seconds: float = 10, pool: str = "image", load: float = 0) -> PastTake:
    return PastTake(f"r-{unit}-{stage}", {"kind": "image"}, stage, unit, f"a-{unit}-{stage}", ".png", {}, seconds, 0, {}, None,  # type: ignore[arg-type]
                    None, "", pool=pool, load_seconds=load)


def test_yield_counts_what_is_in_use_and_not_rejected_and_leaves_tests_out() -> None:
    takes = [take("01.a", "panel", 10, load=2), take("01.b", "panel"), take("01.c", "panel"), take("canaries/x", "canary"),
             take("sweep", "sweep"), take("01.p", "page", 1, "post")]
    history = History(takes={one.recipe: one for one in takes})
    for one in (takes[0], takes[1], takes[5]):
        history.picks[one.unit, one.stage, ""] = PastPick(one.recipe, one.artifact, ".png", {}, "")
    history.reviews["01.b", "panel", ""] = [PastReview("1", takes[1].artifact, "reject", ("face",), "mika", "", "")]
    history.lost_seconds = {"panel": 30.0, "inbetween": 5.0, "canary": 9.0, "page": 2.0}
    found = measure(history)
    image = found["image"]
    assert (image.rendered, image.accepted, image.reviewed, image.lost_seconds) == (3, 1, 1, 30.0)
    assert sorted(image.durations) == [10, 10, 12] and found["post"].lost_seconds == 2.0
    assert measure(History()) == {}
