"""Reproducing: a picture rendered again from the recipe in its own file, and compared with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from studio.comic.page import make_page
from studio.errors import RenderError
from studio.plan.recipes import BookRecipe, PageRecipe, Recipe
from studio.production.opening import Production
from studio.store.pictures import Distance, PictureFacts, perceptual_distance, pixels_digest, read_genga

if TYPE_CHECKING:
    from PIL import Image

Outcome = Literal["bit-exact", "perceptual", "different"]


@dataclass(frozen=True)
class Reproduction:
    """What came of it."""

    outcome: Outcome
    recipe: Recipe
    facts: PictureFacts
    distance: Distance
    environment: dict[str, str]
    """Facts of the environment that it was rendered in now; empty for pages, which the recipe alone decides."""

    @property
    def differences(self) -> dict[str, tuple[str, str]]:
        """Environment fact -> (when the file was made, now), where the two differ."""
        was, now = self.facts.environment_facts, self.environment
        return {k: (was.get(k, "-"), now.get(k, "-")) for k in sorted({*was, *now}) if was.get(k) != now.get(k)}


def reproduce(production: Production, file: Path) -> Reproduction:
    """Render the recipe of `file` again. Keeps nothing.

    Raises StoreError for a file without a recipe, ModelError or StoreError for weights and pictures that are not here.
    """
    from PIL import Image

    recipe, facts = read_genga(file)
    again, environment = _again(production, recipe, file)
    with Image.open(file) as opened:
        old = opened.convert("RGB") if opened.mode != again.mode else opened.copy()
    distance = perceptual_distance(old, again)
    outcome: Outcome = "perceptual" if distance.matches else "different"
    if pixels_digest(old) == pixels_digest(again):
        outcome = "bit-exact"
    return Reproduction(outcome, recipe, facts, distance, environment)


def _again(production: Production, recipe: Recipe, file: Path) -> "tuple[Image.Image, dict[str, str]]":
    if isinstance(recipe, PageRecipe):
        return make_page(recipe, [production.sources.picture(sha) for sha in recipe.art]).png, {}
    if isinstance(recipe, BookRecipe):
        raise RenderError("a book is no picture", file=file, remedy="Reproduce its pages")
    result = next(iter(production.farm.render([recipe], production.sources)))
    if result.picture is None:
        raise result.error or RenderError("the engine gave no picture", file=file)
    return result.picture, result.environment_facts
