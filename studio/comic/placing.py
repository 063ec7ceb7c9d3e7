"""Placing: where balloons go in a panel, so that they read in order, cover no face and never each other.

Lengths are millimetres on the page, y down.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from shapely import Polygon

from studio.comic.balloons import XY, Body, scaled
from studio.story.storyboard import Balloon

GRID = 22
"""Places tried along each side of a panel, at most."""
STEP = 1.2
"""Millimetres between two places, at least."""
APART = 1.0
"""Millimetres between two balloons, at least."""


@dataclass(frozen=True)
class Guest:
    """A balloon that wants a place."""

    index: int
    """Among the panel's balloons, in reading order."""
    balloon: Balloon
    text: str
    bodies: tuple[Body, ...]
    target: XY | None
    """Where its tail points."""
    at: XY | None
    """Where the author wants its middle."""
    share: float
    """How far along the panel it reads, 0 .. 1."""


@dataclass(frozen=True)
class Seat:
    """A balloon in its place."""

    guest: Guest
    body: Body
    em: float
    centre: XY

    @cached_property
    def outline(self) -> Polygon:
        """The balloon's body on the page, without its tail."""
        return scaled(self.body.outline, self.em, self.centre)


@dataclass(frozen=True)
class Room:
    """What a panel offers."""

    outline: Polygon
    inner: Polygon
    """Where balloons may lie."""
    faces: tuple[Polygon, ...]
    taken: tuple[Polygon, ...]
    """What others hold already."""
    forward: int
    """1 when the page reads to the right, -1 to the left."""
    spare: tuple[Polygon, ...] = field(default=())
    """Faces and tail tips that a balloon must not cover as long as there is another place."""


def seat_all(room: Room, guests: Sequence[Guest], ems: Sequence[float], strict: bool, packed: bool) -> list[Seat] | Guest:
    """A seat for every guest, or the first guest that finds none.

    ems: type size of each guest in mm. strict: no face may be covered. packed: guests crowd to the start of the panel
    instead of spreading towards those who speak.
    """
    seats: list[Seat] = []
    # those with a wished place choose first; sound effects last, since nobody reads them in order
    order = sorted(guests, key=lambda g: (g.at is None, g.balloon.kind == "sfx", g.index))
    for guest in order:
        seat = _seat(room, guest, ems[guest.index], seats, strict, packed)
        if seat is None:
            return guest
        seats.append(seat)
    return sorted(seats, key=lambda s: s.guest.index)


def _seat(room: Room, guest: Guest, em: float, seats: list[Seat], strict: bool, packed: bool) -> Seat | None:
    blocked = [*room.taken, *(s.outline for s in seats)]
    if strict and guest.at is None:
        blocked += room.spare
    wall = shapely.union_all([b.buffer(APART) for b in blocked])
    shapely.prepare(wall)
    shapely.prepare(room.inner)
    best: tuple[float, Seat] | None = None
    for body in guest.bodies:
        if best and body.cost >= best[0]:
            break  # bodies come best first, and no place costs less than nothing
        centres, shapes = _places(room, guest, body, em)
        if not len(centres):
            continue
        free = shapely.contains(room.inner, shapes) & ~shapely.intersects(wall, shapes)
        free &= _in_order(room, guest, body, em, centres, seats)
        if not free.any():
            continue
        centres, shapes = centres[free], shapes[free]
        cost = body.cost + _cost(room, guest, centres, shapes, seats, packed)
        i = int(np.argmin(cost))
        if best is None or cost[i] < best[0]:
            best = (float(cost[i]), Seat(guest, body, em, (float(centres[i, 0]), float(centres[i, 1]))))
    return best[1] if best else None


def _places(room: Room, guest: Guest, body: Body, em: float) -> tuple[Any, Any]:
    """Middles to try, shape (n, 2), and the balloon's hull at each."""
    left, top, right, bottom = room.inner.bounds
    convex: Any = body.outline.convex_hull.simplify(0.02)
    hull = np.asarray(convex.exterior.coords) * em
    low = np.array([left, top]) - hull.min(axis=0) + 1e-6
    high = np.array([right, bottom]) - hull.max(axis=0) - 1e-6
    if (high < low).any():
        return np.empty((0, 2)), np.empty(0, dtype=object)
    counts = [int(min(GRID, max(2.0, (high[i] - low[i]) / STEP + 1))) for i in (0, 1)]
    xs, ys = (np.linspace(low[i], high[i], counts[i]) for i in (0, 1))
    centres = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    if guest.at:
        centres = np.concatenate([[guest.at], centres])
    return centres, shapely.polygons(hull[None] + centres[:, None])


