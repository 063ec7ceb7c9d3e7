"""Farms of this process: which one $GENGA_FARM names."""

import os

from studio.errors import OrchestrationError
from studio.render.farm import Farm, InProcessFarm

FARM = "GENGA_FARM"
"""`here` (or unset): in this process. `ray@HOST:PORT`: the fleet of that Ray head."""


def farm_here() -> Farm:
    """The farm that this process is to use. Raises OrchestrationError for a name that means nothing."""
    named = os.environ.get(FARM, "here")
    if named == "here":
        return InProcessFarm()
    kind, _, address = named.partition("@")
    if kind != "ray" or ":" not in address:
        raise OrchestrationError(f"'{named}' names no farm", field=FARM, remedy="Write 'here' or 'ray@HOST:PORT'")
    from studio.render.fleet.farm import RayFarm

    return RayFarm(address)
