"""Did the picture follow its control maps: do its edges lie where the map's lines do.

Drawings of a kind share edges wherever they stand, so a raw correlation starts above 0.  What counts is how far it lies above
chance: above that with the same map mirrored and shifted, which has the same lines in other places.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.judge.scorer import Better, Desk, Measured, Subject, Unconditional, stamped
from studio.judge.scorers.planes import edges, grey
from studio.plan.recipes import ImageRecipe
from studio.plan.refs import ControlRef

if TYPE_CHECKING:
    from PIL import Image

HEIGHT = 256
"""Pixels at which edges are compared."""
NEAR = 1 / 128
"""Share of the height, the blur within which an edge counts as lying on a line."""
COLOURED = 12
"""Mean spread of a map's channels, levels of 255, from which its colours mean something: joints, classes, normals."""
FILLED = 0.5
"""Share of a map's brightness that survives an opening by FILLED_BY from which it is areas (depth) rather than lines."""
FILLED_BY = 0.04
"""Share of the height."""


class ControlScorer:
    """Correlation of edges and map, less that of chance; about 0 for a picture that knows nothing of its map.

    Grey maps of areas (depth) are compared by the areas' edges.  The mean over a recipe's maps; None without one, or with
    coloured ones (poses, classes, normals) alone, which do not say where edges are.
    """

    name = "control"
    version = 1
    better: Better = "higher"
    unit = "correlation"

    def __init__(self, **given: Any) -> None:
        self.parameters = Unconditional.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        return stamped(self)

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer. Raises StoreError for a map that is not kept here."""
        return [self._measured(s, desk) for s in subjects]

    def _measured(self, subject: Subject, desk: Desk) -> Measured | None:
        refs = subject.recipe.controls if isinstance(subject.recipe, ImageRecipe) else ()
        maps = [desk.sources.picture(ref.image) for ref in refs if isinstance(ref, ControlRef)]
        found = [agreement(subject.picture, drawn) for drawn in maps if not coloured(drawn)]
        if not found:
            return None
        many = "" if len(found) == 1 else "maps: " + ", ".join(f"{value:.2f}" for value in found)
        return Measured(float(np.mean(found)), many)


def agreement(picture: "Image.Image", drawn: "Image.Image") -> float:
    """Correlation of a picture's edges with a grey control map above chance, about 0 to 0.8."""
    import cv2

    plane = grey(picture, HEIGHT)
    wanted = _lines(drawn, (plane.shape[1], plane.shape[0]))
    blur = max(0.5, plane.shape[0] * NEAR)
    seen, wanted = (cv2.GaussianBlur(each, (0, 0), blur) for each in (edges(plane), wanted))
    tall, wide = wanted.shape[0] // 4, wanted.shape[1] // 4
    elsewhere = [np.roll(wanted, (y, x), (0, 1)) for y in (-tall, 0, tall) for x in (-wide, 0, wide) if x or y]
    chance = np.mean([_correlation(seen, other) for other in [*elsewhere, wanted[:, ::-1]]])
    return _correlation(seen, wanted) - float(chance)


def coloured(drawn: "Image.Image") -> bool:
    """Whether a map's colours mean something."""
    channels = np.asarray(drawn.convert("RGB").resize((64, 64)), np.int16)
    lit = channels.max(-1) > 32
    spread = (channels.max(-1) - channels.min(-1))[lit]
    return bool(spread.size and spread.mean() > COLOURED)


def _lines(drawn: "Image.Image", size: tuple[int, int]) -> np.ndarray:
    """Where a map wants edges, (h, w) float32: its lines, or the edges of its areas."""
    import cv2

    plane = cv2.resize(np.asarray(drawn.convert("L")), size, interpolation=cv2.INTER_AREA)
    side = max(3, round(plane.shape[0] * FILLED_BY) | 1)
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    whole = float(plane.sum(dtype=np.float64))
    areas = float(cv2.morphologyEx(plane, cv2.MORPH_OPEN, brush).sum(dtype=np.float64))
    return edges(plane) if whole and areas / whole > FILLED else plane.astype(np.float32)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    a, b = one.astype(np.float64) - one.mean(), other.astype(np.float64) - other.mean()
    spread = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / spread if spread else 0.0
