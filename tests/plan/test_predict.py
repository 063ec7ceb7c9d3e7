"""What a recipe will take: a line through past takes that single bad ones do not move, and how far above it takes lie."""

import random
from dataclasses import replace
from types import SimpleNamespace

import pytest

from studio.plan.history import History, PastProfile, PastTake
from studio.plan.plans import Plan, Step, filled
from studio.plan.predict import FEW, SPREAD, Estimate, Predictor, fit
from studio.plan.recipes import ImageRecipe


def test_one_take_tells_a_rate() -> None:
    found = fit([(100.0, 2.0)])
    assert found.estimate(200.0).seconds == pytest.approx(4.0)
    assert found.estimate(200.0).high == pytest.approx(4.0 * SPREAD)


def test_a_start_and_a_rate_are_found_though_a_fifth_of_takes_is_bad() -> None:
    dice = random.Random(1)
    takes = [(work, 3.0 + 0.01 * work) for work in (dice.uniform(50, 800) for _ in range(40))]
    takes = [(work, seconds * 20) if i % 5 == 0 else (work, seconds) for i, (work, seconds) in enumerate(takes)]
    found = fit(takes)
    assert found.start == pytest.approx(3.0, rel=0.1) and found.rate == pytest.approx(0.01, rel=0.1)
    assert found.estimate(400.0).seconds == pytest.approx(7.0, rel=0.05)
    assert found.estimate(400.0).high > 10 * found.estimate(400.0).seconds, "one in five took twenty times as long"


def test_nine_of_ten_takes_stay_under_the_high_estimate() -> None:
    dice = random.Random(2)
    found = fit([(100.0, dice.lognormvariate(0, 0.4)) for _ in range(400)])
    new = [dice.lognormvariate(0, 0.4) for _ in range(2000)]
    assert sum(seconds <= found.estimate(100.0).high for seconds in new) / 2000 == pytest.approx(0.9, abs=0.04)
    assert sum(seconds <= found.estimate(100.0).seconds for seconds in new) / 2000 == pytest.approx(0.5, abs=0.05)


def test_work_that_takes_no_longer_with_size_is_no_negative_rate() -> None:
    found = fit([(100.0 * i, 10.0 - i) for i in range(1, FEW + 3)])
    assert found.start == 0.0 and found.rate > 0


def test_equal_work_has_no_slope() -> None:
    assert fit([(5.0, 1.0)] * 9).start == 0.0 and fit([(5.0, 1.0)] * 9).estimate(10.0).seconds == pytest.approx(2.0)


def test_work_of_nothing_divides_by_nothing() -> None:
    assert fit([(0.0, 1.0)]).estimate(0.0).seconds >= 0


def test_a_prediction_has_the_mean_share_of_loading_weights_beside_it() -> None:
    history = History(takes={str(seed): past(seed, load) for seed, load in enumerate([8.0, 0.0, 0.0, 0.0])})
    one = Predictor(history).estimate(drawn(9))
    assert (one.seconds, one.loading, one.charged) == (pytest.approx(2.0), 2.0, pytest.approx(4.0))
    assert one.of(3).charged == pytest.approx(12.0) and one.of(3).takes == one.takes


def test_what_few_recipes_shared_is_what_their_whole_batch_took() -> None:
    alone = replace(past(1, 0.0), body=drawn(1, 4).model_dump(mode="json"), seconds=8.0, batch=1)
    assert Predictor(History(takes={"1": alone})).estimate(drawn(2, 4)).seconds == pytest.approx(2.0)


@pytest.mark.parametrize(("count", "pictures"), [(1, 4), (3, 4), (4, 4), (5, 8)])
def test_a_batch_that_is_not_full_costs_as_much_as_a_full_one(count: int, pictures: int) -> None:
    each = Estimate(2.0, "", 3.0, 5, 0.5)
    steps = [Step(f"01.{i}", "panel", "", "missing", recipe=drawn(i, 4), each=each).priced(2.5, 0.25, "", 3.5)
             for i in range(count)]
    plan = Plan("show", "01", filled(steps))
    assert sum(step.each.seconds for step in plan.steps if step.each) == pytest.approx(2.0 * pictures)
    assert plan.seconds == pytest.approx(2.0 * pictures + 0.5 * count)
    assert plan.price.known == pytest.approx(plan.seconds / 10)
    assert filled(filled(steps)) == filled(steps)
    assert plan.where(lambda step: step.unit == "01.0").seconds == pytest.approx(8.5)


