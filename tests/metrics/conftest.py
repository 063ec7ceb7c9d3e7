"""The week, built once for all tests that only look."""

import pytest

from studio.story.show import Show

from .ledgers import built, odd_lines, week, write_ledger


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Show:
    """A week of a small show with everything that goes wrong, its numbers published."""
    show = write_ledger(tmp_path_factory.mktemp("numbers") / "small", week(), odd_lines())
    built(show)
    return show
