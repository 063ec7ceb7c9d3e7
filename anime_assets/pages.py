"""Pages: panels laid out and lettered, in every language of the show."""

import dagster as dg

from anime_assets.work import report_sheets
from partitions import grid
from resources.show import ShowResource


@dg.asset(
    group_name="comic", partitions_def=grid.pages, pool="post", kinds={"png", "pdf"}, output_required=False,
    deps=[dg.AssetDep("panel_finals", partition_mapping=grid.page_of_cell)],
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def pages(context: dg.AssetExecutionContext, show: ShowResource):
    """A lettered page. A page with a panel that failed a blocking check is refused and stays as it was."""
    from studio.production.pages import make_pages

    yield from report_sheets(context, show, make_pages)
