"""A figure and its background, drawn apart, laid over each other before they are drawn together."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.render.engines.sd15.cutting import cut_out

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class Layers:
    """All of one size."""

    pasted: "Image.Image"
    """RGB: the figure on its background, with a hard edge. Drawing begins here, so that none of its plain ground shines in."""
    ground: "Image.Image"
    """RGB: the background."""
    mask: "Image.Image"
    """L: 255 on the figure, running out around it; where it is 0 the background stands."""


def lay(figure: "Image.Image", ground: "Image.Image", mask: "Image.Image | None", feather: int) -> Layers:
    """Layers from RGB pictures and an L mask, white on the figure; None cuts it out.

    feather: pixels outside the figure over which the mask runs out; 0 is a hard edge. Raises RenderError when the figure
    stands on no plain ground.
    """
    from PIL import Image

    cut = (mask or cut_out(figure)).point([0] * 128 + [255] * 128)
    return Layers(Image.composite(figure, ground, cut), ground, _feathered(cut, feather))


def _feathered(cut: "Image.Image", feather: int) -> "Image.Image":
    """Outwards only: the figure keeps its whole outline."""
    import cv2
    import numpy as np
    from PIL import Image

    away = cv2.distanceTransform(255 - np.asarray(cut), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    values = np.clip(1 - away.astype(np.float64) / (feather + 1), 0, 1)
    return Image.fromarray(np.rint(values * 255).astype(np.uint8))
