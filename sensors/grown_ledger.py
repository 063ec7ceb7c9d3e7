"""The ledger, when it has grown since the tables over it were made: they are made anew, and the report with them."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from resources.show import ShowResource
from sensors import STATUS
from sensors.due_canaries import UNDER_WAY
from sensors.finished_runs import ENDED
from studio.metrics.tables import tables

NUMBERS = [*(dg.AssetKey(table.key) for table in tables()), dg.AssetKey("report")]
AT_WORK = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
"""Not those in the queue: one that a budget holds may stand there for weeks."""
AFTER_ALL_ELSE = {"dagster/priority": "-10"}


@dg.sensor(asset_selection=dg.AssetSelection.assets(*NUMBERS), minimum_interval_seconds=60, default_status=STATUS)
def grown_ledger(context: dg.SensorEvaluationContext, show: ShowResource) -> dg.SensorResult:
    """Asks for the tables once a run has ended, or people have reviewed, at most every `metrics.every_minutes` of show.yaml.

    The cursor is when it asked last. A new instance waits that long before it asks for the first time: the beginning belongs to
    pictures. What the tables have read is told by the tables, so that a build by hand counts too and nothing is built twice.
    """
    from studio.errors import GengaError
    from studio.metrics.building import Warehouse, behind
    from studio.story.show import open_show

    now = datetime.now(UTC)
    last = datetime.fromisoformat(context.cursor) if context.cursor else now
    if not context.cursor or last > now:  # the first look, or the clock was put back
        return dg.SensorResult(skip_reason="looked for the first time", cursor=now.isoformat())
    try:
        opened = open_show(show.path)
    except GengaError as exc:
        return dg.SensorResult(skip_reason=str(exc), cursor=context.cursor)
    settings = opened.settings.metrics
    due = last + timedelta(minutes=settings.every_minutes)
    if why := _wait(context.instance, last) if settings.enabled and now >= due else _not_due(settings.enabled, due):
        return dg.SensorResult(skip_reason=why, cursor=context.cursor)
    if not behind(Warehouse(opened)):
        return dg.SensorResult(skip_reason="nothing has happened since the tables were made", cursor=context.cursor)
    # named after the last time, which a tick that is repeated after a crash still knows
    request = dg.RunRequest(run_key=f"ledger:{context.cursor}", asset_selection=NUMBERS, tags=AFTER_ALL_ELSE)
    return dg.SensorResult(run_requests=[request], cursor=now.isoformat())


def _not_due(enabled: bool, due: datetime) -> str:
    return f"not before {due:%Y-%m-%d %H:%M} UTC" if enabled else "switched off in show.yaml"


def _wait(instance: dg.DagsterInstance, last: datetime) -> str:
    """Why it is better to wait; empty where it is not."""
    if any(_counts(record) for record in instance.get_run_records(dg.RunsFilter(statuses=UNDER_WAY), limit=500)):
        return "the tables are being made"
    if not instance.get_runs_count(dg.RunsFilter(statuses=AT_WORK)):
        return ""
    ended = instance.get_run_records(dg.RunsFilter(statuses=ENDED, updated_after=last), limit=100)
    return "" if any(not _counts(record) for record in ended) else "the first run since then is still at work"


def _counts(record: dg.RunRecord) -> bool:
    """Is it a run that makes the tables?"""
    return NUMBERS[0] in (record.dagster_run.asset_selection or ())
