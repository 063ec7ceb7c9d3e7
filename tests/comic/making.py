"""The sample show's pages with plain art."""

from pathlib import Path

from PIL import Image

from studio.fonts.shipped import fonts_digest
from studio.plan.library import Library, open_library
from studio.plan.pages import page_recipe
from studio.plan.recipes import PageRecipe
from studio.store.hashing import HashMemory
from studio.story.checks import read_storyboards
from studio.story.show import Show, open_show
from studio.story.storyboard import Page

SAMPLE = Path(__file__).parents[2] / "shows" / "momotaro"
LANGUAGES = ("en", "ja")


def sample() -> tuple[Show, tuple[Page, ...]]:
    """The show and its pages."""
    show = open_show(SAMPLE)
    return show, read_storyboards(show)[0].pages


def library(show: Show, memory: Path) -> Library:
    """What recipes of pages need."""
    return open_library(show, HashMemory(memory / "hashes.json"), {"page": 1, "book": 1}, fonts_digest())


def recipe_of(show: Show, page: Page, language: str, memory: Path) -> PageRecipe:
    """The page's recipe over grey art."""
    made = library(show, memory)
    art = [f"{i:064x}" for i in range(len(page.panels))]
    return page_recipe(page, show, made, made.presets["cel"].texture, language, art)


def grey(page: Page) -> list[Image.Image]:
    """One picture per panel, each of another grey."""
    return [Image.new("RGB", (64, 64), (40 * (i + 1) % 200,) * 3) for i in range(len(page.panels))]
