"""Shows that commands are tried on."""

from pathlib import Path

import pytest

from ..production.making import make_all
from ..story.making import write_show


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


@pytest.fixture
def done(folder: Path) -> Path:
    make_all(folder)
    return folder
