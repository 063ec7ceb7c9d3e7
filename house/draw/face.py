"""Heads without hair: ears, face, eyes, brows, nose and mouth.

Units: a head is about 220 high around (0, 0); x to the right, y down.
"""

from dataclasses import dataclass

from house.draw.canvas import Colour
from house.draw.pen import Pen
from house.draw.scene import EYES, HAIR, Motion, Person
from house.draw.shapes import Trace, box, circle, ellipse, mix, poly, round_box, smooth

SKIN: tuple[tuple[Colour, Colour], ...] = (
    ((255, 228, 210), (240, 186, 166)), ((252, 216, 190), (230, 168, 142)), ((226, 172, 132), (190, 126, 94)),
)
_YAW = {"facing left": -0.72, "looking at viewer": 0.0, "facing right": 0.72}


@dataclass(frozen=True)
class Head:
    """A person's head at one moment: how far it is turned, how open eyes and mouth are."""

    person: Person
    yaw: float  # -1 to 1
    tilt: float  # degrees
    sway: float  # units
    blink: float
    talk: float | None

    @property
    def girl(self) -> bool:
        """Whether the face is a girl's."""
        return self.person.gender == "1girl"

    @property
    def skin(self) -> tuple[Colour, Colour]:
        """Base and shade."""
        return SKIN[self.person.skin]


def posed(person: Person, motion: Motion) -> Head:
    """The head of a person in motion."""
    yaw = max(-1.0, min(1.0, _YAW[person.facing] + person.yaw + motion.turn))
    return Head(person, yaw, person.tilt + motion.tilt, motion.sway * 14, motion.blink, motion.talk)


def draw_ears(pen: Pen, head: Head, width: float) -> None:
    """The ears that the turn of the head leaves in sight."""
    skin, shade = head.skin
    for side in (-1, 1):
        seen = 1 - max(0.0, side * head.yaw) * 1.2
        if seen <= 0.15:
            continue
        x = side * 88 - head.yaw * 12
        pen.part(ellipse(x, 38, 15 * seen + 3, 24), skin, [box(x - 20, 38, x + 20, 70)], shade, width=width)


def draw_face(pen: Pen, head: Head, width: float) -> None:
    """The face with all that moves in it."""
    skin, shade = head.skin
    yaw, chin = head.yaw, 106.0 if head.girl else 114.0
    wide = 90.0 if head.girl else 93.0
    cx, left, right = yaw * 20, -wide + yaw * 4, wide + yaw * 4
    face = (
        Trace(left, -30)
        .cubic(left - 1, 10, left + 4 + max(0, -yaw) * 6, 46, left + 28 + yaw * 12, 70)
        .cubic(left + 44 + yaw * 12, 86, cx - 20, chin - 2, cx, chin)
        .cubic(cx + 20, chin - 2, right - 44 + yaw * 12, 86, right - 28 + yaw * 12, 70)
        .cubic(right - 4 - max(0, yaw) * 6, 46, right + 1, 10, right, -30)
        .cubic(right, -120, left, -120, left, -30)
        .closed()
    )
    side = -1 if yaw >= 0 else 1
    below_hair = smooth([(-110, -120), (110, -120), (104, -2), (60, 10), (20, 0), (-24, 12), (-64, 4), (-104, 6)])
    turned_away = smooth(
        [(side * 100, -40), (side * 78, 20), (side * 70, 60), (side * 34 + cx, 98), (cx, 118), (side * 100, 110)]
    )
    pen.part(face, skin, [below_hair, turned_away], shade, width=width)
    with pen.inside(face):
        for cheek in (-1, 1):
            pen.fill(ellipse(cheek * 54 + yaw * 30, 62, 19, 8), (255, 120, 120), 0.42 if head.girl else 0.2)
        for eye in (-1, 1):
            _draw_eye(pen, head, eye)
        nose = yaw * 43
        pen.stroke(
            poly([(nose - 1, 58), (nose + 3 + yaw * 5, 64), (nose, 66)], close=False), mix(shade, (130, 60, 60), 0.45), 3.4
        )
        _draw_mouth(pen, head, yaw * 40, 84)
        if head.person.accessory == "glasses":
            _draw_glasses(pen, head)


