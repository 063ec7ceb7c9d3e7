"""Before any test imports torch: how its threads wait is read from the environment when it loads. And who runs which tests."""

from typing import Any

import pytest

import studio.render.environment  # noqa: F401

LONG = ("tests/journeys/", "tests/render/test_fleet.py", "tests/house/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no process is left with them at the end: journeys, the fleet, the house model."""
    items.sort(key=lambda item: next((n for n, name in enumerate(LONG) if item.nodeid.startswith(name)), len(LONG)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several processes, all journeys by one of them, since they share a served show; others go by file."""
    from xdist.scheduler import LoadScopeScheduling

    class Journeys(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "journeys" if nodeid.startswith("tests/journeys/") else nodeid.split("::", 1)[0]

    return Journeys(config, log)
