"""Clothes: torso, skirt, sleeves, and what makes each outfit itself.  Units as in house.draw.body."""

from house.draw.canvas import Colour, Path
from house.draw.face import Head
from house.draw.pen import Pen
from house.draw.scene import CLOTH
from house.draw.shapes import Point, box, circle, ellipse, limb, lock, mix, poly, smooth

STEEL: tuple[Colour, Colour] = ((160, 166, 188), (104, 108, 136))
WHITE: Colour = (248, 248, 252)
NAVY: tuple[Colour, Colour] = ((60, 70, 120), (38, 44, 84))


def torso_shape(shoulder: float, waist: float, hip: float, girl: bool) -> tuple[Path, list[Path]]:
    """The trunk and its shades."""
    points = [
        (-30, 140), (-shoulder * 0.72, 154), (-shoulder, 182), (-shoulder + 8, 244), (-waist - 3, 324), (-hip, 404),
        (-hip - 4, 494),
    ]
    trunk = smooth(points + [(-x, y) for x, y in reversed(points)], tension=0.75)
    shades = [
        smooth(
            [
                (-shoulder - 10, 174), (-shoulder * 0.62, 204), (-waist * 0.5, 314), (-hip * 0.42, 494), (-hip - 40, 514),
                (-shoulder - 30, 274),
            ]
        ),
        smooth([(-60, 134), (0, 180), (60, 134), (0, 124)]),
    ]
    if girl:
        shades.append(smooth([(-54, 274), (-20, 286), (0, 274), (24, 288), (56, 274), (30, 304), (-30, 304)]))
    return trunk, shades


def draw_skirt(pen: Pen, head: Head, waist: float, hip: float, width: float) -> None:
    """A pleated skirt: short with the uniform, long with the dress."""
    dress, sway = head.person.outfit == "dress", head.sway * 0.5
    flare, end = (60.0, 624.0) if dress else (24.0, 534.0)
    base, shade = CLOTH[head.person.cloth] if dress else NAVY
    hem = [
        (hip + flare + 26, end), (hip * 0.6, end + 10), (hip * 0.2, end - 2), (-hip * 0.2, end + 10), (-hip * 0.6, end - 2),
        (-hip - flare - 26, end + 6),
    ]
    path = poly([(-waist - 6, 358), (waist + 6, 358), *[(x + sway, y) for x, y in hem]])
    pleats = [poly([(x, 358), (x * 1.5 - 8, end + 14), (x * 1.5 + 24, end + 14)]) for x in (-46, -16, 18, 48)]
    pen.part(path, base, pleats, shade, width=width)
    if dress:
        pen.part(box(-waist - 8, 346, waist + 8, 370), WHITE, width=width * 0.8)


def sleeve(pen: Pen, head: Head, side: int, arm: tuple[Point, Point, Point], along: Point, width: float) -> None:
    """The clothed arm from shoulder over elbow to wrist; along is the forearm's direction."""
    (shoulder, elbow, wrist), outfit = arm, head.person.outfit
    if outfit == "dress":
        _short_sleeve(pen, head, side, arm, along, width)
        return
    cloth, shade = STEEL if outfit == "armor" else CLOTH[head.person.cloth]
    upper, middle, lower = (27.0, 22.0, 19.0) if head.girl else (33.0, 27.0, 23.0)
    ux, uy = along
    if outfit in ("hoodie", "jacket"):
        upper, middle, lower = upper + 4, middle + 5, lower + 5
    if outfit == "kimono":
        middle, lower = middle + 12, lower + 26
    below = limb((elbow[0] - side * 14, elbow[1]), (wrist[0] - side * 16, wrist[1]), middle * 0.6, lower * 0.6)
    pen.part(limb(elbow, (wrist[0] - ux * 16, wrist[1] - uy * 16), middle, lower), cloth, [below], shade, width=width)
    if outfit not in ("kimono", "armor"):
        cuff: Colour = (240, 240, 246) if outfit == "school uniform" else mix(cloth, shade, 0.6)
        start, end = (wrist[0] - ux * 24, wrist[1] - uy * 24), (wrist[0] - ux * 14, wrist[1] - uy * 14)
        pen.part(limb(start, end, lower + 1, lower + 1), cuff, width=width * 0.8)
    under = limb((shoulder[0] - side * 16, shoulder[1] + 20), (elbow[0] - side * 18, elbow[1]), upper * 0.6, middle * 0.6)
    pen.part(limb(shoulder, elbow, upper, middle), cloth, [under], shade, width=width)
    if outfit == "armor":
        plate, plate_shade = CLOTH[head.person.cloth]
        x, y = shoulder
        hollow = smooth([(x - 46, y + 6), (x, y + 16), (x + 46, y + 6), (x + 30, y + 50), (x - 30, y + 50)])
        pen.part(ellipse(x, y, 46, 37), plate, [hollow], plate_shade, width=width)


