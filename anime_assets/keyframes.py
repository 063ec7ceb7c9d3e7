"""Keyframes: the drawings that a shot is led through."""

import dagster as dg

from anime_assets.metadata import GATE_CHECKS, check_specs
from anime_assets.work import GridWork, make_cells
from partitions.grid import lineage_only, shot_grid
from resources.show import ShowResource
from studio.judge.sequences import KEYFRAME_CHECKS


@dg.multi_asset(
    name="keyframes", pool="image", can_subset=True, backfill_policy=dg.BackfillPolicy.single_run(),
    specs=[dg.AssetSpec(
        "keyframes", group_name="shots", partitions_def=shot_grid, kinds={"png"}, skippable=True,
        description="A picture per keyframe. One that a blocking check refuses stops its shot: nothing after it is spent.",
        deps=[dg.AssetDep("storyboards", partition_mapping=lineage_only)],
    )],
    check_specs=check_specs("keyframes", KEYFRAME_CHECKS, GATE_CHECKS),
)
def keyframes(context: dg.AssetExecutionContext, config: GridWork, show: ShowResource):
    """One asset, declared as several because `asset` demands a whole-range output once it has checks."""
    from studio.production.shots import make_keyframes

    yield from make_cells(context, config, show, make_keyframes, "shots", "keyframe")
