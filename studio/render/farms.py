"""Farms of this process: which one $GENGA_FARM names."""

import os

from studio.errors import OrchestrationError
from studio.render.farm import Farm, InProcessFarm

FARM = "GENGA_FARM"
"""`here` (or unset): in this process. `ray@HOST:PORT`: the fleet of that Ray head."""


def farm_here() -> Farm:
    """The farm that this process is to use. Raises OrchestrationError for a name that means nothing."""
    address = address_in(os.environ.get(FARM, "here"))
    if address is None:
        return InProcessFarm()
    from studio.render.fleet.farm import RayFarm

    return RayFarm(address)


def address_in(named: str) -> str | None:
    """HOST:PORT of the Ray head that a farm's name names; None for `here`. Raises OrchestrationError for a name of nothing."""
    if named == "here":
        return None
    kind, _, address = named.partition("@")
    if kind != "ray" or ":" not in address:
        raise OrchestrationError(f"'{named}' names no farm", field=FARM, remedy="Write 'here' or 'ray@HOST:PORT'")
    return address
