"""From a submission to a RunRequest."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from studio.dispatch.cells import Order
    from studio.dispatch.classes import Urgency
    from studio.dispatch.submissions import Submission
    from studio.production.opening import Production


def request(
    run: "Submission", run_key: str, trace: str, production: "Production", urgency: "Urgency | None" = None
) -> dg.RunRequest:
    """`run_key` keeps a tick that is repeated after a crash from asking twice. Renders that a spent budget stops are held."""
    from studio.dispatch.cells import episode_of, place_of
    from studio.dispatch.classes import Urgency
    from studio.dispatch.holding import tags_of
    from studio.dispatch.submissions import TRACE

    held = tags_of(production, run.asset, episode_of(place_of(run.span.first)))
    tags = {**run.tags, **(urgency or Urgency()).tags(datetime.now(UTC), run.seconds), **held, TRACE: trace}
    return dg.RunRequest(run_key=run_key, tags=tags, run_config=run.run_config, asset_selection=[dg.AssetKey(run.asset)])


def trace_of(text: str) -> str:
    """The trace id of what a tick asks for: the same when the tick is repeated."""
    from studio.record import sha256

    return sha256(text.encode())[:16]


def order_of(instance: dg.DagsterInstance) -> "Order":
    """Pages and shots in the order in which they were added."""
    from studio.dispatch.cells import Order

    return Order(instance.get_dynamic_partitions("pages"), instance.get_dynamic_partitions("shots"))
