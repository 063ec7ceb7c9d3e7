"""Asking: what a person's word sets off. A rejection asks the queue for the next take; nobody waits for it."""

import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from studio.dispatch.cells import Order
from studio.dispatch.holding import tags_of
from studio.dispatch.queue import Queue
from studio.dispatch.services import prepare, running, served_at
from studio.dispatch.submissions import next_runs
from studio.errors import BudgetError, GengaError, OrchestrationError
from studio.plan.history import Decision
from studio.plan.plans import Step
from studio.plan.price import ceiling_said, usd_said
from studio.production.opening import Production
from studio.review.waiting import UNIT
from studio.story.storyboard import Storyboard

BY = "review"
"""Who asked; finals, pages and books then follow by themselves, as they do from a new storyboard."""
KEPT = 50
"""News that are remembered for pages that open late."""
Asking = Callable[[Production, Storyboard, Step], None]
SEEDLESS = "Nothing is drawn anew: a {} is made from its pictures. Reject one of them, or change words, layout or effects"


@dataclass(frozen=True)
class Follow:
    """What follows from a word."""

    told: str
    asks: bool = False
    """A run is to be asked for."""


def what_follows(step: Step, verdict: Decision, served: bool) -> Follow:
    """`step`, which is planned with the word in mind: is a take to be drawn, or only to be used again, and by whom."""
    if step.stage in ("page", "clip"):
        return Follow(SEEDLESS.format(step.stage) if verdict == "reject" else "")
    if step.waiver:
        return Follow(f"Nothing is done: it is {step.waiver}" if verdict == "reject" else "")
    if step.state == "blocked":
        return Follow(f"It is blocked: {'; '.join(str(r) for r in step.reasons)}")
    if not step.todo or (step.renders and verdict != "reject"):  # accepting spends nothing
        return Follow("")
    if not served:
        return Follow("'genga apply' draws the next take" if step.renders else "'genga apply' puts it in place")
    return Follow("The next take is asked for" if step.renders else "It is being put in place", asks=True)


def launch(production: Production, board: Storyboard, step: Step, queue: Queue) -> list[str]:
    """Put the runs that bring one unit up to date into the queue; their ids.

    Raises BudgetError when it costs more than the show allows, OrchestrationError when the queue does not take it.
    """
    limit = production.show.settings.budget.max_usd
    plan = production.plan(board).where(lambda one: (one.unit, one.stage) == (step.unit, step.stage))
    usd = plan.price.usd  # of its batch, which it has for itself
    if limit is not None and usd is not None and usd > limit:
        raise BudgetError(f"the next take of {step.unit} costs {usd_said(usd, 4)}, the ceiling is {ceiling_said(limit)}; "
                          "not asked for", field="show.yaml: budget.max_usd", remedy="Raise the ceiling")
    order = queue.order() or Order()
    if step.place not in order.of(step.stage):  # nobody has drawn this episode through the queue yet
        prepare(production.show, [board.episode])
        order = queue.order() or Order()
    runs, _ = next_runs(plan, board, order)
    trace = uuid.uuid4().hex[:16]
    return [queue.launch(run, trace, BY, {**tags_of(production, run.asset, board.episode), UNIT: step.key}) for run in runs]


def ask(production: Production, board: Storyboard, step: Step) -> None:
    """`launch` at whoever serves the show. Raises OrchestrationError when nobody does after all."""
    queue = running(production.show)
    if queue is None:
        raise OrchestrationError(f"the queue does not answer; the next take of {step.unit} was not asked for",
                                 remedy="'genga apply' draws it")
    launch(production, board, step, queue)


def served(production: Production) -> bool:
    """Does a 'genga up' serve the show? A quick look, without asking it."""
    return served_at(production.show) is not None


@dataclass
class News:
    """What happened behind people's backs, for pages that are open."""

    _items: deque[tuple[int, str]] = field(default_factory=lambda: deque[tuple[int, str]](maxlen=KEPT))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def latest(self) -> int:
        """Number of the last piece of news; 0 when there was none."""
        with self._lock:
            return self._items[-1][0] if self._items else 0

    def tell(self, text: str) -> None:
        """Add a piece."""
        with self._lock:
            self._items.append(((self._items[-1][0] if self._items else 0) + 1, text))

    def since(self, number: int) -> list[tuple[int, str]]:
        """All that came after `number`."""
        with self._lock:
            return [item for item in self._items if item[0] > number]


class Asker:
    """Asks in the background and tells only what went wrong: what goes well is seen in the ledger."""

    def __init__(self, news: News, asking: Asking = ask) -> None:
        self._news, self._asking = news, asking

    def ask(self, production: Production, board: Storyboard, step: Step) -> threading.Thread:
        """Begin to ask; the thread that does."""
        thread = threading.Thread(target=self._ask, args=(production, board, step), name=f"ask {step.key}", daemon=True)
        thread.start()
        return thread

    def _ask(self, production: Production, board: Storyboard, step: Step) -> None:
        try:
            self._asking(production, board, step)
        except GengaError as exc:
            self._news.tell(exc.render())
