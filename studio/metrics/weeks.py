"""Weeks: what seven days came to, beside the seven before them. Questions to the published tables."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from studio.metrics.querying import Answer, query

WEEK = timedelta(days=7)
SPANS = """with spans as (select *, happened_at >= timestamp '{since}' as now from {table}
  where happened_at >= timestamp '{before}' and happened_at < timestamp '{until}')"""
SUMS = """, judged as (select *, stage not in ('sweep', 'refinement', 'refinement_final', 'canary') as for_a_unit from spans)
select count(*) filter (succeeded) as takes, count(*) filter (not succeeded) as failures,
    count(*) filter (accepted and for_a_unit) as accepted, count(*) filter (succeeded and for_a_unit) as judged,
    coalesce(sum(device_seconds), 0) as seconds, sum(usd) as usd, count(*) filter (usd is null) as unpriced,
    list_sort(list_distinct(list(coalesce(pool, 'none')) filter (usd is null))) as unpriced_pools
  from judged where now"""
ACCEPTANCE = """ select {name}, count(*) filter (now) as rendered, count(*) filter (now and accepted) as accepted,
    round(100 * count(*) filter (now and accepted) / nullif(count(*) filter (now), 0), 1) as "accepted %",
    count(*) filter (not now) as "rendered before",
    round(100 * count(*) filter (not now and accepted) / nullif(count(*) filter (not now), 0), 1) as "accepted % before"
  from spans where unit_state <> 'apart' and {known} group by 1 order by rendered desc, "rendered before" desc, 1 limit 20"""
COST = """ select {name}, count(*) filter (now) as attempts, round(coalesce(sum(device_seconds) filter (now), 0), 1) as seconds,
    case when count(*) filter (now) = 0 then 0 else sum(usd) filter (now) end as usd,
    count(*) filter (now and usd is null) as "without a price", count(*) filter (not now) as "attempts before",
    case when count(*) filter (not now) = 0 then 0 else sum(usd) filter (not now) end as "usd before"
  from spans group by 1 order by usd desc nulls last, seconds desc, 1"""
SLOWEST = """ select unit, stage, count(*) as takes, round(sum(device_seconds), 2) as seconds,
    round(coalesce(sum(load_seconds), 0), 2) as "of it loading", round(sum(predicted_seconds), 2) as "predicted, without loading",
    sum(usd) as usd
  from spans where now group by unit, stage order by seconds desc, unit limit 10"""


@dataclass(frozen=True)
class Sums:
    """What a week came to."""

    takes: int
    failures: int
    accepted: int
    judged: int
    """Takes that could be accepted: those of sweeps and canaries cannot."""
    seconds: float
    """Device seconds."""
    usd: float | None
    """As far as known; None where nothing is."""
    unpriced: int
    """Attempts that are in no sum of money."""
    unpriced_pools: tuple[str, ...]

    @property
    def acceptance(self) -> float | None:
        """Share of `judged`, 0 to 1; None of nothing."""
        return self.accepted / self.judged if self.judged else None

    @property
    def spent(self) -> float | None:
        """USD: nothing where nothing was tried, None where something was and no price is known."""
        return 0.0 if self.usd is None and not self.unpriced else self.usd

    @property
    def each(self) -> float | None:
        """USD per accepted take; None where none is, or no price is known."""
        return self.usd / self.accepted if self.usd is not None and self.accepted else None


def sums(database: Path, until: datetime) -> Sums:
    """The seven days before `until`, UTC."""
    takes, failures, accepted, judged, seconds, usd, unpriced, pools = _ask(database, until, "attempts", SUMS).rows[0]
    return Sums(takes, failures, accepted, judged, seconds, usd, unpriced, tuple(pools or ()))


def tables(database: Path, until: datetime) -> dict[str, Answer]:
    """Acceptance by stage and look, cost by cause and pool, and the slowest units of these seven days."""
    return {
        "stages": _ask(database, until, "takes", ACCEPTANCE, name="stage", known="stage is not null"),
        "looks": _ask(database, until, "takes", ACCEPTANCE, name="preset || '@' || preset_version as look",
                      known="preset is not null"),
        "causes": _ask(database, until, "attempts", COST, name="cause"),
        "pools": _ask(database, until, "attempts", COST, name="coalesce(pool, 'none') as pool"),
        "slowest": _ask(database, until, "takes", SLOWEST),
    }


def _ask(database: Path, until: datetime, table: str, sql: str, **words: str) -> Answer:
    """`sql` over the rows of `table` from two weeks; `now` tells the later one's."""
    times = {"until": until, "since": until - WEEK, "before": until - 2 * WEEK}
    told = {name: f"{moment:%Y-%m-%d %H:%M:%S.%f}" for name, moment in times.items()}
    return query(database, (SPANS + sql).format(table=table, **told, **words))
