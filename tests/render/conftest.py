"""What all render tests share."""

import pytest

from .shelf import Shelf


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors; these stand in the libraries and cannot be mended here."""
    config.addinivalue_line("filterwarnings", "ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    """The house model, and room for more weights and pictures."""
    return Shelf()
