"""plan --deadline, --max-usd: is it done in time and for the money."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import typer
from rich.text import Text

from studio.cli.showing import Scope, console
from studio.errors import StoryError
from studio.plan.budget import Overrun
from studio.plan.deadline import Forecast, Wanted, forecast
from studio.plan.plans import Plan
from studio.plan.price import usd_said
from studio.plan.schedule import schedule
from studio.production.opening import Production
from studio.story.storyboard import Storyboard

FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%H:%M")
LATE = 10
"""Late steps that are named."""


def wanted_by(deadline: str | None, max_usd: float | None, now: datetime) -> Wanted:
    """What was asked for on the command line. Raises StoryError."""
    if max_usd is not None and max_usd < 0:
        raise StoryError(f"${max_usd:g} is no price", field="--max-usd", remedy="Give 0 or more")
    due = due_at(deadline, now)
    return Wanted((due - now).total_seconds() if due else None, max_usd)


def due_at(deadline: str | None, now: datetime) -> datetime | None:
    """A time as people write it, after `now` and in its zone. Raises StoryError."""
    if deadline is None:
        return None
    for form in FORMATS:
        try:
            when = datetime.strptime(deadline, form)  # noqa: DTZ007 (this machine's time, as people say it)
        except ValueError:
            continue
        if form == "%H:%M":
            when = datetime.combine(now.date(), when.time())
            when += timedelta(days=1) if when <= now.replace(tzinfo=None) else timedelta()
        elif form == "%Y-%m-%d":
            when += timedelta(days=1)  # to the end of that day
        when = when.replace(tzinfo=now.tzinfo)
        if when <= now:
            raise StoryError(f"{deadline} is past", field="--deadline", remedy="Name a time that is still to come")
        return when
    raise StoryError(f"'{deadline}' is no time", field="--deadline",
                     remedy="Write it as '2026-12-01 18:00', '2026-12-01' or '18:00'")


def make_forecast(production: Production, boards: Sequence[Storyboard], plans: Sequence[Plan], wanted: Wanted, scope: Scope,
                  over: Sequence[Overrun]) -> Forecast:
    """How the plans stand against what is wanted, and against the budgets that do not suffice for them."""
    limits = limits_of(production)
    found = forecast(plans, boards, limits, wanted, lambda some: [plan.where(scope) for plan in production.plans(some)])
    return replace(found, held=tuple(one for one in over if one.holds))


def tell_due(production: Production, plans: Sequence[Plan], due: datetime | None) -> None:
    """Say which moment was understood, and warn where nine of ten such plans would not be done by then."""
    if due is None:
        return
    console.print(_due(due), markup=False)
    now = datetime.now(due.tzinfo)
    high = schedule(plans, limits_of(production), high=True)
    if now + timedelta(seconds=high.seconds) > due:
        typer.echo(f"warning: it is due by {due:%Y-%m-%d %H:%M}, and would be done by {_clock(now, high.seconds)} in nine of ten "
                   f"cases: 'genga plan --deadline' says what to give up", err=True)


def limits_of(production: Production) -> dict[str, int]:
    """How many devices each pool is planned for."""
    return {str(pool): held.limit for pool, held in production.show.settings.pools.items()}


def show_forecast(found: Forecast, now: datetime) -> None:
    """Say it in words."""
    usual, high = found.usual, found.high
    console.print()
    if found.wanted.seconds is not None:
        console.print(_due(now + timedelta(seconds=found.wanted.seconds)), markup=False)
    if not usual.busy:
        console.print("Nothing is to be done.")
        return
    console.print(f"Done by {_clock(now, usual.seconds)} as a rule, by {_clock(now, high.seconds)} in nine of ten cases; "
                  f"{found.price.said(4)}.", soft_wrap=True, markup=False)
    each = {pool: seconds / usual.limits.get(pool, 1) for pool, seconds in usual.busy.items()}
    for pool in sorted(each, key=lambda pool: -each[pool]):
        devices = usual.limits.get(pool, 1)
        on = "1 device" if devices == 1 else f"{devices} devices, {each[pool]:.1f} s each"
        holds = "  <- holds it up" if pool == usual.bottleneck and each[pool] else ""
        console.print(f"  {pool:6} {usual.busy[pool]:10.1f} s on {on}{holds}", markup=False)
    if found.feasible:
        console.print(f"[green]Feasible{'' if found.certain else ' as far as prices are known'}.[/]")
        return
    for one in found.held:
        why = f"{one.account.whose} holds its renders at ${one.account.ceiling or 0:.4f}"
        more = f"'genga budget raise {one.account.scope} --to {one.enough:.2f}' makes room"
        console.print(Text.assemble(("Not feasible", "red"), f": {why}. {more}."), soft_wrap=True)
    if not found.fits:
        _show_shortage(found)


def _show_shortage(found: Forecast) -> None:
    """What it lacks, and what to give up for it."""
    usual, wanted = found.usual, found.wanted
    over = wanted.usd is not None and found.price.known > wanted.usd
    tight = not over and wanted.seconds is not None and usual.seconds <= wanted.seconds
    why = "too dear" if over else "too tight, as nine of ten cases go" if tight else "too late"
    console.print(f"[red]Not feasible[/]: {why}." + ("" if found.given_up else " Nothing can be given up that would help."))
    for saving in found.given_up:
        console.print(f"  give up: {saving.place} {saving.what} saves {saving.seconds:.1f} s, {usd_said(saving.usd, 4)}",
                      markup=False)
    if found.given_up:
        console.print("That is enough." if found.enough else "Even so it is not enough.")
    for key in found.late[:LATE]:
        console.print(f"  late even so: {key}", markup=False)
    if len(found.late) > LATE:
        console.print(f"  … and {len(found.late) - LATE} more")


def forecast_json(found: Forecast) -> dict[str, Any]:
    """Plain values for `genga plan --json`."""
    usual, limits = found.usual, found.usual.limits
    return {
        "feasible": found.feasible, "seconds": round(found.usual.seconds, 3), "seconds_p90": round(found.high.seconds, 3),
        **found.price.to_json(), "bottleneck": found.usual.bottleneck, "held_by": [one.account.scope for one in found.held],
        "pools": {pool: {"busy_seconds": round(s, 3), "devices": limits.get(pool, 1)} for pool, s in usual.busy.items()},
        "give_up": [{"place": one.place, "what": one.what, "seconds": round(one.seconds, 3), "usd": round(one.usd, 6)}
                    for one in found.given_up],
        "enough": found.enough and not found.held, "late": list(found.late),
    }


def _due(due: datetime) -> str:
    """The day too: a time of today that has passed is tomorrow's."""
    return f"Due by {due:%Y-%m-%d %H:%M}."


def _clock(now: datetime, seconds: float) -> str:
    when = now + timedelta(seconds=seconds)
    return when.strftime("%H:%M:%S" if when.date() == now.date() else "%Y-%m-%d %H:%M")
