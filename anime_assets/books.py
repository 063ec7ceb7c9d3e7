"""Books: an episode bound for readers, one in each language."""

import dagster as dg

from anime_assets.work import report_sheets
from partitions import grid
from resources.show import ShowResource


@dg.asset(
    group_name="comic", partitions_def=grid.episodes, pool="post", kinds={"pdf"}, output_required=False,
    deps=[dg.AssetDep("pages", partition_mapping=grid.lineage_only)],
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def books(context: dg.AssetExecutionContext, show: ShowResource):
    """CBZ, PDF, spreads and strip in out/books/."""
    from studio.production.pages import make_books

    yield from report_sheets(context, show, make_books)
