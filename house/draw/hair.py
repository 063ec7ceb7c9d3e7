"""Hair and what is worn in it, in head units; see house.draw.face."""

import math

from house.draw.canvas import Path
from house.draw.face import Head
from house.draw.pen import Pen
from house.draw.scene import HAIR
from house.draw.shapes import Point, Trace, ellipse, lock, mix, poly, round_box, smooth

_FALL = {"short hair": 100.0, "medium hair": 176.0, "long hair": 430.0}  # how far down loose hair reaches


def _hair(
    pen: Pen,
    head: Head,
    path: Path,
    width: float,
    shades: list[Path] | None = None,
    lines: list[Path] | None = None,
    lights: list[Path] | None = None,
    dark: bool = False,
) -> None:
    base, shade, light = HAIR[head.person.hair]
    if dark:
        base = mix(base, shade, 0.75)
    sheen = ((0.0, -130.0), (0.0, 330.0), [mix(base, light, 0.1), mix(base, shade, 0.35)])
    pen.part(path, base, shades or [], shade, lights or [], light, lines or [], width, sheen)


def draw_back_hair(pen: Pen, head: Head, width: float) -> None:
    """The hair that lies behind face and body."""
    style = head.person.hairstyle
    if style == "twintails":
        _draw_twintails(pen, head, width)
    elif style == "ponytail":
        _draw_ponytail(pen, head, width)
    else:
        _draw_loose(pen, head, width)


def _draw_loose(pen: Pen, head: Head, width: float) -> None:
    sway, end = head.sway, _FALL[head.person.length] * (1 + head.person.hair_growth)
    if head.person.length == "short hair":
        points = [
            (-106, -50), (-116, 20), (-102, 60), (-92, 96), (-66, 84), (-46, 108), (0, 92), (46, 108), (66, 84), (92, 96),
            (102, 60), (116, 20), (106, -50),
        ]
        _hair(pen, head, smooth(points, tension=0.35), width, dark=True)
        return
    if head.person.length == "medium hair":
        points = [
            (-108, -50), (-130, 50), (-136, end * 0.7), (-104 + sway * 0.3, end + 8), (-40 + sway * 0.3, end - 8),
            (40 + sway * 0.3, end - 8), (104 + sway * 0.3, end + 8), (136, end * 0.7), (130, 50), (108, -50),
        ]
        lines = [smooth([(x, 40), (x * 1.1, 100), (x + sway * 0.3, end)], False) for x in (-104, 104)]
        _hair(pen, head, smooth(points), width, lines=lines, dark=True)
        return
    points = [
        (-104, -60), (-136, 120), (-144 + sway * 0.4, 300), (-126 + sway, end - 20), (-92 + sway, end + 24),
        (-50 + sway, end - 16), (0 + sway, end + 24), (50 + sway, end - 16), (92 + sway, end + 24), (136 + sway, end - 20),
        (144 + sway * 0.4, 300), (136, 120), (104, -60),
    ]
    lines = [smooth([(x, 60), (x * 1.15, 240), (x * 1.05 + sway, end - 20)], False) for x in (-98, 98)]
    _hair(pen, head, smooth(points), width, lines=lines, dark=True)


def _tail_length(head: Head) -> float:
    return (210.0 if head.person.length == "medium hair" else 380.0) * (1 + head.person.hair_growth)


def _draw_twintails(pen: Pen, head: Head, width: float) -> None:
    sway, end = head.sway, _tail_length(head)
    for side in (-1, 1):
        x = side * 96 + head.yaw * 8
        points = [
            (x, -66), (x + side * 66, -50), (x + side * 108 + sway * 0.3, end * 0.17),
            (x + side * 100 + sway * 0.7, end * 0.56), (x + side * 60 + sway, end), (x + side * 22 + sway * 0.6, end * 0.6),
            (x + side * 18, 20),
        ]
        shade = smooth(
            [
                (x + side * 10, -30), (x + side * 42, end * 0.17), (x + side * 54 + sway * 0.6, end * 0.5),
                (x + side * 50 + sway, end), (x - side * 10, end), (x - side * 20, 0),
            ]
        )
        line = smooth(
            [
                (x + side * 20, -40), (x + side * 70, end * 0.12), (x + side * 68 + sway * 0.7, end * 0.52),
                (x + side * 54 + sway, end - 20),
            ],
            False,
        )
        light = lock((x + side * 70, -10), (x + side * 82 + sway * 0.4, end * 0.3), 18)
        _hair(pen, head, smooth(points), width, [shade], [line], [light])
    _hair(pen, head, smooth([(-108, -30), (-104, 70), (-60, 112), (60, 112), (104, 70), (108, -30), (0, -110)]), width, dark=True)


