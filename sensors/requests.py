"""From a submission to a RunRequest."""

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from studio.dispatch.cells import Order
    from studio.dispatch.submissions import Submission


def request(run: "Submission", run_key: str, trace: str) -> dg.RunRequest:
    """`run_key` keeps a tick that is repeated after a crash from asking twice."""
    from studio.dispatch.submissions import TRACE

    return dg.RunRequest(run_key=run_key, tags={**run.tags, TRACE: trace}, run_config=run.run_config,
                         asset_selection=[dg.AssetKey(run.asset)])


def order_of(instance: dg.DagsterInstance) -> "Order":
    """Pages and shots in the order in which they were added."""
    from studio.dispatch.cells import Order

    return Order(instance.get_dynamic_partitions("pages"), instance.get_dynamic_partitions("shots"))
