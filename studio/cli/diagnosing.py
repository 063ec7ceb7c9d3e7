"""diagnose: what costs time and money, with the evidence and the first fix."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from studio.cli.showing import ShowFolder, console
from studio.story.show import open_show

if TYPE_CHECKING:
    from studio.metrics.diagnosing import Ailment


def diagnose(
    show: ShowFolder,
    sql: Annotated[bool, typer.Option("--sql", help="Show the question behind every finding; without any, all of them.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")] = False,
) -> None:
    """Look for the known ways to lose time and money: busy but slow, low utilisation, failures, runaway cost, hard to trace.

    Answers from the tables that 'genga metrics build' made.

    Examples:
      genga metrics build && genga diagnose

      genga diagnose --sql
    """
    from studio.metrics.building import Warehouse
    from studio.metrics.diagnosing import AILMENTS
    from studio.metrics.diagnosing import diagnose as look
    from studio.metrics.querying import query

    database = Warehouse(open_show(show)).published
    found = look(database)
    if as_json:
        typer.echo(json.dumps([
            {"name": one.ailment.name, "symptom": one.ailment.symptom, "evidence": one.evidence(), "fix": one.ailment.fix,
             "sql": one.ailment.sql} for one in found
        ], ensure_ascii=False))
        return
    for one in found:
        console.print(f"[bold]{one.ailment.name}[/]: {one.ailment.symptom}", soft_wrap=True)
        for line in one.evidence():
            console.print(f"  {line}", markup=False, soft_wrap=True)
        console.print(f"  first: {one.ailment.fix}", markup=False, soft_wrap=True)
        if sql:
            _ask(one.ailment)
    if not query(database, "select 1 from attempts limit 1").rows:
        console.print("Nothing has been rendered yet: 'genga apply' does it.")
    elif not found:
        console.print(f"Nothing of the {len(AILMENTS)} known ailments: {', '.join(one.name for one in AILMENTS)}.")
        for ailment in AILMENTS if sql else ():
            console.print(f"[bold]{ailment.name}[/]", soft_wrap=True)
            _ask(ailment)


def _ask(ailment: "Ailment") -> None:
    """The question behind it; a line that is broken inside a text would be another one."""
    lines = (f"    {line.strip()}" for line in ailment.sql.splitlines())
    console.print("\n".join(lines), style="dim", markup=False, soft_wrap=True)
