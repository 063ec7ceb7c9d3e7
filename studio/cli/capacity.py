"""capacity: how many devices a demand needs, what an accepted picture costs, and when to grow."""

import json
import math
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from studio.cli import stating
from studio.cli.showing import ShowFolder, console
from studio.errors import CapacityError
from studio.plan.capacity.growth import said
from studio.plan.capacity.sizing import Demand, Level, Need
from studio.plan.capacity.telling import FORMULA, record
from studio.plan.impact.telling import many
from studio.production.capacity import Stated
from studio.production.capacity import capacity as answer
from studio.production.opening import open_production
from studio.story.reading import nearest

BAR = 16
"""Characters of the longest bar."""
Several = list[str] | None

Jobs = Annotated[str, typer.Option("--jobs", metavar="N/day", help="Accepted units to deliver: 300/day, 20/hour, 1000/week.",
                                   show_default=False)]
Mix = Annotated[str, typer.Option("--mix", metavar="POOL=SHARE,…", help="How they divide over the pools; together 1.")]
Sla = Annotated[Several, typer.Option("--sla", metavar="delivery=2h", help="Within what time 95 of 100 are to be there; also by "
                                      "pool (image=10min). Left out: devices that just keep up.")]
Seconds = Annotated[Several, typer.Option("--seconds", metavar="image=12", help="Seconds of a render, in place of the ledger's.")]
Cv = Annotated[Several, typer.Option("--cv", metavar="image=0.3", help="How they vary: standard deviation / mean.")]
Rate = Annotated[Several, typer.Option("--rate", metavar="image=0.70", help="USD per device hour, in place of show.yaml's.")]
Yield = Annotated[Several, typer.Option("--yield", metavar="0.9", help="Accepted of rendered, in place of the ledger's.")]
Workers = Annotated[Several, typer.Option("--workers", metavar="image=8", help="Devices, in place of show.yaml's limit.")]
Storage = Annotated[str, typer.Option(metavar="USD", help="Storage per GB and month, not show.yaml's.", show_default=False)]
Months = Annotated[str, typer.Option(metavar="N", help="How long it is kept.")]
Egress = Annotated[str, typer.Option(metavar="USD", help="Egress per GB, once, not show.yaml's.", show_default=False)]
Mb = Annotated[Several, typer.Option("--mb", metavar="image=1.5", help="Size of an artifact, in place of the store's.")]
Peak = Annotated[str, typer.Option(metavar="X", help="How many times as many come in the busiest hour as in the mean one.")]
Hours = Annotated[str, typer.Option(metavar="N", help="Hours of a day in which they come.")]
PerMachine = Annotated[int, typer.Option("--per-machine", min=1, help="Devices that one machine holds.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]


def capacity(
    show: ShowFolder, jobs: Jobs, mix: Mix = "image=1", sla: Sla = None, seconds: Seconds = None, cv: Cv = None,
    rate: Rate = None, accepted: Yield = None, workers: Workers = None, storage: Storage = "", months: Months = "12",
    egress: Egress = "", mb: Mb = None, peak: Peak = "1", hours: Hours = "24", per_machine: PerMachine = 8, as_json: Json = False,
) -> None:
    """Say how many devices each pool needs, what an accepted unit costs, and when one device, several, a cluster or bursts pay.

    Examples:
      genga capacity --jobs 300/day --mix image=0.8,video=0.2 --sla delivery=2h

      genga capacity --jobs 2400/hour --seconds image=12 --rate image=0.70 --workers image=8 --yield 0.9

      genga capacity --jobs 300/day --sla delivery=10min --peak 4 --json
    """
    production = open_production(show)
    known = production.show.pools
    pools = stating.shares(mix, "--mix", known)
    demand = Demand(stating.per_day(jobs, "--jobs"), pools, _promises(sla, list(pools)), _peak(peak), _hours(hours))
    stated = Stated(
        stating.by_pool(seconds, "--seconds", known), stating.by_pool(cv, "--cv", known), stating.by_pool(rate, "--rate", known),
        stating.fractions(accepted, "--yield", list(pools), known), stating.whole(workers, "--workers", known),
        stating.by_pool(mb, "--mb", known),
        stating.positive(storage, "--storage") if storage else None, stating.positive(months, "--months"),
        stating.positive(egress, "--egress") if egress else None,
    )
    found = answer(production, production.history(), demand, stated, per_machine)
    if as_json:
        typer.echo(json.dumps(record(found.demand, found.needs, found.rungs), ensure_ascii=False))
        return
    for need in found.needs:
        _tell(need)
    console.print(Text("Growth", "bold"))
    for rung in found.rungs:
        mark = ("→ ", "green") if rung.advised else ("  ", "")
        console.print(Text.assemble(mark, (rung.name, "bold" if rung.advised else ""), f": {rung.why}"), soft_wrap=True)
    console.print(f"\nWaits by {FORMULA}; checked by a seeded simulation with these durations. docs/capacity.md tells more.",
                  style="dim", markup=False, soft_wrap=True)


def _promises(sla: Several, pools: list[str]) -> dict[str, float]:
    """Raises CapacityError for a promise about nothing."""
    known = ["delivery", *pools]
    found = stating.pairs(sla, "--sla", "delivery=2h")
    for name in found:
        if name not in known:
            raise CapacityError(f"nothing is called '{name}'", field="--sla", remedy=nearest(name, known))
    return {name: stating.duration(value, "--sla") for name, value in found.items()}


def _peak(text: str) -> float:
    number = stating.positive(text, "--peak")
    if number < 1:
        raise CapacityError(f"the busiest hour cannot bring less than the mean one ({number:g})", field="--peak",
                            remedy="Give 1 or more")
    return number


def _hours(text: str) -> float:
    number = stating.positive(text, "--hours")
    if number > 24:
        raise CapacityError(f"a day has no {number:g} hours", field="--hours", remedy="Give 24 or less")
    return number


def _tell(need: Need) -> None:
    supply = need.supply
    console.print(Text.assemble((f"Pool {need.pool}", "bold"), f": {_devices(need)}"), soft_wrap=True)
    console.print(f"  {many('worker', supply.workers)} x 3600 / {supply.seconds:.3g} s = {supply.per_hour:,.0f} renders an hour; "
                  f"{_count(need.per_hour)} are asked for in the busiest hour", markup=False, soft_wrap=True)
    if supply.usd is None or supply.usd_accepted is None:
        console.print(f"  cost unknown: name a price of pool {need.pool}, with --rate {need.pool}=0.70 or in show.yaml",
                      style="yellow", soft_wrap=True)
    else:
        held = need.usd_held_per_day
        kept = "" if held is None else f", ${held:,.2f} with its devices kept all day"
        console.print(f"  ${supply.usd:.5f} a render, ${supply.usd_accepted:.5f} an accepted one; ${need.usd_per_day:,.2f} a day "
                      f"by the second{kept}", markup=False, soft_wrap=True)
    console.print(f"  from: {'; '.join(supply.bases)}", style="dim", markup=False, soft_wrap=True)
    console.print(_table(need))


def _count(number: float) -> str:
    """`2,000`, `12.5`."""
    return f"{number:,.1f}".removesuffix(".0")


def _devices(need: Need) -> str:
    if need.devices is None:
        return (f"no number of devices: one render alone takes {said(need.supply.slow)} at p95, "
                f"{said(need.limit or 0)} is promised")
    promise = f"for 95 of 100 within {said(need.limit)}" if need.limit is not None else "to keep up"
    return f"{many('device', need.devices)} {promise}"


def _table(need: Need) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for column in ("  devices", "busy", "mean wait", "p95 wait", "simulated", "delivery", ""):
        table.add_column(column, justify="left" if not column else "right", no_wrap=True)
    longest = max((level.wait for level in need.levels if math.isfinite(level.wait)), default=0.0)
    for level in need.levels:
        simulated = said(level.simulated.wait) if level.simulated else "–"
        table.add_row(f"{'→ ' if level.devices == need.devices else ''}{level.devices}", f"{level.busy * 100:.0f} %",
                      said(level.mean_wait), said(level.wait), simulated, said(level.delivery), _bar(level, longest))
    return table


def _bar(level: Level, longest: float) -> str:
    if math.isinf(level.wait):
        return "█" * BAR + "…"
    return "█" * round(BAR * level.wait / longest) if longest else ""
