"""The `flow` engine: inbetweens by optical flow, without weights. A draft in seconds on any machine."""

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from studio.errors import RenderError
from studio.plan.film_recipes import InbetweenRecipe
from studio.render.batching import refuse_kind
from studio.render.engine import Bench, Rendered, Sources
from studio.render.engines.finishing import kept
from studio.render.engines.warping import Between
from studio.render.environment import plain_environment

if TYPE_CHECKING:
    import numpy as np


class FlowEngine:
    """InbetweenRecipe: what moved is moved evenly, what is not found again is faded. Weights are never looked at."""

    name = "flow"
    contract = 1

    def import_libraries(self) -> None:
        """There are none."""

    def group(self, recipe: Any) -> Hashable:
        """All gaps are alike. Raises RenderError for other recipes."""
        if not isinstance(recipe, InbetweenRecipe):
            raise refuse_kind(self.name, recipe, "inbetween")
        return recipe.kind

    def batch_size(self, recipe: Any) -> int:
        """One: there is nothing to share."""
        return 1

    def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
        """Sequences of the recipe's length. Raises RenderError for keyframes of another size than the recipe's."""
        return [self._one(recipe, bench) for recipe in recipes]

    def environment(self, device: str) -> dict[str, str]:
        """OpenCV, numpy and ffmpeg decide the bits, whatever the device."""
        return plain_environment("opencv-python-headless", "numpy", "pillow", "av")

    def _one(self, recipe: InbetweenRecipe, bench: Bench) -> Rendered:
        self.group(recipe)
        between = Between(keyframe(recipe, "first", bench.sources), keyframe(recipe, "last", bench.sources))
        return kept(recipe, _frames(between, recipe.frames), bench)


def keyframe(recipe: InbetweenRecipe, which: str, sources: Sources) -> "np.ndarray":
    """The recipe's `first` or `last` picture, (height, width, 3) uint8. Raises RenderError for another size than planned."""
    import numpy as np

    picture = sources.picture(getattr(recipe, which)).convert("RGB")
    if picture.size != (recipe.width, recipe.height):
        raise RenderError(
            f"the {which} keyframe is {picture.width}x{picture.height}, the recipe asks for {recipe.width}x{recipe.height}",
            field=f"inbetween.{which}", remedy="Give all keyframes of the shot one preset, or presets of one size")
    return np.array(picture)


def _frames(between: Between, frames: int) -> "Iterator[np.ndarray]":
    yield from (between.at(i / (frames - 1)) for i in range(frames))
