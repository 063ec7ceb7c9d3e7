"""Cutting a figure out of its plain ground, as classical pictures are cut: no weights, the same mask everywhere.

The ground may run from one tone to another and carry an autoencoder's noise; what holds it back is the figure's outline.
"""

from typing import TYPE_CHECKING

from studio.errors import RenderError

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

LEAST, MOST = 0.02, 0.97
"""Shares of the picture that a figure may cover."""
PLAIN = 0.5
"""Share of the border that has to be of one ground."""
APART = 24.0
"""Distance in Lab between the border's commonest colour and what may still be a gradient of it."""
NEAR = 7.0
"""Distance in Lab within which a pixel is of the ground's colour there."""
REACHES = (1 / 12, 1 / 30)
"""Shares of the longer side around a pixel from which its ground's colour is told."""
SAME = 3.5
"""The same for pieces of ground that the figure encloses, where no border vouches for them."""
SPECK = 0.004
"""Share of the picture below which a piece that stands alone is dirt."""


def cut_out(picture: "Image.Image") -> "Image.Image":
    """The figure's mask: L, of the picture's size, 255 on the figure and 0 on the ground.

    The ground is told from the top border and the upper half of both sides, for busts stand on the lower one. Raises
    RenderError when that border is not of one colour, or next to nothing or nearly everything would be figure.
    """
    import cv2
    import numpy as np
    from PIL import Image

    rgb = np.asarray(picture.convert("RGB"), dtype=np.float32) / 255
    lab = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), dtype=np.float32)
    rim = _rim(*lab.shape[:2])
    ground = _flooded(_distance(lab, _plane(lab, rim)), rim)
    # shades that no plane describes are followed where they lie, closer each time
    for share in REACHES:
        ground |= _flooded(_distance(lab, _surroundings(lab, ground, share)), rim)
    whole = _plane(lab, ground)
    ground |= _enclosed(_distance(lab, whole), ground, whole)
    ground |= _blended(_distance(lab, _surroundings(lab, ground, REACHES[0])), ground)
    figure = _tidy(~ground)
    share = float(figure.mean())
    if not LEAST <= share <= MOST:
        raise _unplain(f"the cut keeps {share:.0%} of the figure's picture")
    return Image.fromarray(figure.astype(np.uint8) * 255)


def _unplain(found: str) -> RenderError:
    return RenderError(f"{found}: no figure on a plain ground", field="recipe.init.mask",
                       remedy="Give a mask picture, or draw the figure on a plain ground")


def _rim(height: int, width: int) -> "np.ndarray":
    """Where the ground is told from, (height, width): two pixels along the top and the upper half of both sides."""
    import numpy as np

    rim = np.zeros((height, width), bool)
    rim[:2] = True
    rim[: height // 2, :2] = rim[: height // 2, -2:] = True
    return rim


def _plane(lab: "np.ndarray", rim: "np.ndarray") -> "np.ndarray":
    """The ground's colour everywhere, (height, width, 3): a plane through those pixels of the rim that are of one colour."""
    import numpy as np

    rows, columns = np.nonzero(rim)
    colours = lab[rows, columns].astype(np.float64)
    some = colours[:: max(1, len(colours) // 400)]  # all against all: enough to know the commonest
    alike = np.linalg.norm(some[:, None] - some[None], axis=-1) < NEAR
    inside = np.linalg.norm(colours - some[alike.sum(1).argmax()], axis=-1) < APART
    height, width = rim.shape
    known = np.stack([np.ones(len(rows)), rows / height, columns / width], 1)
    y, x = np.mgrid[:height, :width]
    plane = np.empty(0)
    for _ in range(3):  # each time without what the last plane does not explain
        plane = np.linalg.lstsq(known[inside], colours[inside], rcond=None)[0]
        inside &= np.linalg.norm(colours - known @ plane, axis=-1) < NEAR
    if inside.mean() < PLAIN:
        raise _unplain(f"{inside.mean():.0%} of its picture's border are of one colour")
    return (np.stack([np.ones(rim.shape), y / height, x / width], -1) @ plane).astype(np.float32)


def _distance(lab: "np.ndarray", ground: "np.ndarray") -> "np.ndarray":
    import numpy as np

    return np.linalg.norm(lab - ground, axis=-1)


def _flooded(apart: "np.ndarray", rim: "np.ndarray") -> "np.ndarray":
    """Ground that hangs together with the rim; gaps of a pixel or two in an outline do not let it in."""
    import cv2
    import numpy as np

    near = (apart < NEAR).astype(np.uint8)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    wide = cv2.erode(near, cross)  # outside the picture counts as near, so the rim stays
    _, labels = cv2.connectedComponents(wide, connectivity=4, ltype=cv2.CV_32S)
    reached = np.isin(labels, np.setdiff1d(labels[rim], [0])).astype(np.uint8)
    return (np.asarray(cv2.dilate(reached, cross, iterations=2)) > 0) & (near > 0)


def _surroundings(lab: "np.ndarray", ground: "np.ndarray", share: float) -> "np.ndarray":
    """The mean colour of the ground around each pixel, (height, width, 3); far inside the figure that of all ground."""
    import cv2
    import numpy as np

    side = 2 * round(max(lab.shape[:2]) * share) + 1

    def smooth(plane: "np.ndarray") -> "np.ndarray":
        return np.asarray(cv2.blur(cv2.blur(plane, (side, side)), (side, side)))  # as fast for any reach, a Gaussian is not

    weight = ground.astype(np.float32)[..., None]
    mean = (lab * weight).sum((0, 1)) / max(1.0, float(weight.sum()))
    return np.asarray((smooth(lab * weight) + 1e-3 * mean) / (smooth(weight)[..., None] + 1e-3), dtype=np.float32)


def _enclosed(apart: "np.ndarray", ground: "np.ndarray", colour: "np.ndarray") -> "np.ndarray":
    """Ground between arm and body. None on white, where shirts and eyes are of the same colour."""
    import cv2
    import numpy as np

    found = np.zeros_like(ground)
    rest = ((apart < NEAR) & ~ground).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=4, ltype=cv2.CV_32S)
    for i in range(1, count):
        if stats[i, cv2.CC_STAT_AREA] < SPECK * ground.size:
            continue
        piece = labels == i
        white = float(colour[piece][:, 0].mean()) > 95 and float(np.abs(colour[piece][:, 1:]).mean()) < 4
        if float(apart[piece].mean()) < SAME and not white:
            found |= piece
    return found


def _blended(apart: "np.ndarray", ground: "np.ndarray") -> "np.ndarray":
    """Pixels beside the ground that are more ground than outline; they would shine on a darker background."""
    import cv2
    import numpy as np

    beside = cv2.dilate(ground.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))).astype(bool) & ~ground
    return beside & (apart < cv2.dilate(apart, np.ones((3, 3), np.uint8)) / 2)


def _tidy(figure: "np.ndarray") -> "np.ndarray":
    """Pinholes closed, dirt that stands alone taken out."""
    import cv2
    import numpy as np

    square = np.ones((3, 3), np.uint8)
    closed = cv2.morphologyEx(figure.astype(np.uint8), cv2.MORPH_CLOSE, square)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8, ltype=cv2.CV_32S)
    large = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= SPECK * figure.size]
    return np.isin(labels, large)
