"""Pictures as planes of grey, at one height, for the scorers that look at pixels."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image


def grey(picture: "Image.Image", height: int) -> np.ndarray:
    """Luma (ITU-R BT.601), (h, w) uint8, shrunk to `height` pixels by averaging areas.

    Smaller pictures stay as they are: enlarging would look like blur.
    """
    import cv2

    plane = np.asarray(picture.convert("L"))
    if plane.shape[0] <= height:
        return plane
    wide = max(1, round(plane.shape[1] * height / plane.shape[0]))
    return cv2.resize(plane, (wide, height), interpolation=cv2.INTER_AREA)


def edges(plane: np.ndarray) -> np.ndarray:
    """Magnitude of the Sobel gradient of an 8-bit plane, (h, w) float32."""
    import cv2

    across, down = (cv2.Sobel(plane, cv2.CV_16S, x, 1 - x).astype(np.float32) for x in (1, 0))
    return np.sqrt(across * across + down * down)  # cv2.magnitude rounds by where its memory lies
