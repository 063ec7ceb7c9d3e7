"""Prices: what an hour of a pool's devices costs, and what keeping and sending bytes costs."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from studio.record import Record
from studio.story.reading import Written

NotNegative = Annotated[float, Field(ge=0)]
Purchase = Literal["owned", "on_demand", "spot"]
"""A machine of one's own, one rented by the hour, one rented cheaply that may be taken away."""
POOLS = ("image", "video", "post", "text")
"""Pools that steps use by themselves. A show may have more, each for the presets that name it: shards of `image`."""


class Power(Written):
    """Electricity of a machine of one's own."""

    watts: Annotated[float, Field(gt=0)]
    """Drawn by one device while it works, with its share of the machine."""
    usd_per_kwh: NotNegative


class Rate(Record):
    """What an hour of one device costs, all told."""

    usd_per_hour: float
    """Rent or write-off, and electricity."""
    purchase: Purchase


class Pool(Written):
    """Devices of one kind, and what an hour of one costs."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 1
    """How many steps may use the pool at once."""
    usd_per_hour: NotNegative | None = None
    """Rent, or the write-off of an owned machine. Left out, what the pool does has no known cost; 0 is free."""
    purchase: Purchase = "on_demand"
    power: Power | None = None
    """Only of owned machines: a rented one's electricity is in its rent."""

    @model_validator(mode="after")
    def _power_is_owned(self) -> "Pool":
        if self.power and self.purchase != "owned":
            raise PydanticCustomError("power_of_rented", "power is paid for owned machines only",
                                      {"remedy": "Write 'purchase: owned', or take 'power' out: rent includes it"})
        return self

    @property
    def rate(self) -> Rate | None:
        """None where the show names no price."""
        if self.usd_per_hour is None and self.power is None:
            return None
        electricity = self.power.watts / 1000 * self.power.usd_per_kwh if self.power else 0.0
        return Rate(usd_per_hour=(self.usd_per_hour or 0.0) + electricity, purchase=self.purchase)


class Storage(Written):
    """What it costs to keep artifacts, and to send deliverables."""

    usd_per_gb_month: NotNegative | None = None
    """Per 10^9 bytes kept for a month. Left out, it is not known."""
    egress_usd_per_gb: NotNegative | None = None
    """Per 10^9 bytes that leave the bucket."""
