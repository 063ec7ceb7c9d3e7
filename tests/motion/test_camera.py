"""Camera moves: smooth, exact, inside the picture, the same each time."""

import numpy as np
import pytest

from studio.motion.effects.camera import eased, window

from .reel import TALL, WIDE, effects, light, played

RAMP = np.zeros((TALL, WIDE, 3), np.float32)
RAMP[..., 0] = (np.arange(WIDE) + 0.5) / WIDE
RAMP[..., 1] = (np.arange(TALL)[:, None] + 0.5) / TALL
"""Each pixel says how far right (red) and how far down (green) it stands, so a window's place can be read from its middle."""


def walk(*written: dict, frames: int = 48) -> np.ndarray:
    """Where the middle of the window stands on each film frame, (frames, 2) pixels."""
    made = effects(*written, frames=frames)
    shown = [made.apply(RAMP, i, i // 3) for i in range(frames)]
    middle = (slice(TALL // 2 - 1, TALL // 2 + 1), slice(WIDE // 2 - 1, WIDE // 2 + 1))
    return np.asarray([f[middle].mean((0, 1))[:2] * (WIDE, TALL) for f in shown])


def places(*written: dict, frames: int = 48) -> np.ndarray:
    """Its place from left to right alone."""
    return walk(*written, frames=frames)[:, 0]


def test_a_pan_goes_from_its_start_to_its_end_and_stays_inside() -> None:
    x = places({"kind": "pan", "start": (0, 0.5), "end": (1, 0.5), "zoom": 2.0})
    assert x[0] == pytest.approx(WIDE * 0.25, abs=0.1)
    assert x[-1] == pytest.approx(WIDE * 0.75, abs=0.1)


@pytest.mark.parametrize("ease", ["linear", "in", "out", "in_out"])
def test_a_pan_moves_on_every_film_frame_though_drawings_are_held(ease: str) -> None:
    """80 pixels in 47 steps: none may be twice as long as an eased movement's fastest, and none goes back."""
    steps = np.diff(places({"kind": "pan", "start": (0, 0), "end": (1, 1), "zoom": 2.0, "ease": ease}))
    assert steps.min() > 0.01
    assert steps.max() < 2.1 * 80 / 47
    assert np.abs(np.diff(steps)).max() < 0.3


def test_a_slow_pan_moves_by_parts_of_a_pixel() -> None:
    x = places({"kind": "pan", "start": (0.45, 0.5), "end": (0.47, 0.5), "zoom": 2.0, "ease": "linear"})
    assert np.diff(x) == pytest.approx(np.full(47, 0.02 * WIDE / 47), abs=1 / 32 + 0.005)


def test_a_zoom_begins_with_the_untouched_picture_and_keeps_its_focus_in_place() -> None:
    first, *_, last = played({"kind": "zoom", "end": 2.0, "focus": (0, 1)})
    assert np.array_equal(first, light())
    wanted = window(light(), 0, 0.5, 2.0)
    assert np.array_equal(last, wanted)
    small = last[1::2, ::2].mean(), light()[TALL // 2 :, : WIDE // 2].mean()
    assert small[0] == pytest.approx(small[1], abs=0.02)


def test_a_zoom_grows_by_the_same_factor_in_the_same_time() -> None:
    made = effects({"kind": "zoom", "start": 1.0, "end": 4.0, "ease": "linear", "focus": (0, 0)}, frames=41)
    widths = np.asarray([made.apply(RAMP, i, 0)[TALL // 2, -1, 0] for i in range(41)])
    factors = widths[1:] / widths[:-1]
    assert factors == pytest.approx(np.full(40, 0.25 ** (1 / 40)), abs=0.004)


def test_a_shake_trembles_within_its_amount_and_calms_down() -> None:
    away = walk({"kind": "shake", "amount": 0.05, "hertz": 8.0}) - (WIDE / 2, TALL / 2)
    assert np.all(np.abs(away) <= (0.05 * WIDE + 0.1, 0.05 * TALL + 0.1)) and np.abs(away).max() > 1
    assert np.abs(away[-12:]).max() < 0.3 * np.abs(away[:12]).max()


def test_a_shake_changes_its_direction_as_often_as_it_says_and_need_not_fade() -> None:
    steps = np.diff(walk({"kind": "shake", "amount": 0.05, "hertz": 4.0, "fade": False}, frames=97), axis=0)
    turns = int(np.sum((steps[1:] * steps[:-1]).sum(1) < 0))
    assert turns == 15  # between four seconds' 17 places
    assert np.abs(steps[-24:]).max() > 0.5


@pytest.mark.parametrize("written", [{"kind": "pan", "start": (0, 0), "end": (1, 1), "zoom": 1.1},
                                     {"kind": "zoom", "end": 8.0, "focus": (1, 0)},
                                     {"kind": "shake", "amount": 0.2, "fade": False}])
def test_no_camera_move_ever_shows_a_border(written: dict) -> None:
    """On a white picture every pixel of every frame stays white; on a ramp none lies outside the ramp."""
    white = np.ones((TALL, WIDE, 3), np.float32)
    made = effects(written)
    for i in range(48):
        assert made.apply(white, i, 0).min() > 0.999
        assert made.apply(RAMP, i, 0).min() >= 0


def test_easing_begins_at_nought_and_ends_at_one() -> None:
    for ease in ("linear", "in", "out", "in_out"):
        assert (eased(0, ease), eased(1, ease)) == (0, 1)
    assert eased(0.25, "in") < 0.25 < eased(0.25, "out")
