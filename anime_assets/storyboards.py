"""Storyboards: what the author wrote, checked."""

import dagster as dg

from partitions import grid
from partitions.intake import enter_places, storyboard_event
from resources.show import ShowResource


@dg.asset(group_name="story", partitions_def=grid.episodes, kinds={"yaml"}, output_required=False,
          backfill_policy=dg.BackfillPolicy.single_run())
def storyboards(context: dg.AssetExecutionContext, show: ShowResource):
    """An episode's pages and panels with their ids, without an error. Enters them into the grid."""
    from studio.production.intake import read_in

    opened, run = show.open().show, show.run(context)
    for episode in context.partition_keys:
        board, event = read_in(opened, episode, run.trace, run.id)
        enter_places(context.instance, board)
        yield storyboard_event(board, event)
