"""Cells: where a storyboard's pictures stand in Dagster's grids: page by slot, and shot by slot."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from studio.plan.history import INGREDIENTS, Stage
from studio.story.shots import MAX_KEYFRAMES
from studio.story.storyboard import MAX_PANELS, Storyboard, keyframe_unit, page_unit, panel_unit, shot_unit

Kind = Literal["pages", "shots"]
"""What a grid's places are; also the name of their dynamic partitions."""
SLOTS = tuple(f"{n:02d}" for n in range(1, MAX_PANELS + 1))
"""Positions in reading order. A slot is a place for the UI; identity is the unit's id."""
SHOT_SLOTS = tuple(f"{n:02d}" for n in range(1, MAX_KEYFRAMES + 1))
"""Positions of keyframes in their shot; gap i, after keyframe i, has the same slot."""
PER_SHOT: tuple[Stage, ...] = (*INGREDIENTS, "keyframe", "inbetween", "inbetween_final", "voice", "clip")
DEAR: tuple[Stage, ...] = ("panel", "keyframe", "inbetween")
"""Stages that a model draws."""
RUN_SECONDS = 600.0
"""Device seconds that a run over several places may be expected to take: whatever is more urgent waits for no more than that."""
BRIDGED = 4
"""Most places between two that one run takes along: telling again that a page is up to date costs a second, a second run ten."""
NOTHING: Mapping[str, float] = {}
GAPS = ("inbetween", "inbetween_final")


@dataclass(frozen=True)
class Order:
    """Partitions in the order in which they were added: ranges are contiguous in it."""

    pages: Sequence[str] = ()
    shots: Sequence[str] = ()
    apart: bool = False
    """What a model draws is asked for page by page: a budget may be reached between two runs, not within one."""

    def of(self, stage: Stage) -> Sequence[str]:
        """The places among which a stage's ranges run."""
        return self.shots if stage in PER_SHOT else self.pages

    def around(self, place: str) -> Sequence[str]:
        """The list that holds this page or shot; empty for one that is gone."""
        return next((places for places in (self.pages, self.shots) if place in places), ())


def cell_key(place: str, slot: str) -> str:
    """Partition key of a cell, `01.p01|03`: the dimensions in alphabetical order, as Dagster writes them."""
    return f"{place}|{slot}"


def place_of(cell: str) -> str:
    """The page or shot of a cell: `01.p01`."""
    return cell.rsplit("|", 1)[0]


def episode_of(place: str) -> str:
    """The episode of a page, a shot or a unit on one: ids hold no dot, so it ends at the first one."""
    return place.split(".", 1)[0]


def units_by_place(board: Storyboard, kind: Kind, stage: Stage | None = None) -> dict[str, list[str]]:
    """Page -> its panels, or shot -> its keyframes (its gaps for a stage between keyframes), in the order of slots."""
    if kind == "pages":
        return {page_unit(board, page): [panel_unit(board, panel) for panel in page.panels] for page in board.pages}
    keyframes = {shot_unit(board, s): [keyframe_unit(board, s, k) for k in s.keyframes] for s in board.shots}
    return {shot: units[:-1] for shot, units in keyframes.items()} if stage in GAPS else keyframes


def cells_of(board: Storyboard, kind: Kind = "pages", stage: Stage | None = None) -> dict[str, str]:
    """Cell -> unit, for every picture of the episode in that grid."""
    slots = SLOTS if kind == "pages" else SHOT_SLOTS
    return {
        cell_key(place, slot): unit
        for place, units in units_by_place(board, kind, stage).items() for slot, unit in zip(slots, units, strict=False)
    }


def absent_cells(board: Storyboard, kind: Kind = "pages", stage: Stage | None = None) -> list[str]:
    """Cells of the episode's pages or shots that hold nothing."""
    full = cells_of(board, kind, stage)
    slots = SLOTS if kind == "pages" else SHOT_SLOTS
    grid = (cell_key(place, slot) for place in units_by_place(board, kind, stage) for slot in slots)
    return [cell for cell in grid if cell not in full]


@dataclass(frozen=True)
class Span:
    """Neighbouring partitions, first and last included."""

    first: str
    last: str

    def cells(self, most: int) -> "Span":
        """The block of cells over these places, slots 01 to `most`."""
        return Span(cell_key(self.first, SHOT_SLOTS[0]), cell_key(self.last, SHOT_SLOTS[most - 1]))


def spans_of(
    wanted: Iterable[str], order: Order, stage: Stage, seconds: Mapping[str, float] = NOTHING, between: Collection[str] = ()
) -> Iterator[Span]:
    """`wanted` as the spans in which a stage is asked for. seconds, between: as for `spans`."""
    known = order.of(stage)
    if order.apart and stage in DEAR:
        yield from (Span(place, place) for place in known if place in set(wanted))
    else:
        yield from spans(wanted, known, seconds, between)


def spans(
    wanted: Iterable[str], order: Sequence[str], seconds: Mapping[str, float] = NOTHING, between: Collection[str] = ()
) -> Iterator[Span]:
    """`wanted` as the fewest spans: a span is contiguous in `order`, the order in which partitions were added, and is expected to
    take no longer than RUN_SECONDS unless it is a single place.

    seconds: what each place is expected to take. between: places that a span may take along though nobody wants them.
    """
    known = {key: i for i, key in enumerate(order)}
    places = sorted(known[key] for key in set(wanted))
    start, spent = 0, 0.0
    for i, place in enumerate(places):
        spent += seconds.get(order[place], 0.0)
        following = places[i + 1] if i + 1 < len(places) else None
        if following is None or not _joined(order[place + 1 : following], between) \
                or spent + seconds.get(order[following], 0.0) > RUN_SECONDS:
            yield Span(order[places[start]], order[place])
            start, spent = i + 1, 0.0


def _joined(gap: Sequence[str], between: Collection[str]) -> bool:
    return not gap or (len(gap) <= BRIDGED and all(place in between for place in gap))
