"""Submissions: what of a plan can be worked on now, as ranges of partitions for the queue."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from studio.dispatch.cells import Span, page_of, spans
from studio.plan.plans import Plan, Step
from studio.story.storyboard import Storyboard, page_unit

ASSETS: dict[str, str] = {"panel": "panels", "final": "panel_finals", "page": "pages", "book": "books"}
"""The asset of each stage, in the order in which they are made."""
_STAGES = tuple(ASSETS)
TRACE, BY = "genga/trace", "genga/by"
"""Run tags: one id from submission to delivery; and `apply`, which asks for the following stages itself."""
RANGE = "dagster/asset_partition_range"


@dataclass(frozen=True)
class Submission:
    """One run to ask for."""

    asset: str
    span: Span
    units: tuple[str, ...] = ()
    """Panels that it is about; empty for pages and books, where it is the whole span."""
    stale: bool = True
    """Also what exists, but from another recipe."""

    @property
    def tags(self) -> dict[str, str]:
        """The run tags that tell Dagster which partitions it is about."""
        if self.span.first == self.span.last and "|" not in self.span.first:
            return {"dagster/partition": self.span.first}
        return {f"{RANGE}_start": self.span.first, f"{RANGE}_end": self.span.last}

    @property
    def run_config(self) -> dict[str, object]:
        """Configuration of the run's steps."""
        if not self.units and self.stale:
            return {}
        work = {"units": list(self.units), "stale": self.stale}
        return {"ops": {self.asset: {"config": work}}}


def grid_runs(
    board: Storyboard, pages: Iterable[str], order: Sequence[str], asset: str,
    units: tuple[str, ...] = (), stale: bool = True,
) -> list[Submission]:
    """The fewest runs over these pages; each only as many slots wide as its fullest page."""
    sizes = {page_unit(board, page): len(page.panels) for page in board.pages}
    runs: list[Submission] = []
    for span in spans(pages, order):
        covered = order[order.index(span.first) : order.index(span.last) + 1]
        cells = span.cells(max(sizes[page] for page in covered))
        runs.append(Submission(asset, cells, units, stale))
    return runs


def next_runs(
    plan: Plan, board: Storyboard, order: Sequence[str], tried: frozenset[str] = frozenset()
) -> tuple[list[Submission], list[Step]]:
    """The earliest stage of `plan` with something to do that was not tried yet: its runs, and the steps they cover.

    A final, page or book is asked for once everything that it is made from exists.
    """
    todo = [s for s in plan.steps if s.todo and s.recipe is not None and s.key not in tried]
    if not todo:
        return [], []
    first = min((s.stage for s in todo), key=_STAGES.index)
    steps = [s for s in todo if s.stage == first]
    if first == "book":
        return [Submission(ASSETS[first], Span(board.episode, board.episode))], steps
    pages = [s.page for s in steps]
    if first == "page":
        return [Submission(ASSETS[first], span) for span in spans(pages, order)], steps
    return grid_runs(board, pages, order, ASSETS[first], tuple(s.unit for s in steps)), steps


def counts(steps: Iterable[Step]) -> str:
    """`18 panels, 4 pages`."""
    found = Counter(s.stage for s in steps)
    return ", ".join(f"{found[stage]} {stage}{'s' * (found[stage] != 1)}" for stage in _STAGES if found[stage])


def newcomers(plan: Plan, board: Storyboard, order: Sequence[str], moved: set[str]) -> list[Submission]:
    """What a new or changed storyboard may start unasked: whatever does not exist yet, and cheap work.

    moved: pages whose slots hold other panels than before; their cells are reported anew. Nothing that exists from
    another recipe is rendered: stale is still usable, and rendering costs money.
    """
    drawn = moved | {s.page for s in plan.steps if s.stage == "panel" and s.state == "missing"}
    ready = [s for s in plan.steps if s.todo and s.recipe is not None]
    # after new panels, finals and pages follow by themselves; where nothing is drawn, nothing sets them off
    upscaled = {s.page for s in ready if s.stage == "final" and s.state == "missing"} - drawn
    lettered = {s.unit for s in ready if s.stage == "page"} - drawn - upscaled
    runs = grid_runs(board, drawn, order, "panels", stale=False)
    runs += grid_runs(board, upscaled, order, "panel_finals", stale=False)
    runs += [Submission("pages", span) for span in spans(lettered, order)]
    if not runs and any(s.stage == "book" for s in ready):
        runs.append(Submission("books", Span(board.episode, board.episode)))
    return runs


def followers(plan: Plan, board: Storyboard, order: Sequence[str], pages: set[str]) -> list[Submission]:
    """What became possible on these pages after a run over them ended: finals of new panels, else pages, else books.

    Only what follows from new pictures: a final whose preset changed is stale, and waits for `genga apply`.
    """
    ready = [s for s in plan.steps if s.todo and s.recipe is not None]
    upscaled = [s for s in ready if s.stage == "final" and s.page in pages and _follows(s)]
    runs = grid_runs(board, (s.page for s in upscaled), order, "panel_finals", tuple(s.unit for s in upscaled))
    lettered = {s.unit for s in ready if s.stage == "page"} & pages - {s.page for s in upscaled}
    runs += [Submission("pages", span) for span in spans(lettered, order)]
    if not runs and any(s.stage == "book" for s in ready):
        runs.append(Submission("books", Span(board.episode, board.episode)))
    return runs


def _follows(step: Step) -> bool:
    return step.state == "missing" or any(reason.cause == "upstream" for reason in step.reasons)


def pages_in(tags: Mapping[str, str], order: Sequence[str]) -> set[str]:
    """The pages that a run with these tags was about; keys of partitions that are gone are left out."""
    first, last = (tags.get(f"{RANGE}_{end}") or tags.get("dagster/partition", "") for end in ("start", "end"))
    first, last = page_of(first), page_of(last)
    if first not in order or last not in order:
        return set()
    return set(order[order.index(first) : order.index(last) + 1])
