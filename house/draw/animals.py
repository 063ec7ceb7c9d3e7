"""The animals of the sample tale, seated, in units of about 400 around (0, 0)."""

from house.draw.canvas import Colour
from house.draw.pen import Pen
from house.draw.scene import Motion
from house.draw.shapes import Point, circle, ellipse, limb, lock, mix, poly, smooth

FACE_BOXES: dict[str, tuple[float, float, float, float]] = {
    "dog": (-118, -210, 118, 0),
    "monkey": (-112, -214, 112, -8),
    "pheasant": (-40, -214, 92, -96),
}
"""Left, top, right, bottom of the head, units."""


def draw_animal(pen: Pen, name: str, motion: Motion, width: float) -> None:
    """The animal; motion's blink, talk and sway move it."""
    {"dog": _dog, "monkey": _monkey, "pheasant": _pheasant}[name](pen, motion, width)


def _eyes(pen: Pen, places: list[Point], size: float, motion: Motion, colour: Colour = (40, 26, 24)) -> None:
    for x, y in places:
        if motion.blink > 0.7:
            pen.stroke(smooth([(x - size, y), (x, y + size * 0.6), (x + size, y)], False, 1), colour, 7)
            continue
        pen.fill(ellipse(x, y, size, size * 1.15 * (1 - motion.blink)), colour, drawn=True)
        pen.fill(circle(x - size * 0.3, y - size * 0.4, size * 0.36), (255, 255, 255))


def _dog(pen: Pen, motion: Motion, width: float) -> None:
    fur, shade, cream, wag = (226, 158, 84), (176, 110, 56), (252, 240, 220), motion.sway * 30
    pen.part(
        smooth([(110, 250), (200, 210), (236 + wag, 110), (190 + wag, 60), (160 + wag, 120), (150, 170), (90, 200)]),
        fur,
        [ellipse(215 + wag, 170, 30, 60)],
        shade,
        width=width,
    )
    pen.part(
        smooth([(-90, 20), (90, 20), (136, 200), (120, 330), (-120, 330), (-136, 200)]),
        fur,
        [smooth([(-140, 120), (-80, 200), (-70, 340), (-160, 340)])],
        shade,
        width=width,
    )
    pen.part(smooth([(-56, 20), (56, 20), (60, 150), (0, 210), (-60, 150)]), cream, width=width * 0.7)
    for side in (-1, 1):
        pen.part(
            limb((side * 54, 150), (side * 58, 312), 32, 30),
            fur,
            [limb((side * 54 - 18, 170), (side * 58 - 18, 312), 12, 12)],
            shade,
            width=width,
        )
        pen.part(ellipse(side * 60, 326, 42, 24), cream, width=width)
        pen.part(
            poly([(side * 40, -170), (side * 104, -232), (side * 122, -110)]),
            fur,
            [poly([(side * 64, -160), (side * 98, -206), (side * 106, -130)])],
            (240, 170, 160),
            width=width,
        )
    pen.part(
        smooth([(-104, -120), (-60, -190), (60, -190), (104, -120), (118, -40), (60, 10), (0, 22), (-60, 10), (-118, -40)]),
        fur,
        [smooth([(-120, -70), (-80, -40), (-50, 20), (-130, 20)])],
        shade,
        width=width,
    )
    pen.part(smooth([(-64, -60), (0, -84), (64, -60), (58, 0), (0, 18), (-58, 0)]), cream, width=width * 0.7)
    _eyes(pen, [(-48, -100), (48, -100)], 17, motion)
    pen.fill(smooth([(-22, -58), (22, -58), (0, -34)]), (44, 28, 30), drawn=True)
    _muzzle(pen, 0, -34, 28, motion)
    pen.part(smooth([(-70, 14), (0, 36), (70, 14), (66, 44), (0, 66), (-66, 44)]), (204, 52, 60), width=width)


def _muzzle(pen: Pen, x: float, y: float, wide: float, motion: Motion) -> None:
    if motion.talk:
        pen.fill(ellipse(x, y + 20, wide * 0.6, 18 * motion.talk), (180, 60, 70), drawn=True)
    pen.stroke(
        smooth([(x - wide, y + 10), (x - wide / 2, y + 20), (x, y + 4), (x + wide / 2, y + 20), (x + wide, y + 10)], False, 1),
        (60, 36, 34), 6,
    )


