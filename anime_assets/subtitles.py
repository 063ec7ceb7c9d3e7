"""Subtitles: what is said in an episode, and when."""

import dagster as dg

from anime_assets.work import report_sheets
from partitions import grid
from resources.show import ShowResource


@dg.asset(
    group_name="film", partitions_def=grid.episodes, pool="post", kinds={"srt"}, output_required=False,
    deps=[dg.AssetDep("voices", partition_mapping=grid.lineage_only)],
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def subtitles(context: dg.AssetExecutionContext, show: ShowResource):
    """.srt and .ass in out/films/."""
    from studio.production.films import make_subtitles

    yield from report_sheets(context, show, make_subtitles)
