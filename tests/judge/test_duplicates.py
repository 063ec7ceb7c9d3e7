"""Promises about near-duplicates: all of them are found, and nothing else."""

import random

import numpy as np
import pytest
from PIL import Image

from house.draw.picture import draw
from house.draw.scene import sample
from studio.judge.duplicates import FARTHEST, DuplicateIndex, perceptual_hash


def picture(seed: int, size: int = 128) -> Image.Image:
    return Image.fromarray(draw(sample(seed), size))


@pytest.mark.parametrize("radius", [0, 1, 3, 4, 7, 8, 11])
def test_finds_what_comparing_everything_finds(radius: int) -> None:
    dice = random.Random(radius)
    known = {f"{i:03}": dice.getrandbits(64) for i in range(300)}
    for name in list(known)[:150]:
        flipped = known[name]
        for bit in dice.sample(range(64), dice.randint(0, 13)):
            flipped ^= 1 << bit
        known[f"{name}b"] = flipped
    index = DuplicateIndex()
    for name, value in known.items():
        index.add(name, value)
    for name, value in known.items():
        near = {n: (v ^ value).bit_count() for n, v in known.items() if n != name and (v ^ value).bit_count() <= radius}
        assert index.find(value, radius, but=name) == sorted(near.items(), key=lambda pair: (pair[1], pair[0]))


def test_a_picture_shrunk_or_saved_again_is_a_duplicate_and_another_is_not() -> None:
    index = DuplicateIndex()
    for seed in range(40):
        index.add(str(seed), perceptual_hash(picture(seed, 256)))
    small = picture(7, 256).resize((150, 150))
    noisy = np.clip(np.asarray(picture(9, 256)).astype(int) + np.random.default_rng(1).integers(-6, 7, (256, 256, 3)), 0, 255)
    assert [name for name, _ in index.find(perceptual_hash(small))] == ["7"]
    assert [name for name, _ in index.find(perceptual_hash(Image.fromarray(noisy.astype(np.uint8))))] == ["9"]
    assert index.find(perceptual_hash(picture(500, 256))) == []


def test_a_unit_drawn_anew_is_known_by_its_new_picture_alone() -> None:
    index = DuplicateIndex()
    index.add("01.a", 0)
    index.add("01.a", (1 << 64) - 1)
    index.remove("01.b")
    assert len(index) == 1 and index.find(0) == [] and index.find((1 << 64) - 1) == [("01.a", 0)]
    index.remove("01.a")
    assert len(index) == 0 and index.find((1 << 64) - 1) == [] and not any(index._tables)


def test_a_radius_that_tables_cannot_search_is_refused() -> None:
    for radius in (-1, FARTHEST + 1):
        with pytest.raises(ValueError, match="0 to 11"):
            DuplicateIndex().find(0, radius)