def _draw_ponytail(pen: Pen, head: Head, width: float) -> None:
    turned_right = head.yaw < 0 or (abs(head.yaw) < 0.2 and head.person.left_handed)
    side, sway, end = 1 if turned_right else -1, head.sway, _tail_length(head) * 0.86
    x = side * 60
    points = [
        (x * 0.4, -110), (x + side * 70, -124), (x + side * 124 + sway * 0.4, -30), (x + side * 128 + sway * 0.8, end * 0.42),
        (x + side * 84 + sway * 1.2, end), (x + side * 56 + sway * 0.6, end * 0.4), (x + side * 44, 0),
    ]
    shade = smooth(
        [
            (x + side * 30, -40), (x + side * 76, 10), (x + side * 88 + sway * 0.7, end * 0.45),
            (x + side * 76 + sway, end * 0.95), (x, end * 0.9), (x, 0),
        ]
    )
    line = smooth(
        [
            (x + side * 20, -100), (x + side * 96, -30), (x + side * 102 + sway * 0.7, end * 0.4),
            (x + side * 80 + sway, end * 0.9),
        ],
        False,
    )
    _hair(pen, head, smooth(points), width, [shade], [line])
    _hair(pen, head, smooth([(-106, -30), (-100, 60), (-56, 104), (56, 104), (100, 60), (106, -30), (0, -110)]), width, dark=True)


def draw_front_hair(pen: Pen, head: Head, width: float) -> None:
    """Side locks, crown and bangs, then what is worn on top."""
    _draw_side_locks(pen, head, width)
    _draw_bangs(pen, head, width)
    if head.person.ahoge and pen.style not in ("flat pastel", "neon"):
        crown, sway = head.yaw * 9 - 10, head.sway
        curl = smooth([(crown, -144), (crown + 16 + sway * 0.5, -178), (crown + 44 + sway, -168)], False, 1)
        pen.stroke(curl, pen.outline(HAIR[head.person.hair][0]), 10)
        pen.stroke(curl, HAIR[head.person.hair][0], 6, drawn=False)
    _draw_accessory(pen, head, width)


def _draw_side_locks(pen: Pen, head: Head, width: float) -> None:
    reach = {"short hair": 60.0, "medium hair": 128.0, "long hair": 230.0}[head.person.length]
    if head.person.hairstyle != "loose":
        reach = 124.0
    wide = 42.0 if head.person.length == "medium hair" else 31.0
    sway = head.sway
    for side in (-1, 1):
        x = side * 92 + head.yaw * 2.4
        path = (
            Trace(x - side * wide * 0.6, -66)
            .cubic(
                x - side * wide * 0.75, -10, x - side * wide * 0.5 + sway * 0.1, reach * 0.55, x - side * 2 + sway * 0.5, reach
            )
            .cubic(x + side * 12 + sway * 0.2, reach * 0.7, x + side * 22, 20, x + side * 14, -60)
            .closed()
        )
        shade = lock((x - side * wide * 0.6, -40), (x - side * 4 + sway * 0.5, reach), wide * 0.55)
        _hair(pen, head, path, width, [shade])


def _bang_tips(head: Head, edges: list[float]) -> list[Point]:
    """Where the points of the bangs end, from right to left."""
    style, count, bend = head.person.bangs, len(edges) - 1, 26 if head.person.left_handed else -26
    tips: list[Point] = []
    for i in range(count, 0, -1):
        middle = (edges[i] + edges[i - 1]) / 2
        outer = abs((i - 0.5) / count - 0.5) * 2
        if style == "straight":
            x, y = middle, 2 + 5 * math.sin(i * 2.1 + head.person.eye_size * 40) + 20 * outer**2
        elif style == "swept":
            x, y = middle + bend, 4 + 26 * outer
        else:
            x, y = middle + (8 if i % 2 else -8), (18 if i % 2 else 0) + 14 * outer
        tips.append((x + head.yaw * 6.4 + head.sway * 0.25, y))
    return tips


