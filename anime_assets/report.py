"""Report: what the numbers come to, as one HTML file, and its plots where the Dagster UI shows them."""

import base64
from typing import TYPE_CHECKING

import dagster as dg

from anime_assets.metrics import GROUP
from resources.show import ShowResource

if TYPE_CHECKING:
    from pathlib import Path

    from anime_assets.metadata import Facts

TABLES = ("totals", "takes", "panel_costs", "film_costs", "acceptance", "runs", "utilisation", "reuse", "stage_success", "days",
          "budget", "deliveries")
MOST_CHARACTERS = 90_000
"""Of all plots of one event: every build leaves one behind for good, and the UI reads them all."""


@dg.asset(group_name=GROUP, kinds={"html"}, deps=[dg.AssetKey([GROUP, table]) for table in TABLES])
def report(show: ShowResource):
    """What everything cost and yielded; the same page that `genga report` writes to out/report.html.

    Enters nothing into the ledger: its own line would make the numbers old again.
    """
    from studio.metrics.building import Warehouse
    from studio.metrics.diagnosing import diagnose
    from studio.metrics.reporting import make_report
    from studio.store.writing import write_atomically

    production = show.open()
    database, file = Warehouse(production.show).published, production.show.out / "report.html"
    write_atomically(file, make_report(production, database).encode())
    wrong = [f"- **{one.ailment.name}**: {'; '.join(one.evidence())}" for one in diagnose(database)]
    return dg.MaterializeResult(metadata={
        "file": dg.MetadataValue.path(str(file)), "bytes": file.stat().st_size,
        "look_at_first": dg.MetadataValue.md("\n".join(wrong) or "nothing"), **plots_of(database),
    })


def plots_of(database: "Path") -> "Facts":
    """Title -> plot, small, as Markdown. Those that would make the event heavy are only named."""
    from studio.metrics.plots import PLOTS, draw

    shown: Facts = {}
    left_out: list[str] = []
    room = MOST_CHARACTERS
    for plot in PLOTS:
        data = base64.b64encode(draw(plot, database, "webp") or b"").decode()
        if len(data) > room:
            left_out.append(plot.title)
        elif data:
            shown[plot.title] = dg.MetadataValue.md(f"{plot.told}\n\n![{plot.title}](data:image/webp;base64,{data})")
            room -= len(data)
    return {**shown, "only_in_the_file": ", ".join(left_out)} if left_out else shown