def _short_sleeve(pen: Pen, head: Head, side: int, arm: tuple[Point, Point, Point], along: Point, width: float) -> None:
    """A bare arm under a puffed sleeve."""
    (shoulder, elbow, wrist), (ux, uy) = arm, along
    (skin, _), (cloth, shade) = head.skin, CLOTH[head.person.cloth]
    upper, middle, lower = (27.0, 22.0, 19.0) if head.girl else (33.0, 27.0, 23.0)
    pen.part(limb(elbow, (wrist[0] - ux * 6, wrist[1] - uy * 6), middle - 3, lower - 3), skin, width=width)
    pen.part(limb(shoulder, elbow, upper - 3, middle - 2), skin, width=width)
    end = (shoulder[0] + (elbow[0] - shoulder[0]) * 0.42, shoulder[1] + (elbow[1] - shoulder[1]) * 0.42)
    under = limb((shoulder[0] - side * 14, shoulder[1] + 26), (elbow[0] - side * 16, elbow[1]), 18, 14)
    pen.part(limb(shoulder, end, upper + 5, upper + 7), cloth, [under], shade, width=width)


def draw_dress_code(pen: Pen, head: Head, width: float) -> None:
    """What tells one outfit from another: collars, hoods, lapels, plates."""
    {
        "school uniform": _uniform,
        "hoodie": _hoodie,
        "jacket": _jacket,
        "dress": _dress,
        "armor": _armor,
        "kimono": _kimono,
    }[head.person.outfit](pen, head, width)


def _neck(pen: Pen, head: Head, width: float) -> None:
    skin, shade = head.skin
    lean = head.yaw * 2
    below_chin = smooth([(-40, 58), (0, 106), (40, 58), (40, 84), (0, 124), (-40, 84)])
    pen.part(poly([(-26 + lean, 58), (26 + lean, 58), (30, 150), (-30, 150)]), skin, [below_chin], shade, width=width)


def _uniform(pen: Pen, head: Head, width: float) -> None:
    _neck(pen, head, width)
    collar, shade = NAVY if head.person.cloth not in ("blue", "black") else (WHITE, (200, 204, 224))
    if not head.girl:
        for side in (-1, 1):
            pen.part(poly([(side * 8, 146), (side * 38, 130), (side * 48, 168), (side * 12, 192)]), WHITE, width=width)
        pen.part(poly([(-11, 160), (11, 160), (18, 274), (0, 298), (-18, 274)]), (170, 40, 56), width=width * 0.9)
        return
    for side in (-1, 1):
        flap = poly([(side * 28, 134), (side * 76, 154), (side * 70, 204), (0, 258), (0, 224)])
        stripe = poly([(side * 64, 156), (side * 60, 198), (0, 243)], close=False)
        pen.part(flap, collar, [poly([(side * 28, 134), (0, 244), (side * 24, 244)])], shade, lines=[stripe], width=width)
    bow: Colour = (214, 52, 70) if head.person.cloth != "red" else (250, 214, 90)
    for side in (-1, 1):
        pen.part(poly([(0, 244), (side * 30, 310), (side * 6, 300)]), bow, width=width * 0.9)
        pen.part(smooth([(0, 240), (side * 46, 212), (side * 52, 268)], tension=0.5), bow, width=width * 0.9)
    pen.part(circle(0, 241, 13), mix(bow, (0, 0, 0), 0.15), width=width * 0.9)


def _hoodie(pen: Pen, head: Head, width: float) -> None:
    _neck(pen, head, width)
    cloth, shade = CLOTH[head.person.cloth]
    hood = smooth(
        [
            (-34, 124), (-82, 142), (-94, 176), (-42, 210), (0, 218), (42, 210), (94, 176), (82, 142), (34, 124), (30, 160),
            (0, 180), (-30, 160),
        ],
        tension=0.7,
    )
    pen.part(
        hood,
        mix(cloth, shade, 0.25),
        [smooth([(-90, 180), (0, 228), (90, 180), (40, 190), (0, 198), (-40, 190)])],
        shade,
        width=width,
    )
    cord: Colour = (20, 20, 20) if pen.style == "monochrome" else WHITE
    for side in (-1, 1):
        pen.stroke(poly([(side * 18, 206), (side * 20 + head.sway * 0.2, 272)], close=False), cord, width * 1.4)
    pen.part(smooth([(-48, 370), (48, 370), (62, 446), (-62, 446)], tension=0.4), mix(cloth, shade, 0.3), width=width)


