"""Windows over long gaps, the noise under them, and what is held of a draft: numbers alone."""

import pytest
import torch

from studio.render.engines.moving.anchors import holds
from studio.render.engines.moving.windows import carried, pyramid, rearranged, step_within, stretches


@pytest.mark.parametrize(("frames", "window", "stride"), [(5, 16, 8), (16, 16, 8), (17, 16, 8), (40, 16, 8), (33, 8, 1)])
def test_windows_reach_every_frame_and_all_are_as_long_as_asked(frames: int, window: int, stride: int) -> None:
    found = stretches(frames, window, stride)
    assert {end - start for start, end in found} == {min(frames, window)}
    assert {i for start, end in found for i in range(start, end)} == set(range(frames))
    assert len(set(found)) == len(found)


def test_a_smaller_window_keeps_its_share_of_stride() -> None:
    assert [step_within(w, 16, 8) for w in (16, 8, 1)] == [8, 4, 1]


def test_a_fifth_of_each_window_is_carried_over_and_the_rest_drawn_once() -> None:
    found = list(carried(40, 16, 0.2))
    assert found == [(0, 16, 0), (13, 29, 3), (24, 40, 5)]  # the last window begins earlier, so as to be whole
    assert [i for start, end, known in found for i in range(start + known, end)] == list(range(40))


def test_a_window_counts_most_in_its_middle() -> None:
    assert pyramid(5) == [1, 2, 3, 2, 1] and pyramid(4) == [1, 2, 2, 1]


def test_noise_beyond_the_first_window_is_noise_from_before_in_another_order() -> None:
    order = rearranged(40, 16, 8, torch.Generator().manual_seed(1))
    assert order[:16] == list(range(16)) and len(order) == 40
    for start in (16, 24, 32):
        assert sorted(order[start : start + 8]) == sorted(order[start - 16 : start - 8])
    assert order[16:32] != order[:16]


def test_keyframes_are_held_whole_their_neighbours_less_and_the_middle_not_at_all() -> None:
    assert holds(10) == [1, 0.75, 0.5, 0.25, 0, 0, 0.25, 0.5, 0.75, 1]
    assert holds(3) == [1, 0.75, 1]
