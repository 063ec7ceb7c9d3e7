"""A lettered page from its recipe: art, texture, ink, balloons. The same recipe gives the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from studio.comic.art import paste_art
from studio.comic.lettering import Lettered, hand, letter_page
from studio.comic.painter import Painter, rasterise
from studio.comic.texture import texture_art
from studio.plan.presets import Texture
from studio.plan.recipes import PageRecipe
from studio.story.geometry import panel_outlines
from studio.story.show import Lettering, PageSize
from studio.story.storyboard import Page

CONTRACT = 1
"""Raised when the same recipe gives another page."""


@dataclass(frozen=True)
class PageSheet:
    """One page, both ways."""

    png: Image.Image
    """RGB at the show's dpi, trimmed."""
    pdf: bytes
    """With bleed and trim box; words can be selected."""
    lettering: tuple[Lettered, ...]


def make_page(recipe: PageRecipe, art: Sequence[Image.Image]) -> PageSheet:
    """Letter the page of `recipe` over `art`, its panels' pictures in order. Raises LetteringError."""
    size, lettering, page = _paper(recipe, PageSize), _paper(recipe, Lettering), _page(recipe)
    outlines = panel_outlines(page, size, recipe.paper["reading"])
    balloons = letter_page(page, outlines, hand(size, lettering, recipe.paper["reading"], recipe.language))
    seed = int(recipe.digest()[:12], 16)
    pasted = paste_art(art, outlines, [panel.focus for panel in page.panels], size, size.dpi)
    sheet = texture_art(pasted, Texture(**recipe.texture), size.dpi, seed)
    painter = Painter(size)
    painter.art(sheet)
    for outline in outlines:
        painter.border(outline)
    for balloon in balloons:
        painter.balloon(balloon)
    pdf = painter.pdf()
    return PageSheet(rasterise(pdf, size, size.dpi), pdf, balloons)


def _paper(recipe: PageRecipe, model: Any) -> Any:
    """The part of the recipe's paper that `model` describes."""
    return model(**{k: v for k, v in recipe.paper.items() if k in model.model_fields})


def _page(recipe: PageRecipe) -> Page:
    # a page recipe has no prompts: they decide panels' pictures, which it names by sha256
    panels = [{**panel, "prompt": "-"} for panel in recipe.page["panels"]]
    return Page.model_validate({**recipe.page, "panels": panels})
