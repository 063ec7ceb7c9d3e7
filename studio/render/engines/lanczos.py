"""Lanczos: enlarging without weights."""

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from studio.plan.film_recipes import FramesFinalRecipe
from studio.plan.recipes import UpscaleRecipe
from studio.render.batching import refuse_kind
from studio.render.engine import Bench, Rendered
from studio.render.engines.finishing import check_amounts, finish, kept
from studio.render.environment import plain_environment
from studio.store.frames import read_frames

if TYPE_CHECKING:
    import numpy as np


class LanczosEngine:
    """UpscaleRecipe and FramesFinalRecipe by Pillow's Lanczos filter."""

    name = "lanczos"
    contract = 1

    def import_libraries(self) -> None:
        """There are none."""

    def group(self, recipe: Any) -> Hashable:
        """All of a kind are alike. Raises RenderError for other recipes, or finals with amounts that mean nothing."""
        if isinstance(recipe, FramesFinalRecipe):
            check_amounts(recipe)
        elif not isinstance(recipe, UpscaleRecipe):
            raise refuse_kind(self.name, recipe, "upscale and frames_final")
        return (recipe.kind, recipe.scale)

    def batch_size(self, recipe: Any) -> int:
        """One: there is nothing to share."""
        return 1

    def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
        """Pictures, or sequences, of scale times the size of their source."""
        return [self._one(recipe, bench) for recipe in recipes]

    def environment(self, device: str) -> dict[str, str]:
        """Libraries decide the bits, whatever the device."""
        return plain_environment("pillow", "numpy", "opencv-python-headless", "av")

    def _one(self, recipe: UpscaleRecipe | FramesFinalRecipe, bench: Bench) -> Rendered:
        self.group(recipe)
        if isinstance(recipe, UpscaleRecipe):
            return Rendered(enlarge(bench.sources.picture(recipe.image).convert("RGB"), recipe.scale))
        return kept(recipe, finish(_enlarged(recipe, bench), recipe), bench)


def enlarge(picture: Any, scale: int) -> Any:
    """`picture` (PIL) by Lanczos to `scale` times its width and height."""
    from PIL import Image

    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.LANCZOS)


def _enlarged(recipe: FramesFinalRecipe, bench: Bench) -> "Iterator[np.ndarray]":
    import numpy as np
    from PIL import Image

    for frame in read_frames(bench.sources.frames(recipe.frames)):
        yield np.asarray(enlarge(Image.fromarray(frame), recipe.scale))
