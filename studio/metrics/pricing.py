"""Pricing: the show's prices are entered into the ledger whenever they say something new, so that their history is kept."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio.store.events import Prices
from studio.store.ledger import Ledger
from studio.story.prices import Pool
from studio.story.show import Show

_LAST = """
select pools, usd_per_gb_month, egress_usd_per_gb, max_usd from staging.stg_events
where event = 'prices' and show_name = ? order by at_text desc limit 1"""


def prices_of(show: Show) -> Prices:
    """What show.yaml says today."""
    settings = show.settings
    return Prices(
        show=show.name, unit="", pools={name: _pool(pool) for name, pool in sorted(settings.pools.items())},
        usd_per_gb_month=settings.storage.usd_per_gb_month, egress_usd_per_gb=settings.storage.egress_usd_per_gb,
        max_usd=settings.budget.show_usd,
    )


def enter_prices(show: Show, work: Path) -> bool:
    """Enter them unless the last ones that `work` has read say the same; whether they were entered.

    Where `work` is gone the same prices may stand twice in the ledger, which tables pass over.
    """
    today = prices_of(show)
    if _last(show, work) == (today.pools, today.usd_per_gb_month, today.egress_usd_per_gb, today.max_usd):
        return False
    Ledger(show.out / "ledger").append(today)
    return True


def _pool(pool: Pool) -> dict[str, Any]:
    return {
        "limit": pool.limit, "usd_per_hour": pool.rate.usd_per_hour if pool.rate else None, "purchase": pool.purchase,
        "watts": pool.power.watts if pool.power else None, "usd_per_kwh": pool.power.usd_per_kwh if pool.power else None,
    }


def _last(show: Show, work: Path) -> tuple[Any, ...] | None:
    import duckdb

    if not work.is_file():
        return None
    with suppress(duckdb.Error), duckdb.connect(str(work), read_only=True) as database:
        found = database.execute(_LAST, [show.name]).fetchone()
        return (json.loads(found[0]), *found[1:]) if found else None
    return None
