"""Lanczos: enlarging without weights."""

from collections.abc import Hashable, Sequence
from typing import Any

from studio.plan.recipes import UpscaleRecipe
from studio.render.batching import refuse_kind
from studio.render.engine import Bench, Rendered
from studio.render.environment import plain_environment


class LanczosEngine:
    """UpscaleRecipe by Pillow's Lanczos filter."""

    name = "lanczos"
    contract = 1

    def group(self, recipe: Any) -> Hashable:
        """All upscales are alike. Raises RenderError for other recipes."""
        if not isinstance(recipe, UpscaleRecipe):
            raise refuse_kind(self.name, recipe, "upscale")
        return recipe.scale

    def batch_size(self, recipe: Any) -> int:
        """One: there is nothing to share."""
        return 1

    def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
        """Pictures of scale times the size of their source."""
        return [Rendered(enlarge(bench.sources.picture(r.image).convert("RGB"), r.scale)) for r in recipes]

    def environment(self, device: str) -> dict[str, str]:
        """Pillow decides the bits, whatever the device."""
        return plain_environment("pillow")


def enlarge(picture: Any, scale: int) -> Any:
    """`picture` (PIL) by Lanczos to `scale` times its width and height."""
    from PIL import Image

    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.LANCZOS)
