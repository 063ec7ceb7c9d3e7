"""Price: what work costs as far as it is known, and the pools whose cost nobody knows. Unknown is never nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

CENTS = 2
"""Decimals that a sum of money has at least."""


@dataclass(frozen=True, slots=True)
class Price:
    """USD of some work, at today's rates."""

    known: float = 0.0
    """Of the part whose pool has a rate."""
    unknown: tuple[str, ...] = ()
    """Pools of the rest, sorted: the show names no rate for them."""

    @property
    def usd(self) -> float | None:
        """All of it; None where a part is unknown."""
        return None if self.unknown else self.known

    def said(self, places: int = 5, spent: bool = False) -> str:
        """`$0.00088`; `an unknown price (show.yaml names no rate for pool post)`; `$0.00088 and more that is unknown (…)`.

        spent: it is paid already, at the rates of then.
        """
        known = usd_said(self.known, places)
        if not self.unknown:
            return known
        named = ", ".join(pool or "of older lines" for pool in self.unknown)  # which did not say their pool
        why = f"show.yaml {'named' if spent else 'names'} no rate for pool{'s' * (len(self.unknown) > 1)} {named}"
        return f"{known} and more that is unknown ({why})" if self.known else f"an unknown price ({why})"

    def to_json(self) -> dict[str, Any]:
        """`usd`, null where a part is unknown; `usd_known`; `unpriced_pools`."""
        return {"usd": None if self.usd is None else round(self.usd, 6), "usd_known": round(self.known, 6),
                "unpriced_pools": list(self.unknown)}


def total(parts: Iterable[tuple[float | None, str]]) -> Price:
    """The price of several parts, each with its USD (None for unknown) and its pool."""
    known, unknown = 0.0, set[str]()
    for usd, pool in parts:
        if usd is None:
            unknown.add(pool)
        else:
            known += usd
    return Price(known, tuple(sorted(unknown)))


def together(prices: Iterable[Price]) -> Price:
    """The price of all of them."""
    held = list(prices)
    return Price(sum(one.known for one in held), tuple(sorted({pool for one in held for pool in one.unknown})))


def figure_said(usd: float | None, places: int = 5) -> str:
    """`0.00088`, as a column has it; `<0.00001` for what is too small to write, which is not nothing; `unknown`."""
    if usd is None:
        return "unknown"
    least = float(f"1e-{places}")
    return f"<{least:.{places}f}" if 0 < usd < least else f"{usd:.{places}f}"


def usd_said(usd: float | None, places: int = 5) -> str:
    """`$0.00088`, `<$0.00001`, or `unknown`."""
    said = figure_said(usd, places)
    return said if usd is None else f"<${said[1:]}" if said.startswith("<") else f"${said}"


def paid_said(usd: float | None, places: int = 5) -> str:
    """`$0.00088`, or `no rate`, where there is no room for why."""
    return "no rate" if usd is None else usd_said(usd, places)


def rate_said(usd: float) -> str:
    """`$0.70`, `$0.125`: cents at least, and no digit less than it has."""
    digits = f"{usd:.6f}".rstrip("0")
    return f"${usd:.2f}" if len(digits.partition(".")[2]) <= CENTS else f"${digits}"


def ceiling_said(usd: float, places: int = 4) -> str:
    """`$0.0010`; with more decimals where those would make nothing, or another sum, of it: `$0.0000001`, `$0.00015`."""
    exponent = Decimal(repr(usd)).normalize().as_tuple().exponent
    return usd_said(usd, max(places, -exponent) if isinstance(exponent, int) else places)
