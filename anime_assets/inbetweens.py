"""Inbetweens: what fills the gaps between keyframes."""

import dagster as dg

from anime_assets.metadata import check_specs
from anime_assets.work import GridWork, make_cells
from partitions.grid import both_keyframes, shot_grid
from resources.show import ShowResource
from studio.judge.sequences import SEQUENCE_CHECKS


@dg.multi_asset(
    name="inbetweens", pool="video", can_subset=True, backfill_policy=dg.BackfillPolicy.single_run(),
    specs=[dg.AssetSpec(
        "inbetweens", group_name="shots", partitions_def=shot_grid, kinds={"mkv"}, skippable=True,
        description="The frames from one keyframe to the next, both included.",
        deps=[dg.AssetDep("keyframes", partition_mapping=both_keyframes)],
    )],
    check_specs=check_specs("inbetweens", SEQUENCE_CHECKS),
)
def inbetweens(context: dg.AssetExecutionContext, config: GridWork, show: ShowResource):
    """One asset, declared as several because `asset` demands a whole-range output once it has checks."""
    from studio.production.shots import make_inbetweens

    yield from make_cells(context, config, show, make_inbetweens, "shots", "inbetween")
