"""Layouts: named page templates as polygons in fractions of the live area, panels in left-to-right reading order.

Right-to-left shows mirror them. A panel's `box` or `corners` replaces its template place.
"""

from functools import cache

from shapely import Polygon, affinity, box

from studio.story.storyboard import Page

Corners = tuple[tuple[float, float], ...]


def _rows(*rows: tuple[float, tuple[float, ...]]) -> tuple[Corners, ...]:
    """Rows of (height, widths) from the top; heights and widths each add up to 1."""
    out: list[Corners] = []
    y = 0.0
    for height, widths in rows:
        x = 0.0
        for width in widths:
            out.append(((x, y), (x + width, y), (x + width, y + height), (x, y + height)))
            x += width
        y += height
    return tuple(out)


THIRD = 1 / 3
LAYOUTS: dict[str, tuple[Corners, ...]] = {
    "splash": _rows((1, (1,))),
    "two_rows": _rows((0.5, (1,)), (0.5, (1,))),
    "three_rows": _rows((THIRD, (1,)), (THIRD, (1,)), (THIRD, (1,))),
    "wide_top_three": _rows((0.45, (1,)), (0.55, (0.5, 0.5))),
    "wide_bottom_three": _rows((0.5, (0.45, 0.55)), (0.5, (1,))),
    "four_grid": _rows((0.5, (0.5, 0.5)), (0.5, (0.5, 0.5))),
    "four_rows": _rows((0.25, (1,)), (0.25, (1,)), (0.25, (1,)), (0.25, (1,))),
    "wide_top_four": _rows((0.4, (1,)), (0.3, (0.55, 0.45)), (0.3, (1,))),
    "slanted_four": (
        ((0, 0), (0.58, 0), (0.46, 0.42), (0, 0.42)),
        ((0.58, 0), (1, 0), (1, 0.42), (0.46, 0.42)),
        ((0, 0.42), (1, 0.42), (1, 0.66), (0, 0.72)),
        ((0, 0.72), (1, 0.66), (1, 1), (0, 1)),
    ),
    "wide_top_five": _rows((0.36, (1,)), (0.32, (0.45, 0.55)), (0.32, (0.55, 0.45))),
    "wide_middle_five": _rows((0.32, (0.5, 0.5)), (0.36, (1,)), (0.32, (0.45, 0.55))),
    "slanted_five": (
        ((0, 0), (1, 0), (1, 0.28), (0, 0.34)),
        ((0, 0.34), (0.52, 0.3088), (0.44, 0.66), (0, 0.66)),
        ((0.52, 0.3088), (1, 0.28), (1, 0.66), (0.44, 0.66)),
        ((0, 0.66), (0.56, 0.66), (0.5, 1), (0, 1)),
        ((0.56, 0.66), (1, 0.66), (1, 1), (0.5, 1)),
    ),
    "six_grid": _rows((THIRD, (0.5, 0.5)), (THIRD, (0.5, 0.5)), (THIRD, (0.5, 0.5))),
    "wide_top_six": _rows((0.34, (1,)), (0.33, (0.5, 0.5)), (0.33, (0.3, 0.35, 0.35))),
    "eight_grid": _rows(*((0.25, (0.5, 0.5)),) * 4),
    "nine_grid": _rows(*((THIRD, (THIRD,) * 3),) * 3),
    "twelve_grid": _rows(*((0.25, (THIRD,) * 3),) * 4),
}
DEFAULT_FOR = {
    1: "splash", 2: "two_rows", 3: "wide_top_three", 4: "four_grid", 5: "wide_middle_five", 6: "six_grid",
    7: "eight_grid", 8: "eight_grid", 9: "nine_grid", 10: "twelve_grid", 11: "twelve_grid", 12: "twelve_grid",
}


def panel_shapes(page: Page, reading: str) -> list[Polygon]:
    """The panels' polygons, fractions of the live area, before gutters.

    Panels with a place of their own keep it; the others take the template's places in order. Raises KeyError for
    an unknown layout and IndexError for more panels than places (storyboard checks say so first, with the line).
    """
    template = LAYOUTS[page.layout or DEFAULT_FOR[len(page.panels)]]
    shapes: list[Polygon] = []
    for i, panel in enumerate(page.panels):
        if panel.corners:
            shapes.append(Polygon(panel.corners))
        elif panel.box:
            x, y, w, h = panel.box
            shapes.append(box(x, y, x + w, y + h))
        else:
            shapes.append(_place(template[i], reading))
    return shapes


@cache
def _place(corners: Corners, reading: str) -> Polygon:
    shape = Polygon(corners)
    return affinity.scale(shape, xfact=-1, origin=(0.5, 0.5)) if reading == "rtl" else shape
