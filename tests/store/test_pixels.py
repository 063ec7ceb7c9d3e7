"""Pixels compared: the same to the bit, or the same to the eye."""

import io

import numpy as np
import pytest
from PIL import Image

from studio.store.pictures import perceptual_distance, pixels_digest

from .painting import gradient, noise, opened


def test_the_pixels_digest_sees_pixels_and_mode_and_no_encoding() -> None:
    picture = noise()
    out = io.BytesIO()
    picture.save(out, "BMP")
    assert pixels_digest(opened(out.getvalue())) == pixels_digest(picture)
    others = [noise(seed=1), noise("RGBA"), noise(size=(48, 64)), picture.transpose(Image.Transpose.ROTATE_180)]
    assert len({pixels_digest(p) for p in (picture, *others)}) == 5


def test_shape_counts_even_where_the_bytes_are_equal() -> None:
    assert pixels_digest(Image.new("L", (2, 8))) != pixels_digest(Image.new("L", (8, 2)))


def test_equal_pictures_have_no_distance() -> None:
    apart = perceptual_distance(gradient(), gradient())
    assert (apart.mean, apart.worst, apart.bits, apart.same_size, apart.matches) == (0.0, 0.0, 0, True, True)


def test_a_distance_is_the_mean_difference_of_channels() -> None:
    a = Image.new("RGB", (10, 10), (100, 100, 100))
    assert perceptual_distance(a, Image.new("RGB", (10, 10), (103, 100, 94))).mean == pytest.approx(3.0)
    assert perceptual_distance(Image.new("L", (4, 4), 0), Image.new("L", (4, 4), 255)).mean == 255.0


def test_rounding_noise_matches_and_another_picture_does_not() -> None:
    picture = gradient()
    shifted = Image.fromarray((np.asarray(picture).astype(int) + np.random.default_rng(0).integers(-1, 2, (96, 96, 3)))
                              .clip(0, 255).astype(np.uint8))
    assert perceptual_distance(picture, shifted).matches
    assert not perceptual_distance(picture, picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)).matches
    assert not perceptual_distance(picture, noise(size=(96, 96))).matches


def test_one_small_place_that_differs_is_no_match() -> None:
    """An eye that is missing: 0.3 % of the picture, hardly seen in the mean of all."""
    picture = gradient().resize((256, 256), Image.Resampling.LANCZOS)
    changed = picture.copy()
    changed.paste("white", (40, 40, 54, 54))
    apart = perceptual_distance(picture, changed)
    assert apart.mean < 1 and apart.worst > 16 and not apart.matches


def test_a_flat_picture_with_last_bit_noise_still_matches() -> None:
    """Its perceptual hash is noise, so it is not asked."""
    flat = np.full((64, 64, 3), 128, dtype=np.uint8)
    noisy = flat + (np.random.default_rng(3).random((64, 64, 3)) < 0.2).astype(np.uint8)
    apart = perceptual_distance(Image.fromarray(flat), Image.fromarray(noisy))
    assert apart.bits > 4 and apart.matches


def test_another_size_is_measured_but_never_matches() -> None:
    apart = perceptual_distance(gradient(), gradient().resize((192, 192), Image.Resampling.LANCZOS))
    assert apart.mean < 2 and not apart.same_size and not apart.matches
