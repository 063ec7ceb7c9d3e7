"""Intake: a storyboard is entered into the instance: its episode, its pages, and the cells that it leaves empty."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import dagster as dg

from partitions.grid import EPISODES, PAGES
from studio.dispatch.cells import absent_cells, episode_of
from studio.story.show import Pool, Show
from studio.story.storyboard import Storyboard, page_unit

if TYPE_CHECKING:
    from studio.store.events import Intake

GRID_ASSETS = (dg.AssetKey("panels"), dg.AssetKey("panel_finals"))
STORYBOARDS = dg.AssetKey("storyboards")
VERSION = "dagster/data_version"
POOLS = ("image", "video", "post", "text")


def seed_pools(instance: dg.DagsterInstance, show: Show) -> None:
    """Give every pool its limit: dagster.yaml cannot hold them, and a pool without one does not hold runs back."""
    known = {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}
    for name in POOLS:
        limit = show.settings.pools.get(name, Pool()).limit
        if known.get(name) != limit:
            instance.event_log_storage.set_concurrency_slots(name, limit)


def take_in(instance: dg.DagsterInstance, show: Show, episode: str, trace: str = "") -> Storyboard:
    """Read an episode and report it: the storyboard itself, its pages, and the cells that hold no panel.

    Pages that it lost are dropped. May be called again for the same file: nothing is entered twice.
    Raises StoryError, LetteringErrors.
    """
    from studio.production.intake import read_in

    board, event = read_in(show, episode, trace)
    enter_pages(instance, board)
    last = instance.get_latest_data_version_record(STORYBOARDS, partition_key=episode)
    known = last.asset_materialization if last else None
    if not known or (known.tags or {}).get(VERSION) != event.digest_of_file:
        instance.report_runless_asset_event(storyboard_event(board, event))
    return board


def storyboard_event(board: Storyboard, event: "Intake") -> dg.AssetMaterialization:
    """What people read about a storyboard: how much there is to draw."""
    panels = [panel for page in board.pages for panel in page.panels]
    return dg.AssetMaterialization(
        STORYBOARDS, partition=board.episode, tags={VERSION: event.digest_of_file},
        metadata={"file": event.file, "pages": len(board.pages), "panels": len(panels),
                  "balloons": sum(len(panel.balloons) for panel in panels)},
    )


def enter_pages(instance: dg.DagsterInstance, board: Storyboard) -> None:
    """Add the episode and its pages, drop pages that it lost, report the cells that hold no panel."""
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
    return dg.AssetMaterialization(asset, partition=cell, metadata={"absent": True}, tags={VERSION: "absent"})


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
