"""Random weights: the folder and the single file are one model, and the engine takes both."""

from pathlib import Path

import numpy as np
import pytest
from random_weights import NAME, write

from studio.render.engines.diffusers import DiffusersEngine
from tests.render.shelf import Shelf, bench, drawn


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write(tmp_path_factory.mktemp("weights"), tiny=True)


def test_folder_and_file_draw_the_same_to_the_bit(weights: tuple[Path, Path]) -> None:
    shelf = Shelf()
    pictures = []
    for path in weights:
        recipe = drawn(model=shelf.put_model(path), width=64, height=64, steps=2, batch_size=1)
        pictures.append(np.asarray(DiffusersEngine().render([recipe], bench(shelf))[0].picture))
    assert pictures[0].std() > 1
    assert np.array_equal(*pictures)


def test_what_is_there_is_kept(weights: tuple[Path, Path]) -> None:
    before = weights[1].stat().st_mtime_ns
    assert write(weights[1].parent, tiny=True) == weights
    assert (weights[1].name, weights[1].stat().st_mtime_ns) == (f"{NAME}.safetensors", before)
