"""budget: what show and episodes may spend, have spent, and a higher ceiling."""

import os
from getpass import getuser
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from studio.cli.showing import ShowFolder, console
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
    to: Annotated[float, typer.Option("--to", help="The new ceiling in USD, of everything spent from the beginning on.",
                                      show_default=False)],
    scope: Annotated[str, typer.Argument(help="An episode, or the whole show.")] = SHOW,
    why: Annotated[str, typer.Option(help="Why; kept in the ledger.")] = "",
    by: Annotated[str, typer.Option("--by", envvar="GENGA_REVIEWER", help="Who says so; your user name when left out.")] = "",
) -> None:
    """Set another ceiling. Renders that wait for it go on by themselves; a lower one holds them.

    Examples:
      genga budget raise --to 120

      genga budget raise 01 --to 25 --why "two more pages"
    """
    from studio.production.budgets import raise_budget

    production = open_production(context.obj)
    account = raise_budget(production, scope, to, by or _user(), why)
    console.print(f"{scope}: ${account.spent:.4f} of ${account.ceiling or 0:.4f} spent. "
                  + ("Renders are still held." if account.reached else "Held renders go on within seconds."))


def _show(production: Production) -> None:
    from studio.production.budgets import accounts_of

    history = production.ledger.history()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("budget", "spent", "ceiling", "", ""):
        table.add_column(column, justify="right" if column in ("spent", "ceiling") else "left")
    for account in accounts_of(production, history):
        ceiling = f"${account.ceiling:.4f}" if account.ceiling is not None else "none"
        table.add_row(account.scope, f"${account.spent:.4f}", ceiling, _bar(account), "held" if account.reached else "")
    console.print(table)
    for account in accounts_of(production, history):
        if account.reached:
            console.print(f"held: {account.why}", markup=False, soft_wrap=True)


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