def _in_order(room: Room, guest: Guest, body: Body, em: float, centres: Any, seats: list[Seat]) -> Any:
    """Which middles keep the reading order with those who sit already; shape (n,)."""
    keep = np.ones(len(centres), dtype=bool)
    if guest.balloon.kind == "sfx" or guest.at:
        return keep
    _, top, _, bottom = body.outline.bounds
    for seat in seats:
        if seat.guest.balloon.kind == "sfx":
            continue
        _, other_top, _, other_bottom = seat.outline.bounds
        later = 1 if guest.index > seat.guest.index else -1
        tops, bottoms = centres[:, 1] + top * em, centres[:, 1] + bottom * em
        shared = np.minimum(bottoms, other_bottom) - np.maximum(tops, other_top)
        same_row = shared > 0.45 * min((bottom - top) * em, other_bottom - other_top)
        along = later * room.forward * (centres[:, 0] - seat.centre[0]) > 0
        below = later * (centres[:, 1] - seat.centre[1]) > 0
        # in one row the reading direction decides, else height; what starts higher is always seen first
        keep &= np.where(same_row, along & (later * (tops - other_top) > -3.0), below)
    return keep


def reads_after(first: Polygon, second: Polygon, forward: int) -> bool:
    """Whether a reader comes to `second` after `first`: further along in the same row, or lower."""
    _, top, _, bottom = first.bounds
    _, other_top, _, other_bottom = second.bounds
    shared = min(bottom, other_bottom) - max(top, other_top)
    if shared > 0.45 * min(bottom - top, other_bottom - other_top):
        return forward * (second.centroid.x - first.centroid.x) > 0
    return second.centroid.y > first.centroid.y


def _cost(room: Room, guest: Guest, centres: Any, shapes: Any, seats: list[Seat], packed: bool) -> Any:
    """What each place costs, shape (n,): 0 is perfect, 1 is poor."""
    left, top, right, bottom = room.outline.bounds
    width, height = right - left, bottom - top
    tops = shapely.bounds(shapes)[:, 1]
    covered = sum((shapely.area(shapely.intersection(face, shapes)) for face in room.spare), np.zeros(len(centres)))
    cost = 8.0 * covered / shapely.area(shapes)
    if guest.at:
        return cost + 20.0 * np.hypot((centres[:, 0] - guest.at[0]) / width, (centres[:, 1] - guest.at[1]) / height)
    along = (centres[:, 0] - left) / width if room.forward > 0 else (right - centres[:, 0]) / width
    down = (tops - top) / height
    if guest.balloon.kind == "sfx":
        return cost + np.abs(centres[:, 1] - (top + 0.62 * height)) / height + 0.5 * np.abs(along - 0.5)
    if packed:
        return cost + down + 0.4 * along
    if guest.balloon.kind == "caption":
        # the first caption opens the panel in its corner, a later one closes it in the opposite one
        return cost + (2.0 * (1 - down) + 1.5 * (1 - along) if guest.share > 0.6 else 2.0 * down + 1.5 * along)
    cost = cost + 1.0 * down + 0.6 * np.abs(along - guest.share)
    if guest.target:
        cost = cost + 0.5 * np.abs(centres[:, 0] - guest.target[0]) / width
        cost = cost + _tail_cost(room, guest.target, centres, seats)
    for seat in seats:
        if seat.guest.target:
            line = shapely.linestrings([[seat.centre, seat.guest.target]])[0]
            cost = cost + 1.5 * shapely.intersects(line, shapes)
    return cost


def _tail_cost(room: Room, target: XY, centres: Any, seats: list[Seat]) -> Any:
    """A tail should cross no balloon and no other face, and not be long."""
    lines = shapely.linestrings(np.stack([centres, np.broadcast_to(target, centres.shape)], 1))
    cost = 0.3 * shapely.length(lines) / max(room.outline.bounds[3] - room.outline.bounds[1], 1.0)
    for seat in seats:
        cost = cost + 1.5 * shapely.intersects(seat.outline, lines)
    for face in room.faces:
        if not face.contains(shapely.Point(target)):
            cost = cost + 1.0 * shapely.intersects(face, lines)
    return cost


def crossings(seats: Sequence[Seat]) -> int:
    """How many pairs of bodies touch; none, if seating is sound."""
    return sum(a.outline.intersects(b.outline) for a, b in itertools.combinations(seats, 2))
