"""Pictures of a scene: colours, line art, mask, depth, and where joints and faces lie.

Everything is a pure function of (scene, size, motion).
"""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from house.draw import styles
from house.draw.animals import FACE_BOXES, draw_animal
from house.draw.backgrounds import draw_background
from house.draw.body import Joints, draw_body, joints
from house.draw.canvas import Canvas, Size, sides, view
from house.draw.face import Head, draw_ears, draw_face, posed
from house.draw.hair import draw_back_hair, draw_front_hair
from house.draw.pen import NEON, DepthPen, LinePen, Pen
from house.draw.scene import Motion, Person, Scene
from house.draw.shapes import Point

REST = Motion()
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


@dataclass(frozen=True)
class Place:
    """Where a figure stands: its head's centre in picture units, its scale, and how much smaller its body is drawn."""

    x: float
    y: float
    scale: float
    body: float = 1.0

    def of_body(self, point: Point) -> Point:
        """Picture units of a point in figure units below the neck."""
        x, y = point
        return self.x + self.scale * x * self.body, self.y + self.scale * (NECK + (y - NECK) * self.body)

    def of_head(self, point: Point) -> Point:
        """Picture units of a point in head units; the tilt is left out."""
        return self.x + self.scale * point[0], self.y + self.scale * point[1]


NECK = 100.0
_ALONE = {"portrait": (500, 510, 2.5, 1.0), "upper body": (500, 350, 1.75, 1.0), "full body": (500, 284, 1.36, 0.66)}
_PAIR = {"upper body": (205, 400, 1.36, 1.0), "full body": (190, 330, 1.22, 0.62)}
_ANIMAL = (500, 520, 1.55, 1.0)


def _places(scene: Scene, motion: Motion) -> list[Place]:
    """One place per figure, left to right."""
    dx, dy = scene.shift[0] + motion.camera[0], scene.shift[1] + motion.camera[1]
    grow = 1 + scene.zoom
    if scene.animal:
        x, y, scale, body = _ANIMAL
        return [Place(x + dx, y + dy, scale * grow, body)]
    if len(scene.people) == 1:
        x, y, scale, body = _ALONE[scene.framing]
        return [Place(x + dx, y + dy, scale * grow, body)]
    apart, y, scale, body = _PAIR["full body" if scene.framing == "full body" else "upper body"]
    tall = {"1girl": 20.0, "1boy": -20.0}
    return [
        Place(500 + side * apart + dx, y + dy + tall[who.gender], scale * grow, body)
        for side, who in zip((-1, 1), scene.people, strict=True)
    ]


def draw(scene: Scene, size: Size = 128, motion: Motion = REST) -> np.ndarray:
    """The picture in colours and style, (height, width, 3) uint8."""
    glow = scene.seed % 2
    canvas = Canvas()
    _with_camera(canvas, motion)
    canvas.push()
    canvas.transform(1, 0, 0, 1, motion.camera[0] * 0.35, motion.camera[1] * 0.35)
    draw_background(canvas, scene)
    canvas.pop()
    _draw_figures(Pen(canvas, scene.style, NEON[glow]), scene, motion)
    flat = canvas.render(size)
    if scene.style == "cel shading":
        return flat
    picture = flat.astype(np.float32) / 255
    if scene.style == "flat pastel":
        picture = styles.flat_pastel(picture)
    else:
        mask = figure_mask(scene, size, motion)[..., None].astype(np.float32) / 255
        if scene.style == "neon":
            line = line_art(scene, size, motion)[..., None].astype(np.float32) / 255
            picture = styles.neon(picture, mask, line, glow)
        elif scene.style == "dark fantasy":
            picture = styles.dark_fantasy(picture, mask, scene.seed)
        else:
            picture = styles.monochrome(picture, mask)
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def line_art(scene: Scene, size: Size = 128, motion: Motion = REST) -> np.ndarray:
    """White lines on black, (height, width) uint8; the background has none."""
    return _plane(lambda canvas: LinePen(canvas, "cel shading"), scene, size, motion)


def figure_mask(scene: Scene, size: Size = 128, motion: Motion = REST) -> np.ndarray:
    """255 where a figure is, (height, width) uint8."""
    return _plane(lambda canvas: DepthPen(canvas, "cel shading", flat=True), scene, size, motion)


