"""A desk to judge at."""

from pathlib import Path

import pytest

from studio.judge.scorer import Desk
from studio.render.model_cache import ModelCache

from .desk import Shelf, desks

CACHE = ModelCache()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
def desk(shelf: Shelf) -> Desk:
    return desks(shelf, CACHE)()