def _jacket(pen: Pen, head: Head, width: float) -> None:
    cloth, shade = CLOTH[head.person.cloth]
    shirt = poly([(-34, 142), (34, 142), (28, 274), (22, 494), (-22, 494), (-28, 274)])
    pen.part(shirt, WHITE, [poly([(-34, 142), (-12, 142), (-8, 494), (-26, 494)])], (204, 206, 226), width=width * 0.8)
    _neck(pen, head, width)
    for side in (-1, 1):
        lapel = poly([(side * 30, 130), (side * 62, 150), (side * 70, 212), (side * 24, 286), (side * 26, 184)])
        pen.part(lapel, mix(cloth, shade, 0.4), width=width)
    for y in (346, 402):
        pen.fill(circle(-38, y, 8), (240, 214, 120), drawn=True)


def _dress(pen: Pen, head: Head, width: float) -> None:
    _neck(pen, head, width)
    skin, skin_shade = head.skin
    _, shade = CLOTH[head.person.cloth]
    low_neck = smooth([(-48, 146), (0, 132), (48, 146), (36, 190), (0, 212), (-36, 190)], tension=0.8)
    pen.part(low_neck, skin, [smooth([(-50, 134), (0, 166), (50, 134)])], skin_shade, width=width * 0.8)
    lace: Colour = (20, 20, 20) if pen.style == "monochrome" else (255, 255, 255)
    pen.stroke(smooth([(-52, 152), (-36, 192), (0, 214), (36, 192), (52, 152)], False, 0.8), lace, width * 1.9)
    for side in (-1, 1):
        pen.part(
            smooth([(0, 220), (side * 32, 200), (side * 34, 242)], tension=0.5),
            mix(shade, (255, 255, 255), 0.3),
            width=width * 0.8,
        )


def _armor(pen: Pen, head: Head, width: float) -> None:
    pen.part(poly([(-28, 58), (28, 58), (32, 150), (-32, 150)]), (60, 60, 76), width=width)
    cloth, shade = CLOTH[head.person.cloth]
    breast = smooth([(-70, 154), (70, 154), (78, 214), (56, 304), (0, 326), (-56, 304), (-78, 214)], tension=0.8)
    shades = [
        smooth([(-78, 164), (-20, 194), (-14, 324), (-84, 304)]),
        smooth([(-60, 270), (0, 286), (60, 270), (40, 314), (-40, 314)]),
    ]
    gleam = lock((40, 180), (30, 264), 18, 4)
    pen.part(breast, STEEL[0], shades, STEEL[1], [gleam], (232, 236, 250), [poly([(0, 154), (0, 326)], close=False)], width)
    pen.part(poly([(-14, 206), (0, 184), (14, 206), (0, 236)]), cloth, width=width * 0.8)
    gorget = smooth([(-74, 132), (-34, 120), (0, 154), (34, 120), (74, 132), (64, 170), (0, 192), (-64, 170)], tension=0.6)
    pen.part(gorget, cloth, [smooth([(-64, 164), (0, 188), (64, 164), (0, 170)])], shade, width=width)


def _kimono(pen: Pen, head: Head, width: float) -> None:
    _neck(pen, head, width)
    cloth, shade = CLOTH[head.person.cloth]
    band: Colour = WHITE if head.person.cloth != "white" else (206, 70, 84)
    skin, _ = head.skin
    pen.part(poly([(-34, 132), (34, 132), (4, 218)]), skin, width=width * 0.8)
    pen.part(
        poly([(26, 126), (52, 140), (-26, 318), (-58, 318)]),
        band,
        lines=[poly([(40, 134), (-42, 318)], close=False)],
        width=width,
    )
    pen.part(
        poly([(-26, 126), (-52, 140), (34, 318), (66, 318)]),
        band,
        lines=[poly([(-40, 134), (50, 318)], close=False)],
        width=width,
    )
    sash: Colour = (230, 184, 70) if head.person.cloth != "yellow" else (126, 70, 150)
    pen.part(box(-74, 304, 74, 374), sash, [box(-74, 350, 74, 374)], mix(sash, (60, 20, 40), 0.35), width=width)
    pen.part(box(-74, 330, 74, 346), mix(shade, (0, 0, 0), 0.1), width=width * 0.7)
    pen.stroke(poly([(6, 374), (20, 494)], close=False), pen.outline(cloth), width)
