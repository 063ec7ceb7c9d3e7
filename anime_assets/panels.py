"""Panels: every panel of a page as a picture, drawn by a model from its recipe."""

import dagster as dg

from anime_assets.metadata import GATE_CHECKS, check_specs
from anime_assets.work import GridWork, make_cells
from partitions.grid import lineage_only, panel_grid
from resources.show import ShowResource
from studio.judge.checks import CHECKS


@dg.multi_asset(
    name="panels", pool="image", can_subset=True, backfill_policy=dg.BackfillPolicy.single_run(),
    specs=[dg.AssetSpec(
        "panels", group_name="panels", partitions_def=panel_grid, kinds={"png"}, skippable=True,
        description="A picture per panel. A recipe rendered before is found, never rendered twice.",
        deps=[dg.AssetDep("storyboards", partition_mapping=lineage_only)],
    )],
    check_specs=check_specs("panels", CHECKS, GATE_CHECKS),
)
def panels(context: dg.AssetExecutionContext, config: GridWork, show: ShowResource):
    """One asset, declared as several because `asset` demands a whole-range output once it has checks."""
    from studio.production.panels import make_panels

    yield from make_cells(context, config, show, make_panels)
