"""Clips: a shot with its effects, encoded."""

import dagster as dg

from anime_assets.metadata import GATE_CHECKS, check_specs
from anime_assets.work import report_sheets
from partitions import grid
from resources.show import ShowResource
from studio.judge.sequences import CLIP_CHECKS


@dg.multi_asset(
    name="clips", pool="post", can_subset=True, backfill_policy=dg.BackfillPolicy.single_run(),
    specs=[dg.AssetSpec(
        "clips", group_name="shots", partitions_def=grid.shots, kinds={"mp4"}, skippable=True,
        description="One file per shot, to the frame as long as planned.",
        deps=[dg.AssetDep("inbetween_finals", partition_mapping=grid.shot_of_cell)],
    )],
    check_specs=check_specs("clips", CLIP_CHECKS, GATE_CHECKS),
)
def clips(context: dg.AssetExecutionContext, show: ShowResource):
    """Declared as several for the same reason as keyframes."""
    from studio.production.films import make_clips

    yield from report_sheets(context, show, make_clips)
