"""Canaries that are due: drawn again although nothing seems to have changed, as what genga does not know may have."""

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from partitions.looks import enter_presets
from resources.show import ShowResource
from sensors.requests import trace_of

if TYPE_CHECKING:
    from studio.production.opening import Production

EVERY = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
SLACK = timedelta(minutes=30)
"""Ticks come by the hour, and a check takes a while: without it, `daily` would wander by an hour a day."""
STATUS = (
    dg.DefaultScheduleStatus.STOPPED if os.environ.get("GENGA_SENSORS") == "off" else dg.DefaultScheduleStatus.RUNNING
)
"""As the sensors: off while `genga apply` works alone."""
UNDER_WAY = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING,
             dg.DagsterRunStatus.STARTED]


@dg.schedule(cron_schedule="17 * * * *", target=dg.AssetSelection.assets("canaries"), default_status=STATUS)
def due_canaries(context: dg.ScheduleEvaluationContext, show: ShowResource):
    """Looks every hour which presets have not been drawn for as long as `canaries.every` in show.yaml says.

    By age and not by the clock: a machine that sleeps at night misses no day, and a changed setting needs no reload.
    """
    from studio.errors import GengaError

    try:
        production = show.open()
        history = production.history()
    except GengaError as exc:
        return dg.SkipReason(str(exc))
    settings = production.show.settings.canaries
    if not settings.enabled:
        return dg.SkipReason("canaries are switched off in show.yaml")
    presets = production.library.presets
    enter_presets(context.instance, presets)
    now = context.scheduled_execution_time.astimezone(UTC)
    due = [name for name in presets if name in history.approvals
           and _aged(history.redrawn.get(name, ""), now) >= EVERY[settings.every] - SLACK and not _under_way(context, name)]
    return [_asked(name, now, production) for name in due] or dg.SkipReason("no approved canaries are due")


def _aged(at: str, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(at) if at else timedelta.max


def _under_way(context: dg.ScheduleEvaluationContext, preset: str) -> bool:
    """In a long queue a check may wait for hours; it is not asked for again."""
    filters = dg.RunsFilter(statuses=UNDER_WAY, tags={"dagster/partition": preset})
    runs = (record.dagster_run for record in context.instance.get_run_records(filters, limit=50))
    return any(dg.AssetKey("canaries") in (run.asset_selection or ()) for run in runs)


def _asked(preset: str, now: datetime, production: "Production") -> dg.RunRequest:
    from studio.dispatch.cells import Span
    from studio.dispatch.holding import tags_of
    from studio.dispatch.submissions import TRACE, Submission

    key = f"{preset}:{now.isoformat()}"
    run = Submission("canaries", Span(preset, preset), pool=production.library.presets[preset].pool)
    return dg.RunRequest(
        run_key=key, tags={**run.tags, TRACE: trace_of(key), **tags_of(production, "canaries", "")},
        asset_selection=[dg.AssetKey("canaries")], run_config={"ops": {"canaries": {"config": {"again": True}}}},
    )
