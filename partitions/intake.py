"""Intake: a storyboard's pages and cells are entered into the instance, and the cells that it leaves empty."""

from collections.abc import Iterable

import dagster as dg

from partitions.grid import EPISODES, PAGES
from studio.dispatch.cells import absent_cells, episode_of
from studio.story.show import Pool, Show
from studio.story.storyboard import Storyboard, page_unit

GRID_ASSETS = (dg.AssetKey("panels"), dg.AssetKey("panel_finals"))
POOLS = ("image", "video", "post", "text")


def seed_pools(instance: dg.DagsterInstance, show: Show) -> None:
    """Give every pool its limit: dagster.yaml cannot hold them, and a pool without one does not hold runs back."""
    known = {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}
    for name in POOLS:
        limit = show.settings.pools.get(name, Pool()).limit
        if known.get(name) != limit:
            instance.event_log_storage.set_concurrency_slots(name, limit)


def take_in(instance: dg.DagsterInstance, board: Storyboard) -> None:
    """Add the episode and its pages, drop pages that it lost, and report the cells that hold no panel.

    May be called again for the same board: nothing is entered twice.
    """
    wanted = [page_unit(board, page) for page in board.pages]
    known = instance.get_dynamic_partitions(PAGES)
    instance.add_dynamic_partitions(EPISODES, [board.episode])
    instance.add_dynamic_partitions(PAGES, [page for page in wanted if page not in known])
    for page in known:
        if episode_of(page) == board.episode and page not in wanted:
            instance.delete_dynamic_partition(PAGES, page)
    for asset in GRID_ASSETS:
        for cell in _unreported(instance, asset, absent_cells(board)):
            instance.report_runless_asset_event(absent(asset, cell))


def absent(asset: dg.AssetKey, cell: str) -> dg.AssetMaterialization:
    """A cell without a panel counts as made, so that automation over the grid does not wait for it."""
    return dg.AssetMaterialization(asset, partition=cell, metadata={"absent": True}, tags={"dagster/data_version": "absent"})


def _unreported(instance: dg.DagsterInstance, asset: dg.AssetKey, cells: Iterable[str]) -> list[str]:
    """Cells that are not known as absent: never seen, or last seen with a panel in them."""
    cells = list(cells)
    made = instance.get_materialized_partitions(asset)
    once = [cell for cell in cells if cell in made]
    last: dict[str, bool] = {}
    for i in range(0, len(once), 500):
        records = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset, asset_partitions=once[i : i + 500]), limit=10_000
        ).records
        for record in records:  # newest first
            event = record.asset_materialization
            if event and record.partition_key:
                last.setdefault(record.partition_key, "absent" in event.metadata)
    return [cell for cell in cells if not last.get(cell, False)]
