"""Pages that were lettered: when an episode has all of them, its books are bound.

Episodes and pages are two dynamic definitions, between which Dagster maps nothing, so no automation condition can.
"""

import dagster as dg

from resources.show import ShowResource
from sensors import STATUS

AT_ONCE = 1000


@dg.sensor(asset_selection=dg.AssetSelection.assets("books"), minimum_interval_seconds=5, default_status=STATUS)
def finished_pages(context: dg.SensorEvaluationContext, show: ShowResource) -> dg.SensorResult:
    """Asks for the books of each episode whose pages are all there, when a book of them does not exist yet."""
    from studio.dispatch.cells import episode_of
    from studio.errors import GengaError
    from studio.story.boards import find_board

    since = int(context.cursor) if context.cursor else None
    news = context.instance.fetch_materializations(
        dg.AssetRecordsFilter(dg.AssetKey("pages"), after_storage_id=since), limit=AT_ONCE, ascending=True
    ).records
    if not news:
        return dg.SensorResult(skip_reason="no page was lettered", cursor=context.cursor)
    last, requests = news[-1].storage_id, []
    production = show.open()
    for episode in sorted({episode_of(record.partition_key) for record in news if record.partition_key}):
        try:
            plan = production.plan(find_board(production.show, episode)[1])
        except GengaError as exc:
            context.log.error(str(exc))
            continue
        if any(s.stage == "book" and s.todo and s.recipe for s in plan.steps):
            requests.append(dg.RunRequest(run_key=f"{episode}:{last}", partition_key=episode))
    return dg.SensorResult(run_requests=requests, cursor=str(last))
