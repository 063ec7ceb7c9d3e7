"""The catalogue names engines and loads them when asked."""

import pytest

from studio.errors import RenderError
from studio.render.catalogue import ENGINES, contracts, engine


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_of_the_catalogue_bears_its_name(name: str) -> None:
    """A recipe's engine field leads to the engine that says the same of itself."""
    assert engine(name).name == name


def test_an_unknown_engine_is_answered_with_the_nearest() -> None:
    """A typing error in a preset costs one look."""
    with pytest.raises(RenderError, match="unknown engine 'difusers'.*Did you mean 'diffusers'"):
        engine("difusers")


def test_contracts_are_known_without_torch() -> None:
    """A planner needs versions, and must not wait for torch."""
    import subprocess
    import sys

    code = "import sys; from studio.render.catalogue import contracts; print(contracts()); assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(contracts())
