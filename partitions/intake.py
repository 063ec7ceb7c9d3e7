"""Intake: a storyboard is entered into the instance: its episode, pages and shots, and the cells that it leaves empty."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import dagster as dg

from partitions.grid import EPISODES, PAGES, SHOTS
from studio.dispatch.cells import Kind, absent_cells, episode_of
from studio.dispatch.submissions import ASSETS
from studio.plan.history import Stage
from studio.story.prices import POOLS, Pool
from studio.story.show import Show
from studio.story.storyboard import Storyboard, page_unit, shot_unit

if TYPE_CHECKING:
    from studio.store.events import Intake

GRID_ASSETS: tuple[tuple[Kind, Stage], ...] = (
    ("pages", "panel"), ("pages", "final"), ("shots", "keyframe"), ("shots", "inbetween"), ("shots", "inbetween_final"),
)
"""Grid and stage of every asset with cells."""
STORYBOARDS = dg.AssetKey("storyboards")
VERSION = "dagster/data_version"
WRITER = "duckdb"
"""Pool of the one writer of metrics.duckdb; no show may widen it."""


def seed_pools(instance: dg.DagsterInstance, show: Show) -> None:
    """Give every pool its limit: dagster.yaml cannot hold them, and a pool without one does not hold runs back."""
    known = {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}
    for name in POOLS:
        limit = show.settings.pools.get(name, Pool()).limit
        if name == "image":  # pictures of all pools are drawn by the same assets; the queue counts each pool's runs by their tags
            limit += sum(show.shards.values())
        if known.get(name) != limit:
            instance.event_log_storage.set_concurrency_slots(name, limit)
    if known.get(WRITER) != 1:
        instance.event_log_storage.set_concurrency_slots(WRITER, 1)


def take_in(instance: dg.DagsterInstance, show: Show, episode: str, trace: str = "") -> Storyboard:
    """Read an episode and report it: the storyboard itself, its pages and shots, and the cells that hold nothing.

    Pages and shots that it lost are dropped. May be called again for the same file: nothing is entered twice.
    Raises StoryError, LetteringErrors.
    """
    from studio.production.intake import read_in

    board, event = read_in(show, episode, trace)
    enter_places(instance, board)
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
                  "balloons": sum(len(panel.balloons) for panel in panels), "shots": len(board.shots),
                  "keyframes": sum(len(shot.keyframes) for shot in board.shots),
                  "lines": sum(len(shot.lines) for shot in board.shots)},
    )


def enter_places(instance: dg.DagsterInstance, board: Storyboard) -> None:
    """Add the episode, its pages and its shots, drop those that it lost, report the cells that hold nothing."""
    instance.add_dynamic_partitions(EPISODES, [board.episode])
    _enter(instance, PAGES, board.episode, [page_unit(board, page) for page in board.pages])
    _enter(instance, SHOTS, board.episode, [shot_unit(board, shot) for shot in board.shots])
    for kind, stage in GRID_ASSETS:
        asset = dg.AssetKey(ASSETS[stage])
        for cell in _unreported(instance, asset, absent_cells(board, kind, stage)):
            instance.report_runless_asset_event(absent(asset, cell))


def _enter(instance: dg.DagsterInstance, name: str, episode: str, wanted: list[str]) -> None:
    known = instance.get_dynamic_partitions(name)
    instance.add_dynamic_partitions(name, [place for place in wanted if place not in known])
    for place in known:
        if episode_of(place) == episode and place not in wanted:
            instance.delete_dynamic_partition(name, place)


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
