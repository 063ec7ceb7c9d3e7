"""report: a show's numbers as one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.showing import ShowFolder, console
from studio.production.opening import open_production


def report(
    show: ShowFolder,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; out/report.html when left out.",
                                             show_default=False)] = None,
    build: Annotated[bool, typer.Option(help="Bring the tables up to date first.")] = True,
) -> None:
    """Write one HTML file with contact sheets, acceptance, cost by cause, waits, utilisation, budget and reuse.

    It needs nothing but a browser: no network, no other file.

    Examples:
      genga report

      genga report --out report-2026-12.html --no-build
    """
    from studio.metrics.building import Warehouse
    from studio.metrics.building import build as build_tables
    from studio.metrics.reporting import make_report
    from studio.store.artifacts import write_atomically

    production = open_production(show)
    if build:
        with console.status("Building the tables …"):
            build_tables(production.show).check()
    file = out or production.show.out / "report.html"
    write_atomically(file, make_report(production, Warehouse(production.show).published).encode())
    console.print(str(file), markup=False, soft_wrap=True)
