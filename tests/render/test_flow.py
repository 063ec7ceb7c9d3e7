"""Inbetweens by optical flow: the contract, the ends, motion, and what has none."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from house.draw.clips import clip_scene, motion_at
from house.draw.picture import draw
from studio.errors import RenderError
from studio.render.contract import check_engine
from studio.render.engines.flow import FlowEngine
from studio.render.engines.warping import STRANGERS, Between, fade, interpolate, splat, to_bytes

from .shelf import Shelf, bench, between, gradient


def clip(seed: int, start: int, end: int) -> list[np.ndarray]:
    scene, kind = clip_scene(seed)
    return [draw(scene, 128, motion_at(kind, i, 16)) for i in range(start, end + 1)]


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, np.square(a.astype(float) - b).mean())))


def test_flow_keeps_the_contract(shelf: Shelf) -> None:
    small = [shelf.put_picture(gradient(64, 64).rotate(a)) for a in (0, 90, 180)]
    check_engine(FlowEngine(), [between(a, b, engine="flow") for a, b in itertools.pairwise(small)], shelf)


@pytest.mark.parametrize(("seed", "start", "end", "better_by"), [(5, 0, 8, 8.0), (6, 0, 8, 4.0), (9, 13, 18, 1.0)])
def test_what_moves_is_nearer_to_the_true_frames_than_a_cross_fade(seed: int, start: int, end: int, better_by: float) -> None:
    true = clip(seed, start, end)
    n = len(true) - 1
    made = Between(true[0], true[-1])
    flow = np.mean([psnr(made.at(i / n), true[i]) for i in range(1, n)])
    faded = np.mean([psnr(to_bytes(fade(true[0], true[-1], i / n)), true[i]) for i in range(1, n)])
    assert flow > faded + better_by


def test_the_ends_are_the_keyframes_to_the_byte() -> None:
    first, *_, last = clip(5, 0, 4)
    assert np.array_equal(interpolate(first, last, 0), first) and np.array_equal(interpolate(first, last, 1), last)


def test_the_number_of_threads_changes_nothing_and_is_left_as_it_was() -> None:
    import cv2

    first, *_, last = clip(9, 13, 18)
    before, made = cv2.getNumThreads(), []
    for threads in (1, 3):
        cv2.setNumThreads(threads)
        made.append(interpolate(first, last, 0.4))
        assert cv2.getNumThreads() == threads
    cv2.setNumThreads(before)
    assert np.array_equal(*made)


def test_two_equal_keyframes_stand_still() -> None:
    first = clip(5, 0, 0)[0]
    assert np.array_equal(interpolate(first, first.copy(), 0.5), first)


def test_pictures_with_nothing_in_common_fade_into_each_other() -> None:
    first, last = clip(2, 0, 0)[0], clip(10, 0, 0)[0]
    made = Between(first, last)
    assert made.alike < STRANGERS
    assert np.array_equal(made.at(0.25), to_bytes(fade(first, last, 0.25)))


@pytest.mark.parametrize("size", [(8, 8), (8, 200), (37, 65)])
def test_small_and_odd_sizes_are_led_too(size: tuple[int, int]) -> None:
    first = np.asarray(gradient(*size))
    made = interpolate(first, np.ascontiguousarray(first[:, ::-1]), 0.5)
    assert made.shape == first.shape and made.dtype == np.uint8


def test_what_is_carried_out_of_the_picture_is_lost_and_the_rest_keeps_its_weight() -> None:
    values, moved = np.ones((4, 4, 1), np.float32), np.full((4, 4, 2), (1.5, 0), np.float32)
    sums, weights = splat(values, moved, np.ones((4, 4), np.float32))
    assert weights.tolist() == [[0, 0.5, 1, 1]] * 4 and np.array_equal(sums[..., 0], weights)


def test_weights_are_never_looked_at(shelf: Shelf, tmp_path: Path) -> None:
    first, last = (shelf.put_picture(p) for p in (gradient(64, 64), gradient(64, 64).rotate(90)))
    plain = between(first, last, engine="flow")
    weighty = plain.model_copy(update={"model": "f" * 64, "adapter": "e" * 64, "prompt": "sky", "steps": 4, "strength": 0.5})
    made = [FlowEngine().render([r], bench(shelf, scratch=tmp_path))[0].frames for r in (plain, weighty)]
    assert made[0] and made[1] and made[0].read_bytes() == made[1].read_bytes()


@pytest.mark.parametrize("which", ["first", "last"])
def test_a_keyframe_of_another_size_is_named(shelf: Shelf, tmp_path: Path, which: str) -> None:
    right, wrong = shelf.put_picture(gradient(64, 64)), shelf.put_picture(Image.new("RGB", (32, 64)))
    recipe = between(right, right, engine="flow").model_copy(update={which: wrong})
    with pytest.raises(RenderError, match=f"inbetween.{which}: the {which} keyframe is 32x64.*64x64.*preset"):
        FlowEngine().render([recipe], bench(shelf, scratch=tmp_path))
