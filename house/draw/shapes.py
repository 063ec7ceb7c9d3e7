"""Path builders: each returns a Path in the units of its arguments."""

import math

from house.draw.canvas import Colour, Path

Point = tuple[float, float]
_CIRCLE = 0.5523  # control point of the cubic nearest to a quarter circle


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour that lies share of the way from first to second."""
    return (
        first[0] + (second[0] - first[0]) * share,
        first[1] + (second[1] - first[1]) * share,
        first[2] + (second[2] - first[2]) * share,
    )


class Trace:
    """A path under way: move, line, cubic, quad, then text."""

    def __init__(self, x: float, y: float) -> None:
        self._parts = [f"{x:.1f} {y:.1f} m"]
        self._at = (x, y)

    def line(self, x: float, y: float) -> "Trace":
        """A straight line to (x, y)."""
        self._parts.append(f"{x:.1f} {y:.1f} l")
        self._at = (x, y)
        return self

    def cubic(self, x1: float, y1: float, x2: float, y2: float, x: float, y: float) -> "Trace":
        """A cubic Bezier to (x, y)."""
        self._parts.append(f"{x1:.1f} {y1:.1f} {x2:.1f} {y2:.1f} {x:.1f} {y:.1f} c")
        self._at = (x, y)
        return self

    def quad(self, cx: float, cy: float, x: float, y: float) -> "Trace":
        """A quadratic Bezier to (x, y), written as a cubic: PDF knows no other."""
        ax, ay = self._at
        return self.cubic(ax + (cx - ax) * 2 / 3, ay + (cy - ay) * 2 / 3, x + (cx - x) * 2 / 3, y + (cy - y) * 2 / 3, x, y)

    def closed(self) -> Path:
        """The path, closed."""
        return " ".join(self._parts) + " h"

    def open(self) -> Path:
        """The path, left open."""
        return " ".join(self._parts)


def poly(points: list[Point], close: bool = True) -> Path:
    """Straight lines through points."""
    trace = Trace(*points[0])
    for point in points[1:]:
        trace.line(*point)
    return trace.closed() if close else trace.open()


def smooth(points: list[Point], close: bool = True, tension: float = 0.5) -> Path:
    """A Catmull-Rom curve through points; a larger tension makes rounder corners."""
    count = len(points)
    trace = Trace(*points[0])
    k = tension / 3
    for i in range(count if close else count - 1):
        if close:
            before, start, end, after = points[i - 1], points[i], points[(i + 1) % count], points[(i + 2) % count]
        else:
            before, start, end, after = points[max(i - 1, 0)], points[i], points[i + 1], points[min(i + 2, count - 1)]
        trace.cubic(
            start[0] + (end[0] - before[0]) * k,
            start[1] + (end[1] - before[1]) * k,
            end[0] - (after[0] - start[0]) * k,
            end[1] - (after[1] - start[1]) * k,
            *end,
        )
    return trace.closed() if close else trace.open()


def ellipse(x: float, y: float, rx: float, ry: float) -> Path:
    """An ellipse around (x, y)."""
    kx, ky = rx * _CIRCLE, ry * _CIRCLE
    return (
        Trace(x - rx, y)
        .cubic(x - rx, y - ky, x - kx, y - ry, x, y - ry)
        .cubic(x + kx, y - ry, x + rx, y - ky, x + rx, y)
        .cubic(x + rx, y + ky, x + kx, y + ry, x, y + ry)
        .cubic(x - kx, y + ry, x - rx, y + ky, x - rx, y)
        .closed()
    )


def circle(x: float, y: float, radius: float) -> Path:
    """A circle around (x, y)."""
    return ellipse(x, y, radius, radius)


def box(left: float, top: float, right: float, bottom: float) -> Path:
    """A rectangle."""
    return poly([(left, top), (right, top), (right, bottom), (left, bottom)])


def round_box(left: float, top: float, right: float, bottom: float, radius: float) -> Path:
    """A rectangle with round corners."""
    k = radius * (1 - _CIRCLE)
    return (
        Trace(left + radius, top)
        .line(right - radius, top)
        .cubic(right - k, top, right, top + k, right, top + radius)
        .line(right, bottom - radius)
        .cubic(right, bottom - k, right - k, bottom, right - radius, bottom)
        .line(left + radius, bottom)
        .cubic(left + k, bottom, left, bottom - k, left, bottom - radius)
        .line(left, top + radius)
        .cubic(left, top + k, left + k, top, left + radius, top)
        .closed()
    )


def limb(a: Point, b: Point, ra: float, rb: float) -> Path:
    """A tapered limb from a to b with round ends of radius ra and rb."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = math.hypot(dx, dy) or 1.0
    ux, uy = dx / length, dy / length
    nx, ny = -uy, ux
    trace = Trace(a[0] + nx * ra, a[1] + ny * ra).line(b[0] + nx * rb, b[1] + ny * rb)
    ex, ey = ux * rb * 1.3, uy * rb * 1.3
    trace.cubic(
        b[0] + nx * rb + ex, b[1] + ny * rb + ey, b[0] - nx * rb + ex, b[1] - ny * rb + ey, b[0] - nx * rb, b[1] - ny * rb
    )
    trace.line(a[0] - nx * ra, a[1] - ny * ra)
    ex, ey = ux * ra * 1.3, uy * ra * 1.3
    trace.cubic(
        a[0] - nx * ra - ex, a[1] - ny * ra - ey, a[0] + nx * ra - ex, a[1] + ny * ra - ey, a[0] + nx * ra, a[1] + ny * ra
    )
    return trace.closed()


def lock(root: Point, tip: Point, width: float, bend: float = 0.0) -> Path:
    """A tapered lock of hair: width at the root, a point at the tip, bent sideways by bend."""
    dx, dy = tip[0] - root[0], tip[1] - root[1]
    length = math.hypot(dx, dy) or 1.0
    nx, ny = -dy / length, dx / length
    mx, my = root[0] + dx * 0.55 + nx * bend, root[1] + dy * 0.55 + ny * bend
    return (
        Trace(root[0] + nx * width * 0.5, root[1] + ny * width * 0.5)
        .quad(mx + nx * width * 0.62, my + ny * width * 0.62, *tip)
        .quad(mx - nx * width * 0.45, my - ny * width * 0.45, root[0] - nx * width * 0.5, root[1] - ny * width * 0.5)
        .closed()
    )
