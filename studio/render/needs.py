"""Needs: what an engine will ask for while it renders a recipe, by sha256. Pure."""

from collections.abc import Iterator

from studio.plan.film_recipes import FramesFinalRecipe, InbetweenRecipe
from studio.plan.recipes import ImageRecipe, Recipe, UpscaleRecipe
from studio.plan.refs import ControlRef, LayersRef


def weights_of(recipe: Recipe) -> Iterator[str]:
    """sha256 of all weights that an engine will ask for."""
    if isinstance(recipe, ImageRecipe | InbetweenRecipe | UpscaleRecipe | FramesFinalRecipe) and recipe.model:
        yield recipe.model
    if isinstance(recipe, ImageRecipe | InbetweenRecipe):
        yield from (recipe.vae,) if recipe.vae else ()
        yield from (lora.model for lora in recipe.loras)
    if isinstance(recipe, ImageRecipe):
        yield from (control.model for control in recipe.controls)
    if isinstance(recipe, InbetweenRecipe):
        yield from (recipe.adapter,) if recipe.adapter else ()
        yield from (lora.model for lora in recipe.motion_loras)
        yield from (recipe.control.model,) if recipe.control else ()


def pictures_of(recipe: Recipe) -> Iterator[str]:
    """sha256 of every picture that an engine will ask for."""
    if isinstance(recipe, UpscaleRecipe):
        yield recipe.image
    if isinstance(recipe, InbetweenRecipe):
        yield from (recipe.first, recipe.last)
    if not isinstance(recipe, ImageRecipe):
        return
    yield from (control.image for control in recipe.controls if isinstance(control, ControlRef))
    if recipe.init:
        yield recipe.init.image
        yield from (recipe.init.mask,) if recipe.init.mask else ()
        yield from (recipe.init.ground,) if isinstance(recipe.init, LayersRef) else ()


def sequences_of(recipe: Recipe) -> Iterator[str]:
    """sha256 of every frame sequence that an engine will ask for."""
    if isinstance(recipe, FramesFinalRecipe):
        yield recipe.frames
    if isinstance(recipe, InbetweenRecipe) and recipe.control:
        yield recipe.control.frames
