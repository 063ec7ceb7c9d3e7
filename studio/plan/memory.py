"""Memory: how much a recipe will hold at its peak, from peaks that were measured. Pure."""

import statistics
from collections.abc import Iterable, Sequence
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

    The line is that of Theil and Sen: the median of all slopes between two points, and the median of what they leave, so
    that one odd take in four does not bend it. Peaks never shrink with pixels. Where all points have one size nothing says
    what weights alone hold: a smaller recipe is promised as much as was measured, a larger one in proportion.
    """
    if not measured:
        return None
    wanted = pixels_at_once(recipe)
    slopes = [(b - a) / (y - x) for (x, a), (y, b) in combinations(sorted(measured), 2) if x != y]
    if not slopes:
        (pixels, _), *_ = measured
        peak = statistics.median(bytes_ for _, bytes_ in measured)
        return round(peak * max(1.0, wanted / max(1, pixels)))
    slope = max(0.0, statistics.median(slopes))
    constant = statistics.median(bytes_ - slope * pixels for pixels, bytes_ in measured)
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


def wanted_bytes(recipe: Recipe, takes: Iterable[PastTake]) -> int:
    """Peak that a recipe is expected to hold; 0 where no take tells."""
    if not isinstance(recipe, ImageRecipe | InbetweenRecipe):
        return 0
    return predict_peak(recipe, points_of(recipe, takes)) or 0
