"""Control maps drawn from joints: coloured limbs for pose ControlNets, a mannequin's outline for line art ControlNets."""

import math
from typing import TYPE_CHECKING

from studio.plan.refs import Joint, PoseRef

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

Point = tuple[float, float]
Figure = dict[Joint, Point]
"""Joint -> (x, y) in pixels."""

COLOURS: dict[Joint, tuple[int, int, int]] = {
    "nose": (255, 0, 0), "neck": (255, 85, 0), "right_shoulder": (255, 170, 0), "right_elbow": (255, 255, 0),
    "right_wrist": (170, 255, 0), "left_shoulder": (85, 255, 0), "left_elbow": (0, 255, 0), "left_wrist": (0, 255, 85),
    "right_hip": (0, 255, 170), "right_knee": (0, 255, 255), "right_ankle": (0, 170, 255), "left_hip": (0, 85, 255),
    "left_knee": (0, 0, 255), "left_ankle": (85, 0, 255), "right_eye": (170, 0, 255), "left_eye": (255, 0, 255),
    "right_ear": (255, 0, 170), "left_ear": (255, 0, 85),
}
"""OpenPose's, of joints; limbs take the same colours in their own order."""
LIMBS: tuple[tuple[Joint, Joint], ...] = (
    ("neck", "right_shoulder"), ("neck", "left_shoulder"), ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"),
    ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"), ("neck", "right_hip"), ("right_hip", "right_knee"),
    ("right_knee", "right_ankle"), ("neck", "left_hip"), ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
    ("neck", "nose"), ("nose", "right_eye"), ("right_eye", "right_ear"), ("nose", "left_eye"), ("left_eye", "left_ear"),
)
"""In the order in which OpenPose colours them."""
DIM = 0.6
"""Brightness of limbs; joints stand out on them."""
STICK = 4 / 512
"""Half a limb's thickness and a joint's radius, as a share of the picture's shorter side."""
LINE = 0.011
"""Thickness of a mannequin's outline, as a share of the shorter side: what line art of the house is drawn with."""
FINE = 4
"""Outlines are drawn so many times larger and shrunk, which smooths them."""
THICK: dict[tuple[Joint, Joint], float] = {
    ("right_shoulder", "right_elbow"): 0.17, ("right_elbow", "right_wrist"): 0.14,
    ("left_shoulder", "left_elbow"): 0.17, ("left_elbow", "left_wrist"): 0.14,
    ("right_hip", "right_knee"): 0.22, ("right_knee", "right_ankle"): 0.17,
    ("left_hip", "left_knee"): 0.22, ("left_knee", "left_ankle"): 0.17,
    ("neck", "right_shoulder"): 0.14, ("neck", "left_shoulder"): 0.14,
}
"""Half thickness of a mannequin's limbs, as a share of its breadth."""


def draw_pose(ref: PoseRef, width: int, height: int) -> "Image.Image":
    """The map that `ref` describes, RGB of `width` x `height` pixels; later figures stand before earlier ones."""
    from PIL import Image

    figures: list[Figure] = [{joint: (x * width, y * height) for joint, (x, y) in figure.items()} for figure in ref.figures]
    draw = _limbs if ref.style == "openpose" else _outlines
    return Image.fromarray(draw(figures, width, height))


def _limbs(figures: list[Figure], width: int, height: int) -> "np.ndarray":
    """(height, width, 3) uint8."""
    import cv2
    import numpy as np

    canvas = np.zeros((height, width, 3), np.uint8)
    stick = max(1, round(STICK * min(width, height)))
    for figure in figures:
        for (one, other), colour in zip(LIMBS, COLOURS.values(), strict=False):
            if one not in figure or other not in figure:
                continue
            (x, y), (u, v) = figure[one], figure[other]
            middle, half = (round((x + u) / 2), round((y + v) / 2)), (round(math.dist((x, y), (u, v)) / 2), stick)
            shape = cv2.ellipse2Poly(middle, half, round(math.degrees(math.atan2(v - y, u - x))), 0, 360, 1)
            cv2.fillConvexPoly(canvas, np.array(shape, np.int32), [int(DIM * c) for c in colour])
        for joint, (x, y) in figure.items():
            cv2.circle(canvas, (round(x), round(y)), stick, COLOURS[joint], thickness=-1)
    return canvas


