"""metrics: the numbers of a show, built from its ledger and asked in SQL."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from studio.cli.showing import ShowFolder, console
from studio.errors import MetricsError
from studio.metrics.building import Built, Warehouse
from studio.metrics.building import build as build_tables
from studio.metrics.querying import Answer
from studio.metrics.querying import query as ask
from studio.metrics.tables import tables as known_tables
from studio.story.reading import nearest
from studio.story.show import open_show

ROWS = 200
WIDE = 10_000
"""Characters that a row may take: a terminal wraps it, and a pager or a pipe gets it whole."""
_SUMMARY = """
select coalesce(sum(takes), 0)::bigint, coalesce(sum(failures), 0)::bigint, coalesce(sum(accepted), 0)::bigint, sum(usd),
  coalesce(sum(unpriced_attempts), 0)::bigint, sum(usd) / nullif(sum(accepted), 0)
from totals"""
"""Of all names under which the show's folder ever stood: the ledger is one."""
_UNPRICED = """
select distinct pool from rates where not known and valid_to is null and pool in (select pool from attempts) order by pool"""
_TORN = "select sum(torn_lines), count(*) filter (torn_lines > 0) from ledger_files"

metrics = typer.Typer(no_args_is_help=True, help="""What every accepted picture cost, and all other numbers, as tables.

They stand in out/metrics.duckdb, a copy that any program may keep open while the next one is built.

Examples:
  genga metrics build

  genga metrics query "select cause, sum(usd) from takes group by cause"

  genga metrics tables panel_costs
""")


@metrics.command()
def build(
    show: ShowFolder,
    full: Annotated[bool, typer.Option("--full", help="Read the whole ledger again, not only what is new.")] = False,
) -> None:
    """Make the tables from the ledger, check them against it, and publish them. Needs no services.

    Examples:
      genga metrics build           reads what is new

      genga metrics build --full    reads everything
    """
    opened = open_show(show)
    with console.status("reading the ledger …"):
        built = build_tables(opened, full)
    built.check()
    _tell(built)


@metrics.command()
def query(
    show: ShowFolder,
    sql: Annotated[str, typer.Argument(help="A question in DuckDB's SQL.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Rows as JSON, for programs.")] = False,
    everything: Annotated[bool, typer.Option("--all", help=f"More than {ROWS} rows, too.")] = False,
) -> None:
    """Ask the published tables; nothing can be changed by it.

    Examples:
      genga metrics query "from panel_costs"

      genga metrics query "select stage, success from stage_success order by success"

      genga metrics query --json "from totals" | jq .[0].usd
    """
    answer = ask(Warehouse(open_show(show)).published, sql, None if everything or as_json else ROWS)
    if as_json:
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        typer.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    _print(answer)


@metrics.command()
def tables(
    name: Annotated[str | None, typer.Argument(help="A table, to see its columns.", show_default=False)] = None,
    _show: Annotated[Path | None, typer.Option("--show", "-s", envvar="GENGA_SHOW", show_default=False,
                                               help="Makes no difference: every show has the same tables.")] = None,
) -> None:
    """Say which tables there are, or what the columns of one mean.

    Examples:
      genga metrics tables

      genga metrics tables takes
    """
    known = {table.name: table for table in known_tables() if table.is_mart}
    if name is not None and name not in known:
        raise MetricsError(f"there is no table '{name}'", field="NAME", remedy=nearest(name, known))
    rows = known[name].columns.items() if name else [(table.name, table.description) for table in known.values()]
    if name:
        console.print(escape(known[name].description) + "\n", soft_wrap=True)
    grid = Table(box=None, pad_edge=False, show_header=False)
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(*map(escape, row))
    console.print(grid)


def _tell(built: Built) -> None:
    place = built.warehouse.published
    [[takes, failures, accepted, usd, unpriced, each]] = ask(place, _SUMMARY).rows
    tests = sum(result.is_test for result in built.results)
    console.print(f"{len(built.results) - tests} tables, {tests} checks hold, {built.seconds:.1f} s: ", end="")
    console.print(str(place), markup=False, soft_wrap=True)
    console.print(f"{_count(takes, 'take')}, {_count(failures, 'failure')}, {accepted} accepted; {_money(usd)} in all"
                  + (f", {_money(each)} for each accepted take" if each is not None else ""))
    torn, files = ask(place, _TORN).rows[0]
    if torn:
        typer.echo(f"warning: {_count(torn, 'torn line')} in {_count(files, 'ledger file')} skipped", err=True)
    if unpriced:
        pools = ", ".join(str(row[0]) for row in ask(place, _UNPRICED).rows)
        still = f" and still names none for {pools}" if pools else ""
        typer.echo(f"warning: the cost of {_count(unpriced, 'attempt')} is not known, and not in these sums: "
                   f"show.yaml named no rate for the pool{still}", err=True)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _money(usd: float | None) -> str:
    return "an unknown cost" if usd is None else f"${usd:.5f}" if usd < 1 else f"${usd:,.2f}"


def _print(answer: Answer) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(answer.columns):
        number = all(isinstance(row[i], int | float) for row in answer.rows if row[i] is not None)
        table.add_column(Text(column), justify="right" if number and answer.rows else "left", no_wrap=True)
    for row in answer.rows:
        table.add_row(*(Text(_shown(value)) for value in row))
    Console(highlight=False, width=WIDE).print(table)
    if answer.more:
        console.print(f"… and more than {ROWS} rows; --all shows them")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return value.isoformat() if isinstance(value, date) else str(value)
