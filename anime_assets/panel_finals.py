"""Panel finals: the picked panels at print size."""

import dagster as dg

from anime_assets.work import GridWork, make_cells
from partitions.grid import panel_grid
from resources.show import ShowResource


@dg.asset(
    group_name="panels", partitions_def=panel_grid, pool="post", kinds={"png"}, output_required=False,
    deps=["panels"], backfill_policy=dg.BackfillPolicy.single_run(),
)
def panel_finals(context: dg.AssetExecutionContext, config: GridWork, show: ShowResource):
    """The picked take of each panel, upscaled."""
    from studio.production.panels import make_finals

    yield from make_cells(context, config, show, make_finals)
