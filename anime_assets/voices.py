"""Voices: the lines of a shot, spoken."""

import dagster as dg

from anime_assets.work import report_sheets
from partitions import grid
from resources.show import ShowResource


@dg.asset(
    group_name="sound", partitions_def=grid.shots, pool="post", kinds={"wav"}, output_required=False,
    deps=[dg.AssetDep("storyboards", partition_mapping=grid.lineage_only)],
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def voices(context: dg.AssetExecutionContext, show: ShowResource):
    """All lines of a shot in every language: recorded where there is a file, synthetic elsewhere."""
    from studio.production.films import make_voices

    yield from report_sheets(context, show, make_voices, of_place=True)
