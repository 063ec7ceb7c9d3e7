"""The weekly audit, when it is due: once in every week, with the tables that it is made from."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from resources.show import ShowResource
from sensors.due_canaries import STATUS, UNDER_WAY
from studio.metrics.tables import tables

AUDIT = dg.AssetKey("weekly_audit")
NUMBERS = [*(dg.AssetKey(table.key) for table in tables()), AUDIT]
AFTER_ALL_ELSE = {"dagster/priority": "-10"}


@dg.schedule(cron_schedule="41 * * * *", target=dg.AssetSelection.assets(*NUMBERS), default_status=STATUS)
def weekly_audits(context: dg.ScheduleEvaluationContext, show: ShowResource):
    """Asks for it in the first hour of a week, from Monday 00:00 UTC, in which anything is running.

    It looks every hour, so that a machine that sleeps at the weekend misses no week; an audit by hand counts too.
    """
    from studio.errors import GengaError
    from studio.story.show import open_show

    now = context.scheduled_execution_time.astimezone(UTC)
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    last = _last(context.instance)
    if last >= monday:
        return dg.SkipReason(f"audited {last:%Y-%m-%d %H:%M}, next from {monday + timedelta(days=7):%Y-%m-%d} on")
    try:
        ledger = open_show(show.path).out / "ledger"
    except GengaError as exc:
        return dg.SkipReason(str(exc))
    if not any(ledger.glob("*.jsonl")):
        return dg.SkipReason("nothing happened in this show yet")
    if _under_way(context.instance):
        return dg.SkipReason("an audit is under way")
    return dg.RunRequest(run_key=f"audit:{now.isoformat()}", asset_selection=NUMBERS, tags=AFTER_ALL_ELSE)


def _last(instance: dg.DagsterInstance) -> datetime:
    event = instance.get_latest_materialization_event(AUDIT)
    return datetime.fromtimestamp(event.timestamp if event else 0, UTC)


def _under_way(instance: dg.DagsterInstance) -> bool:
    """In a long queue it may wait for hours; it is not asked for again."""
    records = instance.get_run_records(dg.RunsFilter(statuses=UNDER_WAY), limit=500)
    return any(AUDIT in (record.dagster_run.asset_selection or ()) for record in records)
