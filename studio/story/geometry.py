"""Geometry: where a page's panels lie on paper, in millimetres, with gutters, slanted edges and bleed."""

import itertools
import math
from functools import lru_cache

from shapely import Polygon
from shapely.geometry.polygon import orient

from studio.errors import StoryError
from studio.story.layouts import panel_shapes
from studio.story.show import PageSize
from studio.story.storyboard import Page

TOUCH = 1e-6
"""Fraction of the live area within which an edge lies on its border."""

XY = tuple[float, float]


def panel_outlines(page: Page, size: PageSize, reading: str) -> list[Polygon]:
    """The panels' polygons in millimetres from the trimmed page's top left corner, in the page's order.

    Edges between panels are drawn in by half a gutter; edges on the live area's border stay there, or run out to the
    bleed when the panel bleeds. An inset keeps the place it was given. Raises StoryError when the gutters leave
    nothing of a panel, KeyError and IndexError as `panel_shapes` does.
    """
    outlines: list[Polygon] = []
    for panel, shape in zip(page.panels, panel_shapes(page, reading), strict=True):
        outline = _outline(shape, size, panel.bleed, panel.inset)  # pyright: ignore[reportArgumentType]  (frozen: has a hash)
        if outline is None:
            raise StoryError(
                f"the gutters of {size.gutter_mm:g} mm leave nothing of panel '{panel.id}'",
                field=f"{page.id}.{panel.id}", remedy="Make the panel larger, or page.gutter_mm in show.yaml smaller",
            )
        outlines.append(outline)
    return outlines


@lru_cache(maxsize=4096)
def _outline(shape: Polygon, size: PageSize, bleed: bool, inset: bool) -> Polygon | None:
    """One panel's; None where the gutters leave nothing of it. A show has thousands of pages, and few kinds of them."""
    corners = _corners(orient(shape, -1.0))
    outline = Polygon(_move_edges([_on_paper(c, size) for c in corners], _moves(corners, size, bleed, inset)))
    return None if not outline.is_valid or outline.exterior.is_ccw or outline.area < 1.0 else outline


def _corners(polygon: Polygon) -> list[XY]:
    """The polygon's corners without the closing one and without repeats: every edge has a direction."""
    ring = [(float(x), float(y)) for x, y in polygon.exterior.coords]
    return [a for a, b in itertools.pairwise(ring) if a != b]


def _on_paper(point: XY, size: PageSize) -> XY:
    live_width, live_height = size.width_mm - 2 * size.margin_mm, size.height_mm - 2 * size.margin_mm
    return size.margin_mm + point[0] * live_width, size.margin_mm + point[1] * live_height


def _moves(corners: list[XY], size: PageSize, bleed: bool, inset: bool) -> list[float]:
    """How far each edge (corner i to i+1) moves outwards, in millimetres."""
    out = size.margin_mm + size.bleed_mm if bleed else 0.0
    inwards = 0.0 if inset else -size.gutter_mm / 2
    return [
        out if _on_border(a, b) else inwards
        for a, b in zip(corners, corners[1:] + corners[:1], strict=True)
    ]


def _on_border(a: XY, b: XY) -> bool:
    return any(abs(a[axis] - side) < TOUCH and abs(b[axis] - side) < TOUCH for axis in (0, 1) for side in (0.0, 1.0))


def _move_edges(ring: list[XY], moves: list[float]) -> list[XY]:
    """The ring with every edge moved outwards by its own distance, corners mitred.

    Expects what `orient(..., -1.0)` gives: a ring whose outside lies to the left of every edge.
    """
    lines: list[tuple[XY, XY]] = []
    for (ax, ay), (bx, by), move in zip(ring, ring[1:] + ring[:1], moves, strict=True):
        length = math.hypot(bx - ax, by - ay)
        dx, dy = (bx - ax) / length, (by - ay) / length
        lines.append(((ax - dy * move, ay + dx * move), (dx, dy)))
    return [_crossing(lines[i - 1], line) for i, line in enumerate(lines)]


def _crossing(first: tuple[XY, XY], second: tuple[XY, XY]) -> XY:
    """Where two lines (point, direction) meet; for a corner that does not turn, the moved corner itself."""
    (ax, ay), (dx, dy) = first
    (bx, by), (ex, ey) = second
    turn = dx * ey - dy * ex
    if abs(turn) < TOUCH:
        return bx, by
    along = ((bx - ax) * ey - (by - ay) * ex) / turn
    return ax + along * dx, ay + along * dy
