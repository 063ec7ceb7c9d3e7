"""Peaks are predicted from measured ones by a line that odd points do not bend."""

import pytest

from studio.plan.film_recipes import InbetweenRecipe
from studio.plan.history import PastProfile
from studio.plan.memory import Peaks, pixels_at_once, predict_peak
from studio.plan.recipes import ImageRecipe

SHA = "a" * 64
MEGA = 1024**2


def gap(frames: int = 16, window: int = 16, side: int = 128) -> InbetweenRecipe:
    return InbetweenRecipe(engine="animatediff", contract=1, first=SHA, last=SHA, frames=frames, width=side,
                           height=side, window=window)


def picture(batch: int) -> ImageRecipe:
    return ImageRecipe(engine="diffusers", contract=1, model=SHA, prompt="", sampler="ddim", steps=1, guidance=1, width=64,
                       height=64, seed=0, batch_size=batch)


def profile(batch: int, peak_bytes: int) -> PastProfile:
    return PastProfile(picture(batch).model_dump(mode="json"), 1.0, "cuda", peak_bytes)


def test_a_gap_holds_one_window_and_a_picture_its_batch() -> None:
    assert pixels_at_once(gap(frames=128)) == 16 * 128 * 128
    assert pixels_at_once(gap(frames=5)) == 5 * 128 * 128
    assert pixels_at_once(gap(frames=128, window=0)) == 128 * 128 * 128
    assert pixels_at_once(picture(4)) == 4 * 64 * 64


def test_points_on_a_line_are_continued() -> None:
    points = [(n * 128 * 128, 500 * MEGA + n * 10 * MEGA) for n in (4, 8, 12)]
    assert predict_peak(gap(), points) == 660 * MEGA
    assert predict_peak(gap(frames=500), points) == predict_peak(gap(), points)


def test_one_odd_take_does_not_bend_the_line() -> None:
    points = [(n * 128 * 128, 500 * MEGA + n * 10 * MEGA) for n in (2, 4, 6, 8, 10, 12)]
    predicted = predict_peak(gap(), [*points, (8 * 128 * 128, 9000 * MEGA)])
    assert predicted == pytest.approx(660 * MEGA, rel=0.02)


def test_a_peak_never_shrinks_with_pixels() -> None:
    falling = [(1000, 900), (2000, 800), (3000, 700)]
    assert predict_peak(gap(), falling) == 800


def test_sizes_all_alike_promise_what_was_measured_and_more_in_proportion() -> None:
    points = [(4 * 64 * 64, 100), (4 * 64 * 64, 120), (4 * 64 * 64, 110)]
    assert predict_peak(picture(2), points) == 110
    assert predict_peak(picture(8), points) == 220


def test_nothing_measured_predicts_nothing() -> None:
    assert predict_peak(gap(), []) is None


def test_profiles_tell_as_takes_do_and_are_read_once_for_all_batches() -> None:
    looked: list[int] = []

    def measured() -> list[PastProfile]:
        looked.append(1)
        return [profile(batch, (500 + batch * 10) * MEGA) for batch in (1, 2, 8)]

    peaks = Peaks(measured)
    assert peaks.wanted(picture(4)) == pytest.approx(540 * MEGA, rel=0.01)
    assert peaks.wanted(picture(1)) == pytest.approx(510 * MEGA, rel=0.01) and len(looked) == 1
    assert peaks.wanted(picture(4).model_copy(update={"precision": "fp16"})) == 0


def test_ten_thousand_takes_are_no_reason_to_wait() -> None:
    points = [(64 * 64 * (1 + n % 7), 100 + n % 7) for n in range(10_000)]
    assert predict_peak(picture(1), points) == 100