def _draw_bangs(pen: Pen, head: Head, width: float) -> None:
    shift = head.yaw * 8
    left, right = (-90 + head.yaw * 4) * 1.1, (90 + head.yaw * 4) * 1.1
    count = 6 if head.person.bangs == "straight" else 5
    edges = [left + (right - left) * i / count for i in range(count + 1)]
    trace = Trace(edges[0] - 8, 34)
    trace.cubic(-128, -60, -86 + shift * 0.4, -148, shift * 0.5, -148).cubic(86 + shift * 0.4, -148, 128, -60, edges[-1] + 8, 34)
    tips = _bang_tips(head, edges)
    valleys: list[Point] = []
    for number, (x, y) in enumerate(tips):
        i = count - number
        outer = abs((i - 0.5) / count - 0.5) * 2
        valley = (edges[i - 1] + shift * 0.5, -34 - 12 * (1 - outer))
        trace.quad((edges[i] * 2 + x) / 3 + 4, y - 30, x, y)
        if i > 1:
            trace.quad((edges[i - 1] * 2 + x) / 3, y - 34, *valley)
            valleys.append(valley)
        else:
            trace.quad((edges[0] * 2 + x) / 3 - 4, y - 26, edges[0] - 8, 34)
    crown = shift * 1.2 + (10 if head.person.ahoge else -10)
    lines = [smooth([(x, y), (x * 0.72 + crown * 0.28, y - 44), (x * 0.3 + crown * 0.7, -112)], False, 1) for x, y in valleys]
    shades = [lock((x * 0.82 + crown * 0.1 - 8, -62), (x - 1, y + 3), 19, -4) for x, y in tips]
    _hair(pen, head, trace.closed(), width, shades, lines, _ring(shift))


def _ring(shift: float) -> list[Path]:
    """The band of light around the crown."""
    pieces: list[Path] = []
    for k in range(7):
        u = -0.9 + 1.8 * k / 6
        x, y, tall = u * 92 + shift * 0.6, -82 + 26 * u * u, (22 if k % 2 else 13) * (1 - 0.3 * abs(u))
        pieces.append(poly([(x - 15, y - 3), (x, y - tall * 0.5 - 4), (x + 15, y - 3), (x + 4, y + tall)]))
    return pieces


def _draw_accessory(pen: Pen, head: Head, width: float) -> None:
    worn, shift = head.person.accessory, head.yaw * 8
    bow = (226, 50, 72) if head.person.hair != "red" else (70, 110, 220)
    if worn == "cat ears":
        for side in (-1, 1):
            x = side * 62 + shift * 0.5
            pen.part(
                smooth([(x - side * 36, -112), (x + side * 12, -214), (x + side * 46, -80)], tension=0.25),
                HAIR[head.person.hair][0],
                width=width,
            )
            pen.part(
                smooth([(x - side * 16, -118), (x + side * 10, -184), (x + side * 28, -96)], tension=0.25),
                (250, 160, 170),
                width=width * 0.6,
            )
    elif worn == "hair ribbon":
        x = (66 if head.person.left_handed else -66) + shift
        for side in (-1, 1):
            pen.part(
                smooth([(x, -116), (x + side * 54, -156), (x + side * 58, -80)], tension=0.4),
                bow,
                [poly([(x, -112), (x + side * 30, -108), (x + side * 58, -80)])],
                mix(bow, (0, 0, 0), 0.3),
                width=width,
            )
        pen.part(ellipse(x, -116, 13, 13), mix(bow, (0, 0, 0), 0.12), width=width)
    elif worn == "headphones":
        pen.stroke(smooth([(-112, 0), (-104, -90), (shift * 0.5, -160), (104, -90), (112, 0)], False, 1), (52, 54, 68), 17)
        for side in (-1, 1):
            pen.part(ellipse(side * 110, 16, 24, 38), (70, 200, 220) if head.person.ahoge else (240, 90, 140), width=width)
    if head.person.hairstyle == "twintails":
        for side in (-1, 1):
            x = side * 100 + head.yaw * 8
            pen.part(round_box(x - 15, -82, x + 15, -38, 8), bow, width=width)