_OPEN = {"smile": 1.0, "angry": 0.84, "sad": 0.84, "surprised": 1.18, "closed eyes": 0.0}
_BROWS = {"angry": (20, -8), "sad": (-16, 10), "surprised": (-16, -18), "smile": (-2, -2), "closed eyes": (-2, 0)}


def _draw_eye(pen: Pen, head: Head, side: int) -> None:
    """One eye with its brow; side -1 is the left of the picture."""
    person = head.person
    far, near = max(0.0, side * head.yaw), max(0.0, -side * head.yaw)
    half = 30 * (1 - 0.34 * far + 0.04 * near) * (1 if head.girl else 0.96)
    x = side * 45 * (1 - 0.06 * abs(head.yaw)) + head.yaw * 34 - side * far * 5
    y = 28.0
    size = 35 * (1.0 if head.girl else 0.86) * (1 + person.eye_size)
    tall = size * _OPEN[person.expression] * (1 - head.blink)
    shade_of_hair = HAIR[person.hair][1]
    lash: Colour = (44, 26, 36) if pen.style != "flat pastel" else mix(shade_of_hair, (60, 30, 50), 0.5)
    if tall > 5:
        _draw_open_eye(pen, head, side, (x, y, half, tall, size), lash)
    else:
        happy = person.mouth == "closed mouth" or head.blink > 0
        bow = 15 if happy else -15
        lid = smooth(
            [
                (x - half, y + 6), (x - half * 0.5, y + 6 + bow * 0.8), (x, y + 6 + bow), (x + half * 0.5, y + 6 + bow * 0.8),
                (x + half, y + 6),
            ],
            False,
            1,
        )
        pen.stroke(lid, lash, 7.5)
    inner, outer = _BROWS[person.expression]
    up = -24.0 if head.girl else -20.0
    low, high = (inner, outer) if side > 0 else (outer, inner)
    brow = smooth([(x - half * 0.9, up + low), (x, up - 6 + (inner + outer) * 0.4), (x + half * 0.9, up + high)], False)
    colour = mix(shade_of_hair, (50, 26, 36), 0.35) if pen.style != "monochrome" else (30, 30, 34)
    pen.stroke(brow, colour, 5.4 if head.girl else 7.0)
    if person.expression == "sad":
        _draw_tear(pen, x + side * half * 0.45, y + tall * 0.9)


def _draw_open_eye(pen: Pen, head: Head, side: int, eye: tuple[float, float, float, float, float], lash: Colour) -> None:
    x, y, half, tall, size = eye
    person, colour = head.person, EYES[head.person.eyes]
    slant = {"angry": -8, "sad": 8}.get(person.expression, 0) * side

    def at(u: float, v: float) -> tuple[float, float]:
        return (x + u * half, y + v + u * slant)

    top, bottom = -tall * 0.92, tall * 0.80
    white = Trace(*at(-1, 2)).cubic(*at(-0.8, top * 1.12), *at(0.8, top * 1.12), *at(1, 2))
    ball = white.cubic(*at(0.72, bottom * 1.18), *at(-0.72, bottom * 1.18), *at(-1, 2)).closed()
    wide_awake = person.expression == "surprised"
    rx = half * (0.46 if wide_awake else 0.66)
    ry = size * (0.60 if wide_awake else 0.88)
    ix, iy = x + head.yaw * 5 * (1 - 0.3 * far_of(side, head)), y + 1
    pen.fill(ball, (226, 220, 222) if pen.style == "dark fantasy" else (255, 255, 255))
    with pen.inside(ball):
        iris = ellipse(ix, iy, rx, ry)
        dark, pale = mix(colour, (10, 0, 30), 0.5), mix(colour, (255, 255, 255), 0.5)
        pen.shaded(iris, (0, iy - ry), (0, iy + ry), [dark, colour, pale])
        pen.fill(ellipse(ix, iy - ry * 0.03, rx * 0.42, ry * 0.42), mix(colour, (14, 0, 26), 0.82))
    if tall > 14:
        pen.fill(circle(ix - rx * 0.3, iy - ry * 0.38, rx * 0.36), (255, 255, 255))
        pen.fill(circle(ix + rx * 0.42, iy + ry * 0.42, rx * 0.2), (255, 255, 255))
    lid = Trace(*at(-1.1, 5)).cubic(*at(-0.86, top * 1.26), *at(0.86, top * 1.26), *at(1.1, 5))
    pen.fill(lid.cubic(*at(0.84, top * 0.84), *at(-0.84, top * 0.84), *at(-1.1, 5)).closed(), lash, drawn=True)
    if head.girl:
        pen.fill(poly([at(side * 0.92, -6), at(side * 1.36, -15), at(side * 1.06, 6)]), lash)


