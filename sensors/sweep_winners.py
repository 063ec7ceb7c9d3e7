"""Rankings of sweeps: the best cells are refined."""

from typing import TYPE_CHECKING

import dagster as dg

from resources.show import ShowResource
from sensors import STATUS

if TYPE_CHECKING:
    from studio.production.opening import Production

PAGE = 50
"""Materialisations looked at in one tick; the rest wait for the next, and none is passed over."""


@dg.sensor(asset_selection=dg.AssetSelection.assets("refinements"), minimum_interval_seconds=4, default_status=STATUS)
def sweep_winners(context: dg.SensorEvaluationContext, show: ShowResource) -> dg.SensorResult:
    """Each ranking is handled once, in the order in which they were made: the cursor is the last one's storage id, and run keys
    hold it too, so that neither a restarted daemon nor a tick that is repeated asks twice.
    """
    last = int(context.cursor or 0)
    records = context.instance.fetch_materializations(
        dg.AssetRecordsFilter(dg.AssetKey("sweep_ranking"), after_storage_id=last), limit=PAGE, ascending=True
    ).records
    if not records:
        return dg.SensorResult(skip_reason="no new ranking", cursor=str(last))
    production = show.open()
    requests = [
        dg.RunRequest(run_key=f"refine:{record.storage_id}", partition_key=record.partition_key,
                      asset_selection=[dg.AssetKey("refinements")])
        for record in records if record.partition_key and _refines(context, production, record.partition_key)
    ]
    return dg.SensorResult(run_requests=requests, cursor=str(records[-1].storage_id))


def _refines(context: dg.SensorEvaluationContext, production: "Production", name: str) -> bool:
    """Does this sweep say what becomes of its winners?"""
    from studio.errors import GengaError
    from studio.story.sweeps import find_sweep

    try:
        return find_sweep(production.show.folder / "sweeps", name)[1].refine is not None
    except GengaError as exc:
        context.log.error(str(exc))
        return False