def test_what_shares_no_batch_pays_for_its_own() -> None:
    step = Step("01.a", "panel", "", "missing", recipe=drawn(1, 4), each=Estimate(2.0, "", 3.0)).priced(2.0, None, "", 3.0)
    other = replace(step, unit="01.b", recipe=drawn(2, 4).model_copy(update={"width": 128}))
    single = replace(step, unit="01.c", recipe=drawn(3))
    assert [round(one.seconds, 6) for one in filled([step, other, single])] == [8.0, 8.0, 2.0]


def test_where_runs_are_apart_each_page_pays_for_its_own_batches() -> None:
    one = Step("01.a", "panel", "01.p1", "missing", recipe=drawn(1, 4), each=Estimate(2.0, "", 3.0)).priced(2.0, None, "", 3.0)
    steps = [one, replace(one, unit="01.b", place="01.p2", recipe=drawn(2, 4))]
    assert sum(step.seconds for step in filled(steps)) == pytest.approx(8.0)
    apart = Plan("show", "01", filled(steps, apart=True), apart=True)
    assert apart.seconds == apart.where(lambda step: True).seconds == pytest.approx(16.0)


def test_candidates_pay_for_their_rounds_and_what_waits_for_its_like() -> None:
    def wanting(unit: str, missing: int, known: bool = True) -> Step:
        recipe = drawn(1, 4)
        wish = SimpleNamespace(recipe=recipe, missing=tuple(range(missing)), preset=SimpleNamespace(pool=None))
        step = Step(unit, "keyframe", "", "missing", recipe=recipe if known else None, wish=wish, each=Estimate(1.0, "", 1.0))
        return step.priced(1.0 * max(1, missing), None, "", 1.0)

    rounds = filled([wanting("01.a", 1), wanting("01.b", 4)])
    assert sum(step.seconds for step in rounds) == pytest.approx(16.0), "four rounds, each a batch of four"
    assert [step.seconds for step in filled([wanting("01.c", 0, known=False)])] == [4.0]


def test_takes_that_say_how_full_their_batch_was_go_before_older_ones() -> None:
    older = [replace(past(seed, 0.0), seconds=8.0) for seed in range(9)]
    newer = replace(past(10, 0.0), body=drawn(10, 4).model_dump(mode="json"), batch=1, seconds=8.0)
    assert Predictor(History(takes={take.recipe: take for take in older})).estimate(drawn(99)).seconds == pytest.approx(8.0)
    found = Predictor(History(takes={take.recipe: take for take in [*older, newer]})).estimate(drawn(99, 4))
    assert found.seconds == pytest.approx(2.0) and found.takes == 1


def test_profiles_of_the_same_batch_go_before_those_of_another() -> None:
    one, four = (PastProfile(drawn(1, size).model_dump(mode="json"), seconds, "cpu") for size, seconds in ((1, 3.5), (4, 1.3)))
    found = Predictor(History(profiles=[four, one])).estimate(drawn(2, 4))
    assert (found.seconds, found.basis) == (pytest.approx(1.3), "median of 1 like profile")
    found = Predictor(History(profiles=[one])).estimate(drawn(2, 4))
    assert (found.seconds, found.basis) == (pytest.approx(3.5), "median of 1 like profile of another batch size (1)")


def drawn(seed: int, batch_size: int = 1) -> ImageRecipe:
    """A picture of one model."""
    return ImageRecipe(engine="diffusers", contract=1, model="a" * 64, prompt="", sampler="ddim", steps=4, guidance=1, width=64,
                       height=64, seed=seed, batch_size=batch_size)


def past(seed: int, load: float) -> PastTake:
    """A take of it, drawn in two seconds."""
    body = drawn(seed).model_dump(mode="json")
    return PastTake(str(seed), body, "panel", "01.a", "b" * 64, ".png", {}, 2.0, 0.0, {}, None, seed, "", device="cpu",
                    load_seconds=load)
