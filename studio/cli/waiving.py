"""waive: a stale unit may stay as it is until a day; who said so and why is kept."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from studio.cli.showing import ShowFolder, console
from studio.errors import ReviewError
from studio.production.opening import Production, open_production
from studio.review.signing import cleaned, default_reviewer
from studio.story.boards import units_of

Unit = Annotated[str, typer.Argument(metavar="[UNIT]", help="A panel, keyframe or line; or a page, shot or episode with all that "
                                     "stands in it. Left out: list what is waived.", show_default=False)]
Until = Annotated[str, typer.Option("--until", metavar="DATE", help="Last day on which it holds (UTC), as 2026-07-01.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why it may stay as it is.")]
Undo = Annotated[bool, typer.Option("--undo", help="Take the waiver of this unit back.")]
By = Annotated[str, typer.Option(envvar="GENGA_REVIEWER", default_factory=default_reviewer, show_default="your user name",
                                 help="Who says so.")]


def waive(show: ShowFolder, by: By, unit: Unit = "", until: Until = "", why: Why = "", undo: Undo = False) -> None:
    """Let a stale unit stay as it is until a day: the plan tells of it and neither prices nor draws it.

    Once the day is over it is stale as if nothing had been said.

    Examples:
      genga waive 01.river --until 2026-07-01 --why "printed already"

      genga waive 01 --until 2026-12-31 --why "the book is out; next edition"

      genga waive 01.river --undo

      genga waive                          what is waived
    """
    from studio.production import waiving

    production, name = open_production(show), cleaned(by)
    if not unit:
        given = [option for option, value in (("--until", until), ("--why", why), ("--undo", undo)) if value]
        if given:
            raise ReviewError(f"{given[0]} speaks of no unit", field="UNIT", remedy="Name a unit first: genga waive 01.river …")
        _list(production)
    elif undo:
        past = waiving.lift(production, unit, name)
        console.print(f"{unit}: taken back ({past})", markup=False, soft_wrap=True)
    else:
        made = waiving.waive(production, unit, until, why, name)
        console.print(f"{unit}: {made}", markup=False, soft_wrap=True)
        _tell_what_it_keeps(production, unit)


def _list(production: Production) -> None:
    waivers = sorted(production.history().waivers.values(), key=lambda waiver: (waiver.until, waiver.unit))
    if not waivers:
        console.print("Nothing is waived.")
        return
    known = {unit for board in production.boards() for unit in units_of(board)}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("unit", "until", "by", "why"):
        table.add_column(column, overflow="fold")
    for waiver in waivers:
        gone = "" if waiver.unit in known else " (in no storyboard any more: deleted or renamed)"
        table.add_row(Text(waiver.unit), waiver.until, Text(waiver.by), Text(f"{waiver.why}{gone}"))
    console.print(table)


def _tell_what_it_keeps(production: Production, unit: str) -> None:
    """What the waiver holds back today."""
    boards = production.boards(unit.split(".", 1)[0])
    steps = [step for plan in production.plans(boards) for step in plan.steps
             if unit in (step.unit, step.place, step.unit.split(".", 1)[0])]
    kept = [step.key for step in steps if step.waiver]
    missing = [step.key for step in steps if step.state == "missing"]
    if kept:
        console.print(f"It stays as it is: {', '.join(kept)}.", markup=False, soft_wrap=True)
    else:
        console.print("Nothing of it is stale today; what becomes stale until then stays as it is.")
    if missing:
        console.print(f"Not made yet, and made all the same: {', '.join(missing)}.", markup=False, soft_wrap=True)