def depth_map(scene: Scene, size: Size = 128, motion: Motion = REST) -> np.ndarray:
    """Nearness, 255 nearest, (height, width) uint8; the background rises from far to near towards the ground."""
    canvas = Canvas()
    canvas.gradient(None, (0, 0), (0, 1000), [(8, 8, 8), (70, 70, 70)])
    _with_camera(canvas, motion)
    _draw_figures(DepthPen(canvas, "cel shading"), scene, motion)
    return canvas.render(size)[..., 0]


def face_boxes(scene: Scene, size: Size = 128, motion: Motion = REST) -> list[Box]:
    """Where the faces lie: chin to hairline, ear to ear, cut at the picture's edge."""
    found: list[Box] = []
    for place in _places(scene, motion):
        box = FACE_BOXES[scene.animal] if scene.animal else (-100.0, -78.0, 100.0, 112.0)
        corners = [place.of_head((box[0], box[1])), place.of_head((box[2], box[3]))]
        (left, top), (right, bottom) = [_seen(corner, size, motion) for corner in corners]
        width, height = sides(size)
        found.append((max(left, 0), max(top, 0), min(right, width), min(bottom, height)))
    return found


def skeletons(scene: Scene, size: Size = 128, motion: Motion = REST) -> list[Joints]:
    """Per person: joint name to (x, y) in pixels, with "nose" and "left eye", "right eye" (of the picture); may lie outside."""
    if scene.animal:
        return []
    found: list[Joints] = []
    for place, person in zip(_places(scene, motion), scene.people, strict=True):
        head = posed(person, motion)
        points = {name: place.of_body(point) for name, point in joints(head, motion.wave).items()}
        for name, point in (("nose", (0.0, 64.0)), ("left eye", (-45.0, 28.0)), ("right eye", (45.0, 28.0))):
            points[name] = place.of_head((point[0] + head.yaw * 36, point[1]))
        found.append({name: _seen(point, size, motion) for name, point in points.items()})
    return found


def _with_camera(canvas: Canvas, motion: Motion) -> None:
    """Zoom around the middle of the picture."""
    zoom = motion.camera_zoom
    canvas.transform(zoom, 0, 0, zoom, 500 - 500 * zoom, 500 - 500 * zoom)


def _seen(point: Point, size: Size, motion: Motion) -> Point:
    """Pixels of a point in picture units."""
    zoom, (left, top, scale) = motion.camera_zoom, view(size)
    return ((point[0] - 500) * zoom + 500 - left) * scale, ((point[1] - 500) * zoom + 500 - top) * scale


def _plane(pen_of: Callable[[Canvas], Pen], scene: Scene, size: Size, motion: Motion) -> np.ndarray:
    canvas = Canvas()
    _with_camera(canvas, motion)
    _draw_figures(pen_of(canvas), scene, motion)
    return canvas.render(size)[..., 0]


def _draw_figures(pen: Pen, scene: Scene, motion: Motion) -> None:
    for number, place in enumerate(_places(scene, motion)):
        pen.weight = 1.25 if place.scale < 1.5 else 1.0
        with pen.placed(place.x, place.y, place.scale):
            if scene.animal:
                pen.near = 0.7
                draw_animal(pen, scene.animal, motion, 5.4)
            else:
                _draw_person(pen, scene.people[number], place, motion)


def _draw_person(pen: Pen, person: Person, place: Place, motion: Motion) -> None:
    head, width = posed(person, motion), 5.4
    pen.near = 0.45
    with _tilted(pen, head):
        draw_back_hair(pen, head, width)
    pen.near = 0.6
    with pen.placed(0, NECK - NECK * place.body, place.body):
        draw_body(pen, head, joints(head, motion.wave), width / place.body**0.5)
    with _tilted(pen, head):
        pen.near = 0.75
        draw_ears(pen, head, width)
        draw_face(pen, head, width)
        pen.near = 0.9
        draw_front_hair(pen, head, width)


def _tilted(pen: Pen, head: Head) -> AbstractContextManager[None]:
    """Draw in head units, turned around the neck."""
    angle = math.radians(head.tilt)
    return pen.placed(NECK * math.sin(angle), NECK - NECK * math.cos(angle), 1.0, head.tilt)
