"""When a step is stopped."""

from studio.plan.limits import Limit, limit_of, together
from studio.plan.plans import Step
from studio.plan.predict import GUESSED, Estimate
from studio.story.show import Limits


def step(seconds: float, high: float, basis: str = "median of 9 like takes") -> Step:
    """A panel that is expected to take so long."""
    return Step("01.a", "panel", "01.p1", "missing", each=Estimate(seconds, basis, high))


def alone(one: Step, limits: Limits) -> float | None:
    """Seconds that it may take."""
    return together([limit_of(one, limits)])


STEP = step(50.0, 80.0)


def test_a_step_may_take_many_times_what_nine_of_ten_take() -> None:
    assert alone(STEP, Limits()) == 1600.0


def test_short_steps_are_not_stopped_before_the_least() -> None:
    assert alone(step(0.5, 1.0), Limits()) == 600.0


def test_a_batch_of_short_ones_has_the_least_once() -> None:
    assert together([limit_of(step(0.5, 1.0), Limits())] * 8) == 600.0
    assert together([limit_of(STEP, Limits())] * 8) == 8 * 1600.0
    assert together([Limit(5.0), None]) is None and together([]) is None


def test_a_stage_may_have_its_own_limit_before_anything_is_known() -> None:
    limits = Limits(stages={"panel": 90.0})
    assert alone(STEP, limits) == 90.0
    assert alone(step(1.0, 2.0, GUESSED), limits) == 90.0


def test_nothing_is_stopped_by_a_guess_or_where_the_show_says_so() -> None:
    assert limit_of(step(50.0, 80.0, GUESSED), Limits()) is None
    assert limit_of(STEP, Limits(factor=None)) is None
