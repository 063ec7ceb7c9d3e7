"""Bodies: joints, limbs, torso.  Units as in house.draw.face; shoulders lie at y 180, hips at y 450, soles at y 800.

The joints come first and the limbs are drawn along them, so that a pose map always fits its picture.
"""

import math
from dataclasses import dataclass

from house.draw.canvas import Colour
from house.draw.face import Head
from house.draw.outfits import draw_dress_code, draw_skirt, sleeve, torso_shape
from house.draw.pen import Pen
from house.draw.scene import CLOTH
from house.draw.shapes import Point, box, circle, limb, mix, smooth

Joints = dict[str, Point]


@dataclass(frozen=True)
class Build:
    """Half widths of a figure."""

    shoulder: float
    waist: float
    hip: float


GIRL, BOY = Build(88, 54, 70), Build(104, 76, 72)


def build_of(head: Head) -> Build:
    """The build of a head's owner."""
    return GIRL if head.girl else BOY


def joints(head: Head, wave: float) -> Joints:
    """Joints in figure units: neck, and shoulder, elbow, wrist, hip, knee, ankle of both sides (left is the picture's)."""
    build, pose = build_of(head), head.person.pose
    acting = 1 if head.person.left_handed else -1
    found: Joints = {"neck": (0, 130)}
    for side, name in ((-1, "left"), (1, "right")):
        shoulder = (side * (build.shoulder - 12), 180.0)
        if pose == "arm raised" and side == acting:
            elbow = (side * (build.shoulder + 56), 226.0)
            angle = math.radians(14 + wave * 26)
            wrist = (elbow[0] + side * math.sin(angle) * 140, elbow[1] - math.cos(angle) * 140)
        elif pose == "hand on hip" and side != acting:
            elbow, wrist = (side * (build.shoulder + 66), 296.0), (side * (build.waist + 22), 366.0)
        else:
            elbow, wrist = (side * (build.shoulder + 14), 304.0), (side * (build.shoulder + 16), 426.0)
        found |= {f"{name} shoulder": shoulder, f"{name} elbow": elbow, f"{name} wrist": wrist}
        found |= {f"{name} hip": (side * 34, 444.0), f"{name} knee": (side * 37, 604.0), f"{name} ankle": (side * 36, 764.0)}
    return found


def draw_body(pen: Pen, head: Head, found: Joints, width: float) -> None:
    """The body below the head."""
    build, person = build_of(head), head.person
    cloth, shade = CLOTH[person.cloth]
    skirted = person.outfit == "dress" or (person.outfit == "school uniform" and head.girl)
    _draw_legs(pen, head, found, skirted, width)
    idle = person.pose == "arms at sides"
    if idle:
        for name in ("left", "right"):
            _draw_arm(pen, head, found, name, width)
    torso, shades = torso_shape(build.shoulder, build.waist, build.hip, head.girl)
    pen.part(torso, cloth, shades, shade, width=width)
    if skirted:
        draw_skirt(pen, head, build.waist, build.hip, width)
    draw_dress_code(pen, head, width)
    if not idle:
        for name in ("left", "right"):
            _draw_arm(pen, head, found, name, width)


def _draw_legs(pen: Pen, head: Head, found: Joints, skirted: bool, width: float) -> None:
    outfit, (skin, skin_shade) = head.person.outfit, head.skin
    cloth: tuple[Colour, Colour] = ((66, 68, 88), (40, 40, 58))
    if outfit == "armor":
        cloth = ((130, 136, 158), (84, 88, 112))
    elif outfit == "kimono":
        cloth = CLOTH[head.person.cloth]
    base, shade = (skin, skin_shade) if skirted else cloth
    shoe: Colour = (236, 236, 240) if outfit == "hoodie" else (70, 46, 44)
    for side, name in ((-1, "left"), (1, "right")):
        hip, knee, ankle = found[f"{name} hip"], found[f"{name} knee"], found[f"{name} ankle"]
        x, y = ankle
        foot = smooth([(x - 22, y - 8), (x + 22, y - 8), (x + 28 + side * 10, y + 36), (x - 28 + side * 10, y + 36)], tension=0.6)
        pen.part(foot, shoe, [box(x - 44, y + 24, x + 44, y + 50)], mix(shoe, (0, 0, 0), 0.4), width=width)
        pen.part(limb(knee, ankle, 28, 22), base, [limb((knee[0] - 16, knee[1]), (x - 14, y), 14, 10)], shade, width=width)
        pen.part(
            limb(hip, knee, 40, 30), base, [limb((hip[0] - 24, hip[1]), (knee[0] - 18, knee[1]), 18, 14)], shade, width=width
        )
        if skirted:
            sock: Colour = (44, 44, 60) if head.person.left_handed else (246, 246, 250)
            pen.part(limb((knee[0], knee[1] + 36), ankle, 27, 22), sock, width=width)


def _draw_arm(pen: Pen, head: Head, found: Joints, name: str, width: float) -> None:
    """One arm: hand first, then forearm and upper arm over it."""
    shoulder, elbow, wrist = found[f"{name} shoulder"], found[f"{name} elbow"], found[f"{name} wrist"]
    side = -1 if name == "left" else 1
    skin, skin_shade = head.skin
    dx, dy = wrist[0] - elbow[0], wrist[1] - elbow[1]
    length = math.hypot(dx, dy)
    ux, uy = dx / length, dy / length
    if wrist[1] < elbow[1]:  # a raised hand shows its fingers
        for angle in (-0.8, -0.28, 0.1, 0.48):
            cos, sin = math.cos(angle), math.sin(angle)
            tip = (wrist[0] + (ux * cos - uy * sin) * 42, wrist[1] + (ux * sin + uy * cos) * 42)
            pen.part(limb((wrist[0] + ux * 6, wrist[1] + uy * 6), tip, 9, 8), skin, width=width * 0.8)
    size = 21.0 if head.girl else 24.0
    pen.part(
        circle(*wrist, size),
        skin,
        [limb((wrist[0] - 10, wrist[1] + 18), (wrist[0] + 16, wrist[1] + 18), 10, 10)],
        skin_shade,
        width=width * 0.9,
    )
    sleeve(pen, head, side, (shoulder, elbow, wrist), (ux, uy), width)
