"""budget: what show and episodes may spend, have spent, and a higher ceiling."""

import os
from getpass import getuser
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from studio.cli.showing import ShowFolder, console
from studio.errors import BudgetError
from studio.plan.budget import SHOW, Account
from studio.production.opening import Production, open_production

app = typer.Typer()
BAR = 20


@app.callback(invoke_without_command=True)
def budget(context: typer.Context, show: ShowFolder) -> None:
    """Show what the show and its episodes have spent, and their ceilings; a higher one lets held renders go on.

    Examples:
      genga budget

      genga budget raise 01 --to 25 --why "two more pages"
    """
    context.obj = show
    if context.invoked_subcommand is None:
        _show(open_production(show))


@app.command("raise")
def raise_(
    context: typer.Context,
    scope: Annotated[str, typer.Argument(help="An episode, or the whole show.")] = SHOW,
    to: Annotated[float | None, typer.Option("--to", help="The new ceiling in USD, of everything spent from the beginning on.",
                                             show_default=False)] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back the ceiling that was set last; the one before it holds again, "
                                       "or show.yaml's.")] = False,
    why: Annotated[str, typer.Option(help="Why; kept in the ledger.")] = "",
    by: Annotated[str, typer.Option("--by", envvar="GENGA_REVIEWER", help="Who says so; your user name when left out.")] = "",
) -> None:
    """Set another ceiling. Renders that wait for it go on by themselves; a lower one holds them.

    Examples:
      genga budget raise --to 120

      genga budget raise 01 --to 25 --why "two more pages"

      genga budget raise 01 --undo
    """
    from studio.production.budgets import raise_budget, take_back

    if undo == (to is not None):
        raise BudgetError("either a new ceiling or none is wanted", field="--to",
                          remedy="Give one, as in 'genga budget raise --to 120', or --undo alone")
    production, who = open_production(context.obj), by or _user()
    account = take_back(production, scope, who, why) if to is None else raise_budget(production, scope, to, who, why)
    ceiling = "no ceiling" if account.ceiling is None else f"a ceiling of ${account.ceiling:.4f}"
    console.print(f"{scope}: ${account.spent:.4f} spent, {ceiling}. "
                  + ("Renders are held." if account.reached else "Held renders go on within seconds."))


def _show(production: Production) -> None:
    from studio.production.budgets import accounts_of

    history = production.ledger.history()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("budget", "spent", "ceiling", "", ""):
        table.add_column(column, justify="right" if column in ("spent", "ceiling") else "left")
    found = accounts_of(production, history)
    for account in found:
        ceiling = f"${account.ceiling:.4f}" if account.ceiling is not None else "none"
        table.add_row(account.scope, f"${account.spent:.4f}", ceiling, _bar(account), "held" if account.reached else "")
    console.print(table)
    once = production.show.settings.budget.max_usd
    if once is not None:
        console.print(f"one apply: at most ${once:.2f} (budget.max_usd); a dearer plan is refused", markup=False, soft_wrap=True)
    for account in found:
        if account.reached:
            console.print(f"held: {account.why}", markup=False, soft_wrap=True)
    for account in found:
        if account.left_out:
            typer.echo(f"warning: {account.left_out}", err=True)


def _bar(account: Account) -> Text:
    if account.ceiling is None:
        return Text("")
    full = min(BAR, round(BAR * account.share))
    colour = "red" if account.reached else "yellow" if account.share >= 0.8 else "green"
    return Text.assemble(("━" * full, colour), ("─" * (BAR - full), "dim"), f" {account.share:.0%}")


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return f"user {os.getuid()}"
