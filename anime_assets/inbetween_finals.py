"""Inbetween finals: the frames of the gaps, ready for the film."""

import dagster as dg

from anime_assets.metadata import check_specs
from anime_assets.work import GridWork, make_cells
from partitions.grid import shot_grid
from resources.show import ShowResource
from studio.judge.sequences import SEQUENCE_CHECKS


@dg.multi_asset(
    name="inbetween_finals", pool="post", can_subset=True, backfill_policy=dg.BackfillPolicy.single_run(),
    specs=[dg.AssetSpec(
        "inbetween_finals", group_name="shots", partitions_def=shot_grid, kinds={"mkv"}, skippable=True,
        description="The frames at their final size, cleaned and sharpened.",
        deps=[dg.AssetDep("inbetweens")],
    )],
    check_specs=check_specs("inbetween_finals", SEQUENCE_CHECKS),
)
def inbetween_finals(context: dg.AssetExecutionContext, config: GridWork, show: ShowResource):
    """One asset, declared as several because `asset` demands a whole-range output once it has checks."""
    from studio.production.shots import make_inbetween_finals

    yield from make_cells(context, config, show, make_inbetween_finals, "shots", "inbetween_final")