def _monkey(pen: Pen, motion: Motion, width: float) -> None:
    fur, shade, skin, swing = (146, 98, 62), (100, 62, 40), (250, 204, 170), motion.sway * 26
    tail = smooth([(100, 280), (210, 280), (250 + swing, 180), (210 + swing, 110), (180 + swing, 150)], False, 1)
    pen.stroke(tail, pen.outline(fur), 40)
    pen.stroke(tail, fur, 28, drawn=False)
    pen.part(
        smooth([(-84, 10), (84, 10), (126, 190), (108, 330), (-108, 330), (-126, 190)]),
        fur,
        [smooth([(-130, 110), (-80, 180), (-70, 340), (-150, 340)])],
        shade,
        width=width,
    )
    pen.part(ellipse(0, 180, 66, 96), (222, 178, 136), width=width * 0.7)
    for side in (-1, 1):
        pen.part(limb((side * 92, 60), (side * 150, 190), 28, 24), fur, width=width)
        pen.part(limb((side * 150, 190), (side * 66, 250), 25, 22), fur, width=width)
        pen.part(circle(side * 58, 254, 26), skin, width=width)
        pen.part(ellipse(side * 78, 328, 54, 26), skin, width=width)
        pen.part(circle(side * 118, -100, 38), fur, width=width)
        pen.part(circle(side * 118, -100, 22), skin, width=width * 0.6)
    pen.part(
        smooth([(-108, -110), (-64, -204), (64, -204), (108, -110), (84, -10), (0, 14), (-84, -10)]),
        fur,
        [smooth([(-112, -90), (-80, -40), (-50, 10), (-120, 10)])],
        shade,
        width=width,
    )
    pen.part(
        smooth(
            [(-72, -140), (-30, -158), (0, -138), (30, -158), (72, -140), (78, -70), (50, -12), (0, 0), (-50, -12), (-78, -70)]
        ),
        skin,
        width=width * 0.8,
    )
    _eyes(pen, [(-36, -100), (36, -100)], 15, motion)
    for side in (-1, 1):
        pen.fill(ellipse(side * 58, -56, 14, 9), (240, 120, 110), 0.6)
        pen.fill(circle(side * 8, -62, 4), (120, 60, 50))
    _muzzle(pen, 0, -48, 34, motion)


def _pheasant(pen: Pen, motion: Motion, width: float) -> None:
    green, shade, gold, sway = (52, 132, 104), (30, 84, 80), (222, 158, 62), motion.sway * 24
    for k, colour in enumerate(((150, 96, 52), (190, 130, 70), gold)):
        root, tip = (-60, 150 + k * 24), (-330 + k * 30 + sway, -40 + k * 90)
        pen.part(lock(root, tip, 74, 24), colour, lines=[poly([root, tip], close=False)], width=width)
    for side in (-1, 1):
        pen.part(limb((20 + side * 34, 250), (24 + side * 36, 330), 9, 8), gold, width=width * 0.8)
        pen.part(
            smooth([(24 + side * 36 - 30, 340), (24 + side * 36, 322), (24 + side * 36 + 40, 340)], tension=0.4),
            gold,
            width=width * 0.8,
        )
    pen.part(
        smooth([(60, -40), (120, 60), (124, 180), (50, 272), (-60, 250), (-110, 170), (-60, 70), (0, 10)]),
        (190, 84, 52),
        [smooth([(-110, 170), (-40, 200), (60, 280), (-80, 290)])],
        (136, 52, 44),
        width=width,
    )
    pen.part(
        smooth([(-50, 90), (30, 80), (64, 150), (10, 220), (-120, 210)]),
        gold,
        [poly([(-100, 200), (10, 190), (10, 230), (-110, 224)])],
        (170, 110, 48),
        lines=[smooth([(-20, 130), (20, 150), (0, 190)], False)],
        width=width,
    )
    pen.part(
        smooth([(4, -60), (70, -60), (104, 40), (60, 70), (0, 50)]),
        green,
        [smooth([(0, -50), (26, -10), (30, 60), (-20, 60)])],
        shade,
        width=width,
    )
    pen.part(smooth([(-10, 40), (60, 58), (112, 34), (108, 66), (50, 88), (-16, 70)]), (246, 246, 250), width=width * 0.8)
    pen.part(poly([(84, -150), (150, -128), (86, -112)]), (246, 206, 96), width=width)
    pen.part(circle(44, -134, 66), green, [smooth([(-22, -140), (10, -110), (30, -66), (-30, -66)])], shade, width=width)
    pen.part(ellipse(62, -132, 34, 30), (214, 50, 56), width=width * 0.7)
    _eyes(pen, [(62, -136)], 15, motion)
    for k in (0, 1):
        pen.part(lock((14 + k * 16, -190), (-30 + k * 22, -250), 20, 4), mix(green, gold, 0.3 * k), width=width * 0.8)


__all__ = ["FACE_BOXES", "draw_animal"]
