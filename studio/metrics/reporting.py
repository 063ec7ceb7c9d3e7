"""Report: what a show's pictures cost and yielded, as one HTML file that needs nothing else, not even a network."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studio.errors import MetricsError
from studio.metrics.diagnosing import AILMENTS, diagnose
from studio.metrics.pages import inline, minute, seconds_said, share_said, template
from studio.metrics.plots import PLOTS, draw
from studio.metrics.querying import query
from studio.plan.price import usd_said
from studio.production.opening import Production
from studio.store.previews import read_preview

MOST = 60
"""Pictures of an episode's contact sheet, the first in the alphabet of their units."""
SHOWN = ("panel", "keyframe")
LOOKS = """select value as look, stage, rendered, accepted, round(100 * acceptance, 1) as "accepted %", usd
  from acceptance where dimension = 'preset' order by usd desc nulls last, rendered desc limit 40"""
CAUSES = """select episode, 'panels' as what, cause, attempts, round(device_seconds, 1) as seconds, usd,
    usd_per_accepted_panel as "usd each" from panel_costs
  union all select episode, 'film', cause, attempts, round(device_seconds, 1), usd, usd_per_film_second
    from film_costs order by episode, what, usd desc nulls last"""
PREDICTED = """select week, stage, pool, takes, round(median_predicted_seconds, 2) as "predicted s",
    round(median_actual_seconds, 2) as "took s", round(median_ratio, 2) as "took / predicted",
    round(100 * within_p90, 1) as "within p90 %", round(100 * bias, 1) as "bias %"
  from predictions where basis = 'measured' order by week desc, takes desc limit 20"""
FACTS = """select t.show_name, t.events, t.first_at, t.last_at, t.takes, t.failures, t.accepted, t.device_seconds, t.usd,
    t.unpriced_attempts, (select count(*) from attempts) as attempts,
    (select case when sum(reused) = 0 then 0 else sum(saved_usd) end from reuse) as saved,
    (select sum(reused)::bigint from reuse) as reused,
    (select quantile_cont(wait_seconds, 0.95) from runs where asset <> 'metrics') as wait,
    (select quantile_cont(latency_seconds, 0.5) from deliveries) as latency,
    (select sum(usd) / nullif(max(n), 0) from panel_costs,
       (select sum(accepted_panels) as n from (select distinct episode, accepted_panels from panel_costs))) as panel
  from (select any_value(show_name) as show_name, sum(events)::bigint as events, min(first_at) as first_at,
    max(last_at) as last_at, sum(takes)::bigint as takes, sum(failures)::bigint as failures, sum(accepted)::bigint as accepted,
    sum(device_seconds) as device_seconds, sum(usd) as usd,
    sum(unpriced_attempts)::bigint as unpriced_attempts from totals) t  -- a show that was renamed has lines under both names"""
EPISODES = "select distinct episode from takes where in_use and episode is not null order by 1"
SHEET = """select unit, artifact, accepted_by_person, usd, preset from takes
  where in_use and episode = ? and stage in ('panel', 'keyframe') order by unit"""


@dataclass(frozen=True)
class Picture:
    """One picture of a contact sheet."""

    unit: str
    data: str
    """Itself, as a data URI."""
    told: str
    accepted: bool
    """By a person."""


@dataclass(frozen=True)
class Sheet:
    """An episode's pictures in use."""

    episode: str
    told: str
    pictures: Sequence[Picture]


def make_report(production: Production, database: Path, now: datetime | None = None) -> str:
    """The report of today's tables. Raises MetricsError where nothing is published, or nothing happened yet."""
    answer = query(database, FACTS)
    if not answer.rows or answer.rows[0][1] is None:
        raise MetricsError("nothing happened in this show yet", file=database, remedy="'genga apply' draws it")
    known = dict(zip(answer.columns, answer.rows[0], strict=True))
    plots = [(plot, inline(svg)) for plot in PLOTS if (svg := draw(plot, database))]
    return template("report.html").render(
        title=production.show.settings.title, first=minute(known["first_at"]), last=minute(known["last_at"]),
        made=minute(now or datetime.now(UTC)), events=known["events"], unpriced=known["unpriced_attempts"],
        built=minute(datetime.fromtimestamp(database.stat().st_mtime, UTC)),  # it is published the moment it is built
        attempts=known["attempts"], facts=_facts(known), findings=diagnose(database), ailments=len(AILMENTS), plots=plots,
        sheets=_sheets(production, database), looks=query(database, LOOKS), causes=query(database, CAUSES),
        predicted=query(database, PREDICTED),
    )


def _facts(known: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(name, value, what it says) of the figures at the top."""
    rendered = known["takes"] or 0
    return [
        ("spent", usd_said(known["usd"], 4), f"{known['device_seconds'] or 0:.0f} s of devices"),
        ("takes", f"{rendered}", f"{known['failures']} tries failed"),
        ("accepted", share_said(known["accepted"], rendered), f"{known['accepted']} of {rendered} takes"),
        ("per accepted panel", usd_said(known["panel"], 5), "everything spent on panels"),
        ("found, not rendered", f"{known['reused'] or 0}", f"{usd_said(known['saved'], 4)} saved"),
        ("wait, 95 %", seconds_said(known["wait"]), "of runs wait less"),
        ("delivered in", seconds_said(known["latency"]), "half of deliveries"),
    ]


def _sheets(production: Production, database: Path) -> list[Sheet]:
    episodes = [row[0] for row in query(database, EPISODES).rows]
    sheets: list[Sheet] = []
    for episode in episodes:
        answer = query(database, SHEET.replace("?", "'" + episode.replace("'", "''") + "'"))
        pictures = [picture for row in answer.rows[:MOST] if (picture := _picture(production, row))]
        more = f", the first {MOST} of {len(answer.rows)}" if len(answer.rows) > MOST else ""
        if pictures:
            sheets.append(Sheet(episode, f"{len(answer.rows)} pictures in use{more}", pictures))
    return sheets


def _picture(production: Production, row: Sequence[Any]) -> Picture | None:
    unit, artifact, accepted, usd, preset = row
    small = read_preview(production.artifacts, artifact)
    if small is None:
        return None
    data = f"data:image/webp;base64,{base64.b64encode(small).decode()}"
    return Picture(unit, data, f"{preset or ''} {usd_said(usd, 5)}".strip(), bool(accepted))