def far_of(side: int, head: Head) -> float:
    """How far the turn of the head hides what lies on this side, 0 to 1."""
    return max(0.0, side * head.yaw)


def _draw_tear(pen: Pen, x: float, y: float) -> None:
    drop = Trace(x, y - 8).cubic(x + 12, y + 14, x + 8, y + 24, x, y + 24).cubic(x - 8, y + 24, x - 12, y + 14, x, y - 8).closed()
    pen.part(drop, (176, 220, 255), lights=[circle(x - 3, y + 14, 4)], width=2.6)


def _draw_mouth(pen: Pen, head: Head, x: float, y: float) -> None:
    expression = head.person.expression
    wide = {"smile": 24, "closed eyes": 20, "angry": 22, "sad": 17, "surprised": 13}[expression] * (1 - 0.2 * abs(head.yaw))
    up = {"smile": 9, "closed eyes": 7, "angry": -8, "sad": -8, "surprised": 0}[expression]
    opened = 0.75 if expression == "surprised" else 0.9 if head.person.mouth == "open mouth" else 0.0
    if head.talk is not None:
        opened = head.talk
    if opened <= 0.12:
        line = smooth(
            [
                (x - wide, y - up * 0.5), (x - wide / 2, y + up * 0.35), (x, y + up * 0.6), (x + wide / 2, y + up * 0.35),
                (x + wide, y - up * 0.5),
            ],
            False,
            1,
        )
        pen.stroke(line, (110, 40, 50), 4.6)
        return
    h = opened * 22
    if expression == "surprised":
        mouth = ellipse(x, y + 2, wide, h)
    elif up > 0:
        mouth = (
            Trace(x - wide, y - 6)
            .quad(x, y - 1, x + wide, y - 6)
            .cubic(x + wide * 0.8, y + h * 1.25, x - wide * 0.8, y + h * 1.25, x - wide, y - 6)
            .closed()
        )
    else:
        mouth = (
            Trace(x - wide, y + h * 0.6)
            .cubic(x - wide * 0.7, y - h * 0.7, x + wide * 0.7, y - h * 0.7, x + wide, y + h * 0.6)
            .quad(x, y + h * 0.35, x - wide, y + h * 0.6)
            .closed()
        )
    pen.fill(mouth, (150, 52, 64), drawn=True)
    with pen.inside(mouth):
        pen.fill(ellipse(x, y + h * 0.8, wide * 0.62, h * 0.5), (240, 120, 124))
        if expression == "angry":
            pen.fill(box(x - wide, y - h * 0.7, x + wide, y - h * 0.02), (255, 255, 255))
    pen.stroke(mouth, (92, 30, 44), 3.4, drawn=False)


def _draw_glasses(pen: Pen, head: Head) -> None:
    x = head.yaw * 34
    for side in (-1, 1):
        half = 37 * (1 - 0.28 * far_of(side, head))
        gx = side * 45 * (1 - 0.06 * abs(head.yaw)) + x
        pen.stroke(round_box(gx - half, -4, gx + half, 62, 18), (60, 40, 60), 5.6)
    pen.stroke(poly([(x - 12, 26), (x + 12, 26)], close=False), (60, 40, 60), 5.6)
