"""Predictor: how long a recipe will take, from the ledger's own history; a stated guess before there is any."""

import statistics
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from studio.plan.film_recipes import InbetweenRecipe
from studio.plan.history import History
from studio.plan.recipes import ImageRecipe, Recipe, UpscaleRecipe

GUESS_PER_PIXEL_STEP = 1.0e-6
"""Seconds per pixel and sampler step of a small model on two CPU cores; replaced by the first real take."""
GUESS_PER_PIXEL = 1.0e-7
"""Seconds per output pixel of an upscale without history."""
GUESS = {
    "page": 1.0, "book": 2.0, "inbetween": 5.0, "frames_final": 5.0, "inbetween_final": 5.0, "voice": 0.5, "clip": 4.0,
    "subtitles": 0.1, "film": 6.0, "blockout": 1.0, "lines": 0.1, "keyframe": 5.0, "background": 5.0, "figure": 5.0,
}
"""Seconds for what has no history and no better guess."""
_ALIKE = ("page", "book", "subtitles", "film", "blockout", "lines")
"""Stages of which any one costs about as much as another."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Predicted device seconds, and what the prediction rests on."""

    seconds: float
    basis: str


def _work(body: dict[str, Any]) -> float:
    """Amount of work in a recipe's body; takes of one model scale with it."""
    if body["kind"] == "image":
        strength = (body.get("init") or {}).get("strength", 1.0)
        return body["width"] * body["height"] * body["steps"] * strength
    if body["kind"] == "upscale":
        return body["scale"] ** 2
    if body["kind"] == "inbetween":
        return body["width"] * body["height"] * body["frames"] * max(1.0, body["steps"] * body["strength"])
    if body["kind"] == "frames_final":
        return body["scale"] ** 2 * max(1, body["count"])
    if body["kind"] == "clip":
        return body["width"] * body["height"] * body["frames"]
    return 1.0


def _like(body: dict[str, Any]) -> tuple[Any, ...]:
    """Recipes that should cost the same per unit of work: same engine, weights and precision."""
    return (body["kind"], body["engine"], body.get("model"), body.get("precision"), len(body.get("controls") or ()),
            bool(body.get("control")))


class Predictor:
    """Median seconds per unit of work over like takes."""

    def __init__(self, history: History) -> None:
        rates: dict[tuple[Any, ...], list[float]] = defaultdict(list)
        for take in history.takes.values():
            rates[_like(take.body)].append(take.seconds / max(_work(take.body), 1e-9))
        self._rates = {key: (statistics.median(values), len(values)) for key, values in rates.items()}

    def estimate(self, recipe: Recipe, size: tuple[int, int] | None = None) -> Estimate:
        """Seconds for `recipe`; `size` is the input of an upscale that is not rendered yet, width and height."""
        body = recipe.model_dump(include=_INCLUDE)
        found = self._rates.get(_like(body))
        if found:
            return Estimate(found[0] * _work(body), f"median of {found[1]} like takes")
        if isinstance(recipe, ImageRecipe):
            return Estimate(GUESS_PER_PIXEL_STEP * _work(body), "a guess, before any take")
        if isinstance(recipe, UpscaleRecipe):
            width, height = size or (512, 512)
            return Estimate(GUESS_PER_PIXEL * width * height * recipe.scale**2, "a guess, before any take")
        if isinstance(recipe, InbetweenRecipe):
            return Estimate(GUESS_PER_PIXEL_STEP * _work(body), "a guess, before any take")
        return Estimate(GUESS[recipe.kind], "a guess, before any take")

    def typical(self, kind: str) -> Estimate:
        """Seconds for a unit whose recipe cannot be known yet, by its stage."""
        found = self._rates.get((kind, kind, None, None, 0, False)) if kind in _ALIKE else None
        if found:
            return Estimate(found[0], f"median of {found[1]} like takes")
        return Estimate(GUESS[kind], "a guess, before any take")


_INCLUDE = {"kind", "engine", "model", "precision", "controls", "width", "height", "steps", "init", "scale", "frames", "strength",
            "count", "control"}
