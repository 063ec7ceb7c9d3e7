"""audit: a show's week as one HTML file, against the week before."""

import json
from pathlib import Path
from typing import Annotated

import typer

from studio.cli.showing import ShowFolder, console
from studio.production.opening import open_production


def audit(
    show: ShowFolder,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; out/audits/DAY.html when left out.",
                                             show_default=False)] = None,
    build: Annotated[bool, typer.Option(help="Bring the tables up to date first.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")] = False,
) -> None:
    """Look at the last seven days: acceptance and cost against the week before, drift of looks, slowest units, dead storage.

    Dead storage is what is kept though nothing that lives names it. Nothing is deleted. 'genga up' audits each week by itself.

    Examples:
      genga audit

      genga audit --no-build --json | jq .dead_bytes
    """
    from studio.metrics.auditing import audit as look
    from studio.metrics.auditing import audit_file
    from studio.metrics.building import Warehouse
    from studio.metrics.building import build as build_tables
    from studio.store.writing import write_atomically

    production = open_production(show)
    if build:
        with console.status("Building the tables …"):
            build_tables(production.show).check()
    found = look(production, Warehouse(production.show).published)
    file = out or audit_file(production.show, found)
    write_atomically(file, found.html().encode())
    if as_json:
        typer.echo(json.dumps({**found.figures(), "remarks": found.remarks(), "file": str(file)}, ensure_ascii=False))
        return
    for name, value, told in found.facts():
        console.print(f"{name:18} {value:>10}  {told}", markup=False, soft_wrap=True)
    for remark in found.remarks():
        console.print(f"! {remark}", markup=False, soft_wrap=True, style="yellow")
    console.print(str(file), markup=False, soft_wrap=True)
