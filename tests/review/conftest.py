"""A drawn show on the fake engine, and its review page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.review.serving import reviewing
from tests.production.making import make_all
from tests.story.making import write_show

from .visiting import OPEN, Visitor


@pytest.fixture(autouse=True)
def _everybody_leaves() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_show(tmp_path / "show")
    make_all(tmp_path / "show")
    return tmp_path / "show"


@pytest.fixture
def visitor(folder: Path) -> Iterator[Visitor]:
    with reviewing(folder) as url:
        yield Visitor(url)
