"""Memory: how much a recipe will hold at its peak, from peaks that were measured. Pure."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from pydantic import ValidationError

from studio.plan.film_recipes import InbetweenRecipe
from studio.plan.history import PastProfile, PastTake
from studio.plan.recipes import ImageRecipe, Recipe, recipe_from

LIKE = ("kind", "engine", "model", "precision", "adapter")
"""Fields in which takes must agree for one to tell of the other."""

Point = tuple[int, int]
"""(pixels that were held at once, peak bytes) of one measured take."""


def pixels_at_once(recipe: InbetweenRecipe | ImageRecipe) -> int:
    """What a peak grows with: pixels of the frames in one window, or of the pictures in one batch."""
    if isinstance(recipe, ImageRecipe):
        return recipe.width * recipe.height * recipe.batch_size
    return recipe.width * recipe.height * min(recipe.frames, recipe.window or recipe.frames)


def predict_peak(recipe: InbetweenRecipe | ImageRecipe, measured: Sequence[Point]) -> int | None:
    """Peak bytes of `recipe`, from points of takes with the same weights and precision; None without any.

    The line is that of Theil and Sen over the median of each size: the median of all slopes between two sizes, and the median of
    what they leave, so that one odd take in four does not bend it. Peaks never shrink with pixels. Where all points have one size
    nothing says what weights alone hold: a smaller recipe is promised as much as was measured, a larger one in proportion.
    """
    if not measured:
        return None
    wanted = pixels_at_once(recipe)
    by_size: dict[int, list[int]] = {}
    for pixels, peak in measured:
        by_size.setdefault(pixels, []).append(peak)
    sizes = [(pixels, statistics.median(peaks)) for pixels, peaks in sorted(by_size.items())]
    slopes = [(b - a) / (y - x) for (x, a), (y, b) in combinations(sizes, 2)]
    if not slopes:
        [(pixels, peak)] = sizes
        return round(peak * max(1.0, wanted / max(1, pixels)))
    slope = max(0.0, statistics.median(slopes))
    constant = statistics.median(peak - slope * pixels for pixels, peak in sizes)
    return max(0, round(constant + slope * wanted))


def points_of(recipe: ImageRecipe | InbetweenRecipe, takes: Iterable[PastTake | PastProfile]) -> list[Point]:
    """What takes with the same weights, engine and precision held; those without a peak tell nothing."""
    same = recipe.model_dump(mode="json", include=set(LIKE))
    points: list[Point] = []
    for take in takes:
        if take.peak_bytes and all(take.body.get(name) == value for name, value in same.items()):
            try:
                past = recipe_from(take.body)
            except ValidationError:  # a take of another genga, whose recipes had other fields
                continue
            assert isinstance(past, ImageRecipe | InbetweenRecipe)
            points.append((pixels_at_once(past), take.peak_bytes))
    return points


class Peaks:
    """What recipes are expected to hold; takes are gone through once for all recipes of the same weights."""

    def __init__(self, measured: Callable[[], Iterable[PastTake | PastProfile]]) -> None:
        self._measured = measured
        self._points: dict[str, list[Point]] = {}

    def wanted(self, recipe: Recipe) -> int:
        """Bytes; 0 where nothing tells."""
        if not isinstance(recipe, ImageRecipe | InbetweenRecipe):
            return 0
        alike = recipe.model_dump_json(include=set(LIKE))
        if alike not in self._points:
            self._points[alike] = points_of(recipe, self._measured())
        return predict_peak(recipe, self._points[alike]) or 0
