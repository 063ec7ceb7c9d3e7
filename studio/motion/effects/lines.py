"""Speed lines: rays from outside the picture towards a point, as in print, with a free field around the point."""

import math
from typing import TYPE_CHECKING

from studio.motion.effects.stage import Applied, Moment, Stage, rgb
from studio.story.effects import SpeedLines

if TYPE_CHECKING:
    import numpy as np

MOST = 180
"""Rays at amount 1."""
THICKEST = 0.035
"""Radians that one ray may take of the circle."""
ON_TWOS = 2
"""Drawings for which the same rays stay: new ones in each drawing would flicker."""
SHIFT = 4
"""Binary places of a pixel to which OpenCV draws corners."""


def speed_lines(effect: SpeedLines, stage: Stage) -> Applied:
    """Each ray is a thin triangle; more and longer ones with `amount`, none at 0."""
    import numpy as np

    colour = rgb(effect.colour)

    def strike(frame: "np.ndarray", moment: Moment) -> "np.ndarray":
        if not effect.amount:
            return frame
        rng = np.random.default_rng((*moment.seed, moment.drawing // ON_TWOS))
        cover = _drawn(_rays(effect, stage, rng), stage)[..., None]
        return frame + (colour - frame) * cover

    return strike


def _rays(effect: SpeedLines, stage: Stage, rng: "np.random.Generator") -> "np.ndarray":
    """Triangles, (rays, 3, 2) pixels: the tip inside, the other two corners beyond the picture's edge."""
    import numpy as np

    count = max(12, round(MOST * effect.amount))
    angle = (np.arange(count) + rng.uniform(-0.45, 0.45, count)) * (2 * math.pi / count)
    free = 0.95 - 0.55 * effect.amount
    tip = free * (1 + rng.uniform(0, 0.6, count) ** 2)
    thick = rng.uniform(0.2, 1.0, count) ** 2 * THICKEST
    sides = np.stack([angle, angle - thick / 2, angle + thick / 2], 1)
    reach = np.stack([tip, np.full(count, 4.0), np.full(count, 4.0)], 1)
    middle = np.asarray(effect.centre) * (stage.width, stage.height)
    half = np.asarray((stage.width, stage.height)) / 2
    return middle + np.stack([np.cos(sides), np.sin(sides)], 2) * reach[..., None] * half


def _drawn(rays: "np.ndarray", stage: Stage) -> "np.ndarray":
    """How much of each pixel the rays cover, (height, width) float32."""
    import cv2
    import numpy as np

    ink = np.zeros((stage.height, stage.width), np.uint8)
    for ray in np.rint(rays * (1 << SHIFT)).astype(np.int32):
        cv2.fillConvexPoly(ink, ray, (255,), cv2.LINE_AA, SHIFT)
    return ink.astype(np.float32) / 255
