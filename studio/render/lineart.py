"""Line art: what is drawn in a picture, as white lines on black, the way that line art ControlNets are shown it.

Strokes thinner than their surroundings are what a black-hat leaves (closing less the picture); areas that meet without a stroke,
as in flat colouring, have Canny's edge (Canny, A computational approach to edge detection, PAMI 1986).
"""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

CONTRACT = 1
"""Raised when the same picture gives other lines."""
WIDTH = 0.03
"""Share of the height that a stroke may be wide."""
FAINT, FULL = 16, 72
"""Levels of 255 by which a stroke is darker than what lies around it: black up to the first, white from the second."""
EDGES = (60, 150)
"""Canny's two thresholds, on a gradient of Sobel."""


def make_line_art(picture: "Image.Image") -> bytes:
    """The line art of `picture` as a PNG of its size."""
    from PIL import Image

    held = io.BytesIO()
    Image.fromarray(line_art(picture)).save(held, "PNG")
    return held.getvalue()


def line_art(picture: "Image.Image") -> "np.ndarray":
    """White lines on black, (height, width, 3) uint8."""
    import cv2
    import numpy as np

    plane = np.asarray(picture.convert("L"))
    side = max(3, round(plane.shape[0] * WIDTH) | 1)
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    around = cv2.morphologyEx(cv2.medianBlur(plane, 3), cv2.MORPH_CLOSE, brush)  # white specks are no bright surroundings
    darker = cv2.subtract(around, plane).astype(np.float32)
    strokes = (np.clip((darker - FAINT) / (FULL - FAINT), 0, 1) * 255).astype(np.uint8)
    # a stroke has an edge on either side: only what has no stroke near is drawn by its edge
    near = cv2.dilate(strokes, np.ones((side, side), np.uint8))
    edges = np.where(near > 96, 0, cv2.Canny(cv2.GaussianBlur(plane, (0, 0), 0.8), *EDGES))
    return np.repeat(np.maximum(strokes, edges).astype(np.uint8)[:, :, None], 3, axis=2)
