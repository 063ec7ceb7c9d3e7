"""Storyboards: what the author wrote, checked."""

import dagster as dg

from partitions import grid
from partitions.intake import take_in
from resources.show import ShowResource


@dg.asset(group_name="story", partitions_def=grid.episodes, kinds={"yaml"}, output_required=False,
          backfill_policy=dg.BackfillPolicy.single_run())
def storyboards(context: dg.AssetExecutionContext, show: ShowResource):
    """An episode's pages and panels with their ids, without an error. Enters them into the grid."""
    from anime_assets.metadata import materialization, storyboard_metadata
    from studio.production.intake import read_in

    production = show.open()
    for episode in context.partition_keys:
        board, event = read_in(production, episode, show.run(context))
        take_in(context.instance, board)
        facts = storyboard_metadata(board, event)
        yield materialization(context.asset_key, episode, event.digest_of_file, facts)
