"""Pages and books: made here, on the CPU, from pictures that are ready; found again by their recipes."""

import time
from collections.abc import Iterator
from pathlib import Path

from studio.comic.book import bind
from studio.comic.page import make_page
from studio.errors import GengaError, RenderError
from studio.plan.history import PastTake
from studio.plan.plans import Step
from studio.plan.recipes import BookRecipe, PageRecipe
from studio.production.opening import Production
from studio.production.panels import Made, Wanted, everything, pick
from studio.render.renderer import Cost, Order, Run
from studio.store.artifacts import write_atomically
from studio.store.events import Failure, Publish
from studio.store.hashing import file_sha256
from studio.store.pictures import PictureFacts, encode_png
from studio.store.previews import put_preview
from studio.story.storyboard import Storyboard


def make_pages(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Letter the pages that `wanted` keeps, in every language. A page with a panel that is not ready is yielded with
    an error and left as it was.
    """
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
    production.claims.wait([step.digest])
    try:
        return _found_or_made(production, step, run)
    finally:
        production.claims.release(step.digest)


def _found_or_made(production: Production, step: Step, run: Run) -> Made:
    """What another process made meanwhile is found: the ledger is read after the claim."""
    take = production.renderer(run).find(production.history(), step.digest)
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
    take = production.renderer(run).keep(order, data, suffix, Cost(time.perf_counter() - start), extras)
    if suffix == ".png":
        put_preview(production.artifacts, take.artifact, production.sources.picture(take.artifact))
    return take


def _page(production: Production, step: Step, recipe: PageRecipe) -> tuple[bytes, str, dict[str, bytes]]:
    art = [production.sources.picture(sha) for sha in recipe.art]
    sheet = make_page(recipe, art)
    png = encode_png(sheet.png, recipe, PictureFacts(unit=step.unit))
    return png, ".png", {"page.pdf": sheet.pdf}


def _book(production: Production, recipe: BookRecipe) -> tuple[bytes, str, dict[str, bytes]]:
    takes = {t.artifact: t for t in production.history().takes.values() if t.stage == "page"}
    pngs = [production.artifacts.get(sha, ".png") for sha in recipe.pages]
    pdfs = [production.artifacts.get(takes[sha].extras["page.pdf"], ".pdf") for sha in recipe.pages]
    files = bind(recipe, pngs, pdfs)
    return files.pop("book.cbz"), ".cbz", files


def book_files(production: Production, step: Step, take: PastTake) -> dict[Path, tuple[str, str]]:
    """Where a book's files lie for people: path -> (artifact sha256, suffix). `out/books/01.ja.pdf` and so on."""
    stem = f"{step.unit}.{step.language}"
    named = {"book.cbz": take.artifact, **take.extras}
    return {
        production.show.out / "books" / name.replace("book.", f"{stem}.").replace("strip", f"{stem}.strip")
        .replace("spreads/", f"{stem}.spreads/"): (sha, Path(name).suffix)
        for name, sha in named.items()
    }


def _publish(production: Production, step: Step, take: PastTake, run: Run) -> None:
    """Copy the book's files to where people look for them; nothing is written when they are there already."""
    files = book_files(production, step, take)
    changed = [path for path, (sha, _) in files.items() if not (path.is_file() and file_sha256(path) == sha)]
    for path in changed:
        write_atomically(path, production.artifacts.get(*files[path]))
    if changed:
        production.ledger.append(Publish(
            show=production.show.name, unit=step.unit, recipe=take.recipe, trace=run.trace, run=run.id,
            attempt=run.attempt, files=tuple(str(p.relative_to(production.show.folder)) for p in files),
            artifacts=tuple(sha for sha, _ in files.values()),
        ))


