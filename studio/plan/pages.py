"""Recipes of pages and books: what lettering and binding depend on, and nothing else."""

from collections.abc import Sequence
from typing import Any

from studio.plan.library import Library
from studio.plan.presets import Texture
from studio.plan.recipes import BookRecipe, PageRecipe
from studio.story.drawn import Drawn
from studio.story.fields import Text
from studio.story.show import Show
from studio.story.storyboard import Balloon, Page, Storyboard

PIXELS_ONLY = set(Drawn.model_fields) - {"id"}
"""Fields of a panel that decide its picture and nothing on the page: the picture's own sha256 stands for them."""


def page_recipe(
    page: Page, show: Show, library: Library, texture: Texture, language: str, art: Sequence[str]
) -> PageRecipe:
    """How `page` becomes a lettered page in `language` from `art`, its panels' pictures by sha256, in order."""
    panels = [
        {
            **panel.model_dump(mode="json", exclude=PIXELS_ONLY | {"balloons"}),
            "balloons": [_balloon(b, language) for b in panel.balloons if b.words(language)],
        }
        for panel in page.panels
    ]
    settings = show.settings
    speakers = {b.speaker for panel in page.panels for b in panel.balloons if b.speaker}
    return PageRecipe(
        contract=library.contracts["page"],
        page={"id": page.id, "layout": page.layout, "panels": panels},
        paper={**settings.page.model_dump(), **settings.lettering.model_dump(), "reading": settings.reading},
        texture=texture.model_dump(), language=language,
        titles={name: in_language(show.cast[name].title, language) or name for name in sorted(speakers)},
        art=tuple(art), fonts=library.fonts,
    )


def _balloon(balloon: Balloon, language: str) -> dict[str, Any]:
    return {**balloon.model_dump(mode="json"), "text": balloon.words(language)}


def book_recipe(board: Storyboard, show: Show, library: Library, language: str, pages: Sequence[str]) -> BookRecipe:
    """How an episode is bound in `language` from its lettered `pages` (sha256, reading order)."""
    return BookRecipe(
        contract=library.contracts["book"], pages=tuple(pages), language=language, reading=show.settings.reading,
        facts={
            "series": show.settings.title, "author": show.settings.author, "episode": board.episode,
            "title": in_language(board.title, language), "summary": board.summary, "dpi": show.settings.page.dpi,
        },
    )


def in_language(text: "Text | dict[str, Text]", language: str) -> str:
    """The text in `language`, else in any language that the author wrote."""
    if isinstance(text, str):
        return text
    return text.get(language) or next(iter(text.values()), "")
