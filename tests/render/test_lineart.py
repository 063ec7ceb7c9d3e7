"""Line art: strokes and borders of areas become white lines on black, where they are."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from studio.judge.scorers.control import agreement
from studio.render.lineart import line_art, make_line_art


def drawing(size: int = 128) -> Image.Image:
    """A circle in ink and a flat square without an outline, on a light ground with specks of noise."""
    noise = np.random.default_rng(1).integers(0, 6, (size, size, 3), np.uint8)
    picture = Image.fromarray(230 + noise)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((size * 0.1, size * 0.1, size * 0.5, size * 0.5), outline=(20, 20, 30), width=max(2, size // 64))
    pen.rectangle((size * 0.6, size * 0.6, size * 0.9, size * 0.9), fill=(140, 90, 90))
    return picture


@pytest.mark.parametrize("size", [128, 512])
def test_strokes_and_borders_become_lines_and_plain_ground_stays_black(size: int) -> None:
    lines = line_art(drawing(size))[:, :, 0]
    middle = size * 3 // 10
    assert lines[middle, size // 10 - 2 : size // 10 + 4].max() > 128, "the circle's stroke"
    assert lines[size * 6 // 10 - 3 : size * 6 // 10 + 3, size * 3 // 4].max() > 128, "the square's border"
    assert not lines[middle, size // 5 : size * 2 // 5].any() and not lines[: size // 20].any(), "flat ground has no lines"
    assert agreement(drawing(size), Image.fromarray(lines)) > 0.4


def test_a_stroke_is_one_line_not_its_two_edges() -> None:
    lines = line_art(drawing(512))[:, :, 0] > 128
    row = lines[512 * 3 // 10, : 512 // 4]
    assert np.count_nonzero(np.diff(row.astype(int)) == 1) == 1


def test_the_same_picture_gives_the_same_bytes_in_its_size() -> None:
    made = make_line_art(drawing())
    assert made == make_line_art(drawing()) and Image.open(io.BytesIO(made)).size == (128, 128)


def test_a_blank_picture_has_no_lines() -> None:
    assert not line_art(Image.new("RGB", (64, 96), (200, 200, 200))).any()