def _outlines(figures: list[Figure], width: int, height: int) -> "np.ndarray":
    """(height, width, 3) uint8, white on black."""
    import cv2
    import numpy as np

    canvas = np.zeros((height * FINE, width * FINE), np.uint8)
    thick = max(2, round(LINE * min(width, height) * FINE))
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thick, thick))
    for figure in figures:
        body = np.zeros_like(canvas)
        _mannequin(body, {joint: (x * FINE, y * FINE) for joint, (x, y) in figure.items()})
        canvas[body > 0] = 0
        canvas = np.maximum(canvas, cv2.morphologyEx(body, cv2.MORPH_GRADIENT, pen))  # no line along the picture's edge
    small = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    return np.repeat(small[..., None], 3, axis=-1)


def _mannequin(body: "np.ndarray", figure: Figure) -> None:
    """Fills one figure's shape into `body`, (height, width) uint8, with 255."""
    import cv2
    import numpy as np

    breadth = _breadth(figure)
    for (one, other), thick in THICK.items():
        if one in figure and other in figure:
            _capsule(body, figure[one], figure[other], thick * breadth)
    corners: tuple[Joint, ...] = ("right_shoulder", "left_shoulder", "left_hip", "right_hip")
    torso = [figure[joint] for joint in corners if joint in figure]
    if len(torso) > 2:
        hull = cv2.convexHull(np.array(torso, np.float32)).astype(np.int32)
        cv2.fillPoly(body, [hull], 255)
        for one, other in zip(torso, [*torso[1:], torso[0]], strict=True):
            _capsule(body, one, other, 0.14 * breadth)
    head = _head(figure)
    if head is None:
        return
    centre, wide, turn = head
    cv2.ellipse(body, _whole(centre), (round(wide), round(1.1 * wide)), turn, 0, 360, 255, thickness=-1)
    if "neck" in figure:
        _capsule(body, centre, figure["neck"], 0.16 * breadth)


def _capsule(body: "np.ndarray", one: Point, other: Point, radius: float) -> None:
    import cv2

    cv2.line(body, _whole(one), _whole(other), 255, thickness=max(1, round(2 * radius)))


def _whole(point: Point) -> tuple[int, int]:
    return round(point[0]), round(point[1])


def _breadth(figure: Figure) -> float:
    """About the distance of a figure's shoulders as seen from the front: turning away and foreshortening only shrink limbs."""
    told: tuple[tuple[Joint, Joint, float], ...] = (
        ("right_shoulder", "left_shoulder", 1.0), ("neck", "right_shoulder", 1.8), ("neck", "left_shoulder", 1.8),
        ("neck", "right_hip", 0.55), ("neck", "left_hip", 0.55), ("right_shoulder", "right_elbow", 0.9),
        ("left_shoulder", "left_elbow", 0.9), ("right_elbow", "right_wrist", 0.9), ("left_elbow", "left_wrist", 0.9),
        ("right_hip", "right_knee", 0.8), ("left_hip", "left_knee", 0.8), ("right_knee", "right_ankle", 0.8),
        ("left_knee", "left_ankle", 0.8), ("neck", "nose", 1.2),
    )
    return max((share * math.dist(figure[a], figure[b]) for a, b, share in told if a in figure and b in figure), default=0.0)


def _head(figure: Figure) -> tuple[Point, float, float] | None:
    """(centre, half its width, degrees it leans by), as far as the face's joints tell; None when they do not."""
    pairs: tuple[tuple[Joint, Joint, float], ...] = (("right_eye", "left_eye", 1.1), ("right_ear", "left_ear", 0.55))
    seen = [(figure[a], figure[b], share) for a, b, share in pairs if a in figure and b in figure]
    sizes = [share * math.dist(one, other) for one, other, share in seen]
    neck, nose = figure.get("neck"), figure.get("nose")
    if neck and nose:
        sizes.append(0.8 * math.dist(neck, nose))
    if not sizes:
        return None
    wide = max(sizes)
    if seen:
        (x, y), (u, v), _ = seen[0]
        centre = ((x + u) / 2, (y + v) / 2)
        # the figure's right is the picture's left, unless it is seen from behind
        lean = math.degrees(math.atan2(v - y, u - x) if u >= x else math.atan2(y - v, x - u))
        return centre, wide, lean
    assert neck and nose
    x, y = (nose[0] - neck[0], nose[1] - neck[1])
    far = max(1e-6, math.hypot(x, y))
    centre = (nose[0] + 0.4 * wide * x / far, nose[1] + 0.4 * wide * y / far)
    return centre, wide, math.degrees(math.atan2(x, -y))
