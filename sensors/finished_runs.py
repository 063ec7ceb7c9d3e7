"""Runs that ended: finals follow new panels, pages follow finals, books follow pages; and so from keyframes to films.

A sensor and not automation conditions: those turn every request for several partitions into a backfill, which moves
in steps of half a minute, and no built-in mapping leads from pages to episodes.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from resources.show import ShowResource
from sensors import STATUS
from sensors.requests import order_of, request

if TYPE_CHECKING:
    from studio.dispatch.cells import Span
    from studio.production.opening import Production

FOLLOWED = {dg.AssetKey(name) for name in (
    "panels", "panel_finals", "pages", "keyframes", "inbetweens", "inbetween_finals", "voices", "clips", "subtitles",
)}
OVERLAP = timedelta(seconds=5)
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]


@dg.sensor(
    asset_selection=dg.AssetSelection.assets(
        "panel_finals", "pages", "books", "inbetweens", "inbetween_finals", "clips", "subtitles", "films"
    ), minimum_interval_seconds=3,
    default_status=STATUS,
)
def finished_runs(context: dg.SensorEvaluationContext, show: ShowResource) -> dg.SensorResult:
    """Asks for the cheap stage that a run made possible, also after one that failed in part. The runs of `genga apply`
    are left alone: it asks for their following stages itself.
    """
    from studio.dispatch.submissions import BY

    at, seen = json.loads(context.cursor) if context.cursor else [datetime.now(UTC).isoformat(), []]
    # a little overlap: clocks and commits are not exact; `seen` keeps the same run from being looked at twice
    records = context.instance.get_run_records(
        dg.RunsFilter(statuses=ENDED, updated_after=datetime.fromisoformat(at) - OVERLAP), limit=500,
        order_by="update_timestamp", ascending=True,
    )
    runs = [r.dagster_run for r in records if r.dagster_run.run_id not in seen
            and (r.dagster_run.asset_selection or set()) & FOLLOWED and r.dagster_run.tags.get(BY) != "apply"]
    requests = _follow(context, show.open(), runs) if runs else []
    if records:
        at, seen = records[-1].update_timestamp.replace(tzinfo=UTC).isoformat(), [r.dagster_run.run_id for r in records]
    cursor = json.dumps([at, seen])
    if not requests:
        return dg.SensorResult(skip_reason="no run made a further stage possible", cursor=cursor)
    return dg.SensorResult(run_requests=requests, cursor=cursor)


def _follow(
    context: dg.SensorEvaluationContext, production: "Production", runs: list[dg.DagsterRun]
) -> list[dg.RunRequest]:
    from studio.dispatch.cells import episode_of
    from studio.dispatch.classes import Urgency
    from studio.dispatch.submissions import TRACE, followers, places_in
    from studio.errors import GengaError
    from studio.plan.budget import may_be_held
    from studio.production.budgets import ceilings
    from studio.story.boards import find_board

    wanted: dict[tuple[str, Span], dg.RunRequest] = {}  # two runs that ended together may both complete one book
    order, accounts = order_of(context.instance), ceilings(production)
    for run in runs:
        places = places_in(run.tags, order)
        for episode in sorted({episode_of(place) for place in places}):
            try:
                _, board = find_board(production.show, episode)
                apart = replace(order, apart=may_be_held(episode, accounts))
                following = followers(production.plan(board), board, apart, places, _in_vain(run))
            except GengaError as exc:
                context.log.error(str(exc))
                continue
            for one in following:
                key = f"{run.run_id}:{episode}:{one.asset}:{one.span.first}"
                wanted[(one.asset, one.span)] = request(one, key, run.tags.get(TRACE, ""), production, Urgency.of(run.tags))
    return list(wanted.values())


def _in_vain(run: dg.DagsterRun) -> frozenset[str]:
    """The assets of a run that failed."""
    if run.status != dg.DagsterRunStatus.FAILURE:
        return frozenset()
    return frozenset(key.to_user_string() for key in run.asset_selection or ())
