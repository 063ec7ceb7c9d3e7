"""Diagnosis: the known ways to lose time and money, each a question to the tables, with its evidence and first fix."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.metrics.querying import query


@dataclass(frozen=True)
class Ailment:
    """Something that can be wrong."""

    name: str
    symptom: str
    fix: str
    """What to do first."""
    sql: str
    """Finds a row for each thing that is wrong; the first column names it."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong."""

    ailment: Ailment
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def evidence(self) -> list[str]:
        """Each row in words: `image: utilisation 0.93, p95_wait 812`."""
        return [f"{row[0]}: " + ", ".join(
            f"{column} {_plain(value)}" for column, value in zip(self.columns[1:], row[1:], strict=True)) for row in self.rows]


LATELY = """with week as (
             select coalesce(max(day) filter (day <= current_date), max(day)) as last from utilisation
           ), lately as (select utilisation.* from utilisation, week where day > last - 7 and day <= last)"""
"""The last `week` of `utilisation`, also where a clock that ran ahead has written days to come."""


def _lately(sql: str) -> str:
    return f"{LATELY}\n           {sql}"


AILMENTS = (
    Ailment(
        "busy but slow", "devices are busy, and deliveries wait all the same",
        "Split the queue: give long video work a pool of its own and deliveries a higher priority; only then add a device",
        _lately("""select q.pool, round(avg(u.average), 2) as utilisation, round(max(q.p95), 1) as p95_wait_seconds,
                  round(max(q.waited), 2) as wait_per_device_second
             from (select show_name, coalesce(runs.pool, 'none') as pool, quantile_cont(wait_seconds, 0.95) as p95,
                          sum(wait_seconds) / nullif(sum(device_seconds), 0) as waited
                     from runs, week where started_at::date > last - 7 and started_at::date <= last
                    group by show_name, runs.pool, runs.class) q
             join lately u using (show_name, pool)
            group by q.pool having avg(u.average) >= 0.7 and max(q.p95) >= 300 and max(q.waited) >= 1"""),
    ),
    Ailment(
        "low utilisation", "devices stand still for most of the hours in which they work at all",
        "Keep weights near the devices: fast local disks for models, fewer switches between models, fuller batches",
        _lately("""select pool, round(sum(busy_seconds) / nullif(sum(active_hours * devices) * 3600, 0), 2) as utilisation,
                  round(sum(load_seconds) / nullif(sum(busy_seconds), 0), 2) as load_share, sum(active_hours) as hours
             from lately
            group by pool
           having sum(active_hours) >= 4 and sum(busy_seconds) / nullif(sum(active_hours * devices) * 3600, 0) < 0.3"""),
    ),
    Ailment(
        "weights are loaded again and again", "a good part of device time goes into loading weights",
        "Keep workers warm, draw what shares a model together, and keep weights on a fast local disk",
        _lately("""select pool, round(sum(load_seconds) / nullif(sum(busy_seconds), 0), 2) as load_share,
                  round(sum(load_seconds), 1) as load_seconds
             from lately
            group by pool having sum(load_seconds) / nullif(sum(busy_seconds), 0) >= 0.25 and sum(load_seconds) >= 60"""),
    ),
    Ailment(
        "failures", "many tries come to nothing",
        "Read the commonest error first; what was finished is found again, so a second run renders only what failed",
        """select s.stage, round(s.success, 3) as success, s.attempts, round(s.failed_seconds, 1) as failed_seconds,
                  (select mode(f.error) from failures f where f.stage = s.stage) as commonest
             from stage_success s where s.attempts >= 10 and s.success < 0.9 order by s.success""",
    ),
    Ailment(
        "runaway cost", "most money goes into doing things again",
        "Look at the dearest cause: gates and candidates against rejections, sweeps before a look is changed, "
        "'genga impact' before a model is",
        """with spent as (select episode, cause, usd from panel_costs union all select episode, cause, usd from film_costs),
                again as (select * from spent where cause not in ('first', 'unknown'))
           select episode, round(sum(usd), 4) as usd,
                  round((select sum(usd) from again where again.episode = spent.episode) / nullif(sum(usd), 0), 2) as share_again,
                  (select arg_max(cause, usd) from again where again.episode = spent.episode) as dearest_cause
             from spent group by episode
           having sum(usd) > 0 and (select sum(usd) from again where again.episode = spent.episode) >= 0.5 * sum(usd)
            order by usd desc""",
    ),
    Ailment(
        "low yield", "much of what a look renders is not accepted",
        "Sweep the look ('genga sweep'), lock compositions early ('genga vary'), let gates stop the worst before people look",
        """select value as look, stage, round(acceptance, 2) as acceptance, rendered, round(usd, 4) as usd
             from acceptance where dimension = 'preset' and rendered >= 10 and acceptance < 0.5 order by usd desc nulls last""",
    ),
    Ailment(
        "hard to trace", "work that nobody can follow or price",
        "Ask through 'genga apply' or 'genga up', name a rate for every pool in show.yaml, and look at torn ledger files",
        """select * from (
             select 'takes without a submission' as what, count(*) filter (trace is null) as number, count(*) as of_all
               from takes where unit_state <> 'apart'
             union all select 'attempts without a price', count(*) filter (usd is null), count(*) from attempts
             union all select 'torn ledger lines', coalesce(sum(torn_lines), 0)::bigint, coalesce(sum(lines), 0)::bigint
               from ledger_files)
            where number > 0.05 * of_all and number > 0""",
    ),
    Ailment(
        "slow storage", "devices wait until pictures are stored",
        "Keep out/ on a faster disk, or fewer extras per take",
        _lately("""select pool, round(sum(idle_seconds), 1) as idle_seconds, round(avg(io_share), 2) as io_share
             from lately
            group by pool
           having sum(idle_seconds) >= 60 and sum(idle_seconds) / nullif(sum(busy_seconds) + sum(idle_seconds), 0) >= 0.2"""),
    ),
)
"""In the order in which they are told."""


def diagnose(database: Path) -> list[Finding]:
    """What is wrong, by the tables of `database`. Raises MetricsError where nothing is published yet."""
    found: list[Finding] = []
    for ailment in AILMENTS:
        answer = query(database, ailment.sql)
        if answer.rows:
            found.append(Finding(ailment, answer.columns, answer.rows))
    return found


def _plain(value: Any) -> str:
    return "unknown" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
