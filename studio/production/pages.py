"""Pages and books: made here, on the CPU, from pictures that are ready; found again by their recipes."""

import io
import time
from collections.abc import Iterator

from studio.comic.book import bind
from studio.comic.page import make_page
from studio.errors import GengaError, RenderError
from studio.plan.history import PastTake
from studio.plan.plans import Step
from studio.plan.recipes import BookRecipe, PageRecipe
from studio.production.opening import Production
from studio.production.panels import Made, Wanted, everything, pick
from studio.render.renderer import Cost, Order, Run
from studio.store.events import Failure, Publish
from studio.store.pictures import PictureFacts, encode_png
from studio.store.previews import put_preview
from studio.story.storyboard import Storyboard


def make_pages(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Letter the pages that `wanted` keeps, in every language. A page with a panel that is not ready is yielded with
    an error and left as it was."""
    for step in production.plan(board).steps:
        if step.stage == "page" and wanted(step):
            yield _made(production, step, run)


def make_books(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Bind the episode in every language and write its files to out/books/."""
    for step in production.plan(board).steps:
        if step.stage == "book" and wanted(step):
            made = _made(production, step, run)
            if made.take:
                _publish(production, step, made.take, run)
            yield made


def _made(production: Production, step: Step, run: Run) -> Made:
    if step.recipe is None or step.state == "blocked":
        why = "; ".join(str(r) for r in step.reasons) or "a picture that it needs is missing"
        return Made(step, None, error=RenderError(
            f"{step.stage} cannot be made: {why}", field=step.unit, remedy="Run 'genga plan', then 'genga apply'"))
    history = production.history()
    renderer = production.renderer(run)
    take = renderer.find(history, step.digest)
    reused = take is not None
    if take is None:
        try:
            take = _keep(production, step, run)
        except GengaError as exc:
            production.ledger.append(Failure(
                show=production.show.name, unit=step.unit, recipe=step.digest, trace=run.trace, run=run.id,
                attempt=run.attempt, stage=step.stage, error=type(exc).__name__, message=exc.render(),
            ))
            return Made(step, None, error=exc)
    if step.state != "fresh":
        pick(production, step, take, run, reused)
    return Made(step, take, reused)


def _keep(production: Production, step: Step, run: Run) -> PastTake:
    start = time.perf_counter()
    if isinstance(step.recipe, PageRecipe):
        data, suffix, extras = _page(production, step, step.recipe)
    else:
        assert isinstance(step.recipe, BookRecipe)
        data, suffix, extras = _book(production, step.recipe)
    order = Order(step.unit, step.stage, step.recipe, pool="post", usd_per_hour=production.show.rate("post"),
                  language=step.language)
    return production.renderer(run).keep(order, data, suffix, Cost(time.perf_counter() - start), extras)


def _page(production: Production, step: Step, recipe: PageRecipe) -> tuple[bytes, str, dict[str, bytes]]:
    art = [production.sources.picture(sha) for sha in recipe.art]
    sheet = make_page(recipe, art)
    png = encode_png(sheet.png, recipe, PictureFacts(unit=step.unit))
    return png, ".png", {".pdf": sheet.pdf}


def _book(production: Production, recipe: BookRecipe) -> tuple[bytes, str, dict[str, bytes]]:
    takes = {t.artifact: t for t in production.history().takes.values() if t.stage == "page"}
    pngs = [production.artifacts.get(sha, ".png") for sha in recipe.pages]
    pdfs = [production.artifacts.get(takes[sha].extras[".pdf"], ".pdf") for sha in recipe.pages]
    files = bind(recipe, pngs, pdfs)
    return files.pop("book.cbz"), ".cbz", {f".{name}": data for name, data in files.items()}
