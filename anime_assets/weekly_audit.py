"""Weekly audit: what seven days came to, beside the seven before, with its key figures where the Dagster UI draws them."""

import dagster as dg

from anime_assets.metrics import GROUP
from resources.show import ShowResource

TABLES = ("totals", "takes", "attempts")


@dg.asset(group_name=GROUP, kinds={"html"}, deps=[dg.AssetKey([GROUP, table]) for table in TABLES])
def weekly_audit(show: ShowResource):
    """Acceptance and cost against the week before, drift of looks, slowest units, dead storage; out/audits/DAY.html.

    It tells what is dead and deletes nothing. `genga audit` writes the same page.
    """
    from studio.metrics.auditing import audit, audit_file
    from studio.metrics.building import Warehouse
    from studio.store.writing import write_atomically

    production = show.open()
    found = audit(production, Warehouse(production.show).published)
    file = audit_file(production.show, found)
    write_atomically(file, found.html().encode())
    return dg.MaterializeResult(metadata={
        "report": dg.MetadataValue.path(str(file)), **found.figures(),
        "to_look_at": dg.MetadataValue.md("\n".join(f"- {one}" for one in found.remarks()) or "nothing"),
    })
