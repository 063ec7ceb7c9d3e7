"""Pages: panels laid out and lettered, in every language of the show."""

import dagster as dg

from anime_assets.metadata import GATE_CHECKS, check_specs
from anime_assets.work import report_sheets
from partitions import grid
from resources.show import ShowResource


@dg.multi_asset(
    name="pages", pool="post", can_subset=True, backfill_policy=dg.BackfillPolicy.single_run(),
    specs=[dg.AssetSpec(
        "pages", group_name="comic", partitions_def=grid.pages, kinds={"png", "pdf"}, skippable=True,
        description="A lettered page. A page with a panel that failed a blocking check is refused and stays as it was.",
        deps=[dg.AssetDep("panel_finals", partition_mapping=grid.page_of_cell)],
    )],
    check_specs=check_specs("pages", GATE_CHECKS),
)
def pages(context: dg.AssetExecutionContext, show: ShowResource):
    """Declared as several for the same reason as panels."""
    from studio.production.pages import make_pages

    yield from report_sheets(context, show, make_pages)
