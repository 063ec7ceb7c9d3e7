"""Before any test imports torch: how its threads wait is read from the environment when it loads."""

import pytest

import studio.render.environment  # noqa: F401


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys first, and all by one process: they share a served show and mostly wait; others go by file.

    Without `--dist loadgroup` only the order matters, and it does no harm.
    """
    items.sort(key=lambda item: "journeys" not in item.path.parts)
    for item in items:
        name = "journeys" if "journeys" in item.path.parts else str(item.path)
        item.add_marker(pytest.mark.xdist_group(name))
