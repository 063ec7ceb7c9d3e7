"""Options of a farm mean something only where a farm is asked for."""

import pytest

from studio.cli.farming import fleet_wanted
from studio.dispatch.services import Fleet
from studio.errors import OrchestrationError


@pytest.mark.parametrize(("devices", "port", "option"), [(2, 0, "--devices"), (None, 6379, "--ray-port")])
def test_a_fleet_s_options_without_a_fleet_are_refused(devices: int | None, port: int, option: str) -> None:
    with pytest.raises(OrchestrationError, match=f"{option} needs --farm ray"):
        fleet_wanted("here", devices, port)


def test_a_fleet_s_options_are_the_fleet_s() -> None:
    assert fleet_wanted("here", None) is None
    assert fleet_wanted("ray", 2, 6379) == Fleet(2, 6379)
