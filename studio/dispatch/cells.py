"""Cells: where a storyboard's panels stand in Dagster's grid of pages and slots."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from studio.story.storyboard import MAX_PANELS, Storyboard, page_unit, panel_unit

SLOTS = tuple(f"{n:02d}" for n in range(1, MAX_PANELS + 1))
"""Positions in reading order. A slot is a place for the UI; identity is the unit's id."""


def cell_key(page: str, slot: str) -> str:
    """Partition key of a cell, `01.p01|03`: the dimensions in alphabetical order, as Dagster writes them."""
    return f"{page}|{slot}"


def page_of(cell: str) -> str:
    """The page of a cell: `01.p01`."""
    return cell.rsplit("|", 1)[0]


def episode_of(page: str) -> str:
    """The episode of a page or panel unit: ids hold no dot, so it ends at the first one."""
    return page.split(".", 1)[0]


def cells_of(board: Storyboard) -> dict[str, str]:
    """Cell -> panel unit, for every panel of the episode."""
    return {
        cell_key(page_unit(board, page), slot): panel_unit(board, panel)
        for page in board.pages for slot, panel in zip(SLOTS, page.panels, strict=False)
    }


def absent_cells(board: Storyboard) -> list[str]:
    """Cells of the episode's pages that hold no panel."""
    full = cells_of(board)
    grid = (cell_key(page_unit(board, page), slot) for page in board.pages for slot in SLOTS)
    return [cell for cell in grid if cell not in full]


@dataclass(frozen=True)
class Span:
    """Neighbouring partitions, first and last included."""

    first: str
    last: str

    def cells(self, most: int) -> "Span":
        """The block of cells over these pages, slots 01 to `most`."""
        return Span(cell_key(self.first, SLOTS[0]), cell_key(self.last, SLOTS[most - 1]))


def spans(wanted: Iterable[str], order: Sequence[str]) -> Iterator[Span]:
    """`wanted` as the fewest spans: a span is contiguous in `order`, the order in which partitions were added."""
    known = {key: i for i, key in enumerate(order)}
    places = sorted(known[key] for key in set(wanted))
    start = 0
    for i, place in enumerate(places):
        if i + 1 == len(places) or places[i + 1] != place + 1:
            yield Span(order[places[start]], order[place])
            start = i + 1
