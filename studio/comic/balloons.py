"""Balloons: outlines around a block of text, and the tails that say who speaks.

Bodies are in em around (0, 0), y down; tails are in millimetres on the page.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from shapely import Point, Polygon, affinity, box, unary_union

from studio.comic.blocks import Block, blocks
from studio.comic.fonts import Box
from studio.story.storyboard import BalloonKind

XY = tuple[float, float]

ROUNDNESS = 2.4
"""Exponent of the superellipse: 2 is an ellipse, more is squarer; letterers draw a little squarer."""
POINTS = 160
"""Corners of a round outline: its error stays under 0.01 mm."""
PADDING: dict[BalloonKind, XY] = {
    "speech": (0.30, 0.38), "thought": (0.30, 0.35), "shout": (0.45, 0.45), "whisper": (0.35, 0.42),
    "caption": (0.55, 0.50), "sfx": (0.28, 0.28),
}
"""Air between text and outline, em, across and along."""
ASPECT = {"en": 1.5, "ja": 0.72}
"""Width over height that a balloon is liked best at."""


@dataclass(frozen=True)
class Body:
    """One way to draw a balloon: its text block, its outline, and how far it is from the ideal (0 is best)."""

    block: Block
    outline: Polygon
    cost: float


@lru_cache(maxsize=512)
def bodies(text: str, kind: BalloonKind, language: str, angle: float = 0.0) -> tuple[Body, ...]:
    """Every way to draw the balloon, best first."""
    made = [_body(block, kind, language, angle) for block in blocks(text, kind, language)]
    return tuple(sorted(made, key=lambda b: b.cost))


def _body(block: Block, kind: BalloonKind, language: str, angle: float) -> Body:
    pad_x, pad_y = PADDING[kind]
    if kind in ("caption", "sfx"):
        left, top = -block.width / 2 - pad_x, -block.height / 2 - pad_y
        outline = box(left, top, -left, -top)
        if kind == "sfx":
            outline = affinity.rotate(outline, angle, origin=(0, 0))
        shape = (3.0 if kind == "caption" else 2.0) if language == "en" else 0.6
    else:
        a, b = _radii(block, pad_x, pad_y)
        outline = {"thought": _cloud, "shout": _burst}.get(kind, _round)(a, b)
        shape = ASPECT.get(language, 1.0)
    left, top, right, bottom = outline.bounds
    width, height = right - left, bottom - top
    off = math.log(width / height / shape)
    waste = width * height / max(1e-6, sum((r - x) * (d - y) for x, y, r, d in block.boxes)) - 1
    return Body(block, outline, 0.35 * off * off + 6.0 * block.cost + 0.05 * waste)


def _radii(block: Block, pad_x: float, pad_y: float) -> XY:
    """Half axes of the smallest superellipse of a pleasing form that holds all lines with their air."""
    corners = [
        (abs(x) + pad_x, abs(y) + pad_y)
        for left, top, right, bottom in block.boxes for x in (left, right) for y in (top, bottom)
    ]
    width, height = max(x for x, _ in corners), max(y for _, y in corners)
    best: tuple[float, XY] | None = None
    for stretch in (0.6, 0.75, 0.9, 1.0, 1.15, 1.35, 1.6):
        wide, high = width * stretch, height / stretch
        grow = max((x / wide) ** ROUNDNESS + (y / high) ** ROUNDNESS for x, y in corners) ** (1 / ROUNDNESS)
        radii = (wide * grow, high * grow)
        if best is None or radii[0] * radii[1] < best[0]:
            best = (radii[0] * radii[1], radii)
    assert best is not None
    return best[1]


def _ring(a: float, b: float, count: int = POINTS) -> np.ndarray:
    """Points on the superellipse, evenly spaced along it; shape (count, 2)."""
    angle = np.linspace(0, 2 * math.pi, 4 * count, endpoint=False)
    cos, sin = np.cos(angle), np.sin(angle)
    ring = np.stack([a * np.sign(cos) * abs(cos) ** (2 / ROUNDNESS), b * np.sign(sin) * abs(sin) ** (2 / ROUNDNESS)], 1)
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(ring, axis=0, append=ring[:1]).T))])
    closed = np.concatenate([ring, ring[:1]])
    at = np.linspace(0, steps[-1], count, endpoint=False)
    return np.stack([np.interp(at, steps, closed[:, 0]), np.interp(at, steps, closed[:, 1])], 1)


def _round(a: float, b: float) -> Polygon:
    return Polygon(_ring(a, b))


def _cloud(a: float, b: float) -> Polygon:
    """Round bumps around the ellipse; the text keeps clear of their valleys."""
    around = _ring(a, b, 400)
    length = float(np.hypot(*np.diff(around, axis=0, append=around[:1]).T).sum())
    count = max(9, round(length / 1.5))
    # bumps of two sizes in turn look drawn, bumps of one size look stamped
    centres = around[np.linspace(0, 400, count, endpoint=False).astype(int)]
    radius = length / count * 0.62
    bumps = [Point(x, y).buffer(radius * (1.0 if i % 2 else 0.86), 24) for i, (x, y) in enumerate(centres)]
    return _whole(unary_union([Polygon(around), *bumps]))


def _burst(a: float, b: float) -> Polygon:
    """Spikes of uneven length around the ellipse, with hollow flanks, as for a cry."""
    around = _ring(a, b, 720)
    length = float(np.hypot(*np.diff(around, axis=0, append=around[:1]).T).sum())
    count = max(12, round(length / 1.05))
    reach = 0.55 + 0.05 * min(a, b)
    corners: list[XY] = []
    for i in range(count):
        valley = around[int(720 * i / count)]
        tip = around[int(720 * (i + 0.5 + 0.22 * math.sin(i * 2.4)) / count) % 720]
        out = tip / math.hypot(tip[0] / a, tip[1] / b)
        far = out * (1 + reach * (0.75 + 0.45 * math.sin(i * 4.1) ** 2) / math.hypot(*out))
        corners += [(float(valley[0]), float(valley[1])), (float(far[0]), float(far[1]))]
    return Polygon(_hollow(corners))


def _hollow(corners: list[XY]) -> list[XY]:
    """The star with every flank bent a little inwards."""
    points: list[XY] = []
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        mx, my = (ax + bx) / 2 * 0.985, (ay + by) / 2 * 0.985
        for t in np.linspace(0, 1, 6, endpoint=False):
            u = 1 - t
            points.append((u * u * ax + 2 * u * t * mx + t * t * bx, u * u * ay + 2 * u * t * my + t * t * by))
    return points


def _whole(shape: shapely.Geometry) -> Polygon:
    """The largest polygon of a union, without holes."""
    parts = [shape] if isinstance(shape, Polygon) else [p for p in getattr(shape, "geoms", []) if isinstance(p, Polygon)]
    return Polygon(max(parts, key=lambda p: p.area).exterior)


BEND = 0.16
"""How far a tail swings out, as a fraction of its length."""


def with_tail(
    body: Polygon, kind: BalloonKind, tip: XY, em: float, bend: float = BEND
) -> tuple[Polygon, tuple[Polygon, ...]]:
    """The outline with its tail drawn to `tip`, and loose bubbles (a thought's tail). `em`: type size in mm."""
    start = (float(body.centroid.x), float(body.centroid.y))
    if kind in ("caption", "sfx") or body.buffer(0.3 * em).contains(Point(tip)):
        return body, ()
    if kind == "thought":
        return body, _bubbles(body, start, tip, em)
    return _whole(unary_union([body, _tail(start, tip, _root_width(body, em), bend)])), ()


def _root_width(body: Polygon, em: float) -> float:
    left, top, right, bottom = body.bounds
    return min(1.5 * em, 0.22 * min(right - left, bottom - top) + 0.35 * em)


def _tail(start: XY, tip: XY, width: float, bend: float) -> Polygon:
    """A tapering, slightly bent tongue from inside the balloon to the tip."""
    (ax, ay), (bx, by) = start, tip
    dx, dy = bx - ax, by - ay
    # it leaves the balloon steeply and swings towards the mouth, as a pen would draw it
    bend = bend if dx * dy >= 0 else -bend
    cx, cy = ax + 0.6 * dx + bend * dy, ay + 0.6 * dy - bend * dx
    t = np.linspace(0, 1, 40)[:, None]
    middle = (1 - t) ** 2 * (ax, ay) + 2 * (1 - t) * t * (cx, cy) + t**2 * (bx, by)
    along = np.gradient(middle, axis=0)
    along /= np.hypot(along[:, :1], along[:, 1:])
    side = np.stack([-along[:, 1], along[:, 0]], 1) * (width * (1 - t) ** 0.8)
    return Polygon(np.concatenate([middle + side, (middle - side)[::-1]]))


def _bubbles(body: Polygon, start: XY, tip: XY, em: float) -> tuple[Polygon, ...]:
    """Three bubbles, smaller towards the thinker."""
    way = shapely.LineString([start, tip]).difference(body.buffer(0.15 * em))
    if way.is_empty:
        return ()
    radii = [0.46 * em, 0.33 * em, 0.22 * em]
    space = way.length - 2 * sum(radii)
    if space < 0.2 * em:
        radii = radii[1:] if way.length > 1.4 * em else radii[2:]
        space = way.length - 2 * sum(radii)
    gap = max(0.0, space) / len(radii)
    made: list[Polygon] = []
    at = 0.0
    for radius in radii:
        at += radius
        made.append(way.interpolate(at).buffer(radius, 16))
        at += radius + gap
    return tuple(b for b in made if not b.intersects(body))


def scaled(shape: Polygon, em: float, centre: XY) -> Polygon:
    """A body (em, around the origin) on the page: millimetres around `centre`."""
    return affinity.affine_transform(shape, [em, 0, 0, em, centre[0], centre[1]])


def box_on_page(line: Box, em: float, centre: XY) -> Box:
    """A line's box (em) on the page, millimetres."""
    left, top, right, bottom = line
    return left * em + centre[0], top * em + centre[1], right * em + centre[0], bottom * em + centre[1]
