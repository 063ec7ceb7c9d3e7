"""Pages and books: lettered and bound from pictures that are ready."""

from collections.abc import Iterator
from pathlib import Path

from studio.comic.book import bind
from studio.comic.page import make_page
from studio.plan.history import PastTake
from studio.plan.plans import Step
from studio.plan.recipes import BookRecipe, PageRecipe
from studio.production.crafting import Crafted, make_crafted, publish
from studio.production.making import Made, Wanted, everything
from studio.production.opening import Production
from studio.render.renderer import Run
from studio.store.pictures import PictureFacts, encode_png
from studio.story.storyboard import Storyboard


def make_pages(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Letter the pages that `wanted` keeps, in every language. A page with a panel that is not ready is yielded with
    an error and left as it was.
    """
    for step in production.plan(board).steps:
        if step.stage == "page" and wanted(step):
            yield make_crafted(production, step, run, lambda step: _page(production, step))


def make_books(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Bind the episode in every language and write its files to out/books/."""
    for step in production.plan(board).steps:
        if step.stage == "book" and wanted(step):
            made = make_crafted(production, step, run, lambda step: _book(production, step))
            if made.take:
                publish(production, step, made.take, run, book_files(production, step, made.take))
            yield made


def _page(production: Production, step: Step) -> Crafted:
    assert isinstance(step.recipe, PageRecipe)
    sheet = make_page(step.recipe, [production.sources.picture(sha) for sha in step.recipe.art])
    png = encode_png(sheet.png, step.recipe, PictureFacts(unit=step.unit))
    return Crafted(png, ".png", {"page.pdf": sheet.pdf})


def _book(production: Production, step: Step) -> Crafted:
    assert isinstance(step.recipe, BookRecipe)
    takes = {t.artifact: t for t in production.history().takes.values() if t.stage == "page"}
    pngs = [production.artifacts.get(sha, ".png") for sha in step.recipe.pages]
    pdfs = [production.artifacts.get(takes[sha].extras["page.pdf"], ".pdf") for sha in step.recipe.pages]
    files = bind(step.recipe, pngs, pdfs)
    return Crafted(files.pop("book.cbz"), ".cbz", files)


def book_files(production: Production, step: Step, take: PastTake) -> dict[Path, tuple[str, str]]:
    """Where a book's files lie for people: path -> (artifact sha256, suffix). `out/books/01.ja.pdf` and so on."""
    stem = f"{step.unit}.{step.language}"
    named = {"book.cbz": take.artifact, **take.extras}
    return {
        production.show.out / "books" / name.replace("book.", f"{stem}.").replace("strip", f"{stem}.strip")
        .replace("spreads/", f"{stem}.spreads/"): (sha, Path(name).suffix)
        for name, sha in named.items()
    }
