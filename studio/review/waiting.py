"""Waiting: the run that a rejection asked for, as long as it is in the queue: how many are ahead of it, and calling it off."""

from studio.dispatch.queue import Queue, UnderWay
from studio.dispatch.services import served_at
from studio.errors import OrchestrationError
from studio.production.opening import Production

UNIT = "genga/unit"
"""Run tag: the step (`01.river panel`) that a word asked for."""
PATIENCE = 3.0
"""Seconds; a page does not wait longer for the queue than that."""


def said_of(runs: list[UnderWay], step: str) -> str:
    """Of the run for `step` among all that are under way, in order: whether it waits, and behind how many; empty without one."""
    at = next((i for i, run in enumerate(runs) if run.tags.get(UNIT) == step), None)
    if at is None:
        return ""
    if not runs[at].waits:
        return "Its next take is being drawn"
    ahead = f"{at} run{'s' * (at > 1)} ahead of it" if at else "nothing ahead of it"
    return f"Its next take is queued, {ahead}"


def queued(production: Production, step: str) -> str:
    """`said_of` at whoever serves the show; empty where nobody does, or the queue does not answer soon."""
    queue = _queue(production)
    try:
        return said_of(queue.under_way(PATIENCE), step) if queue else ""
    except OrchestrationError:
        return ""


def call_off(queue: Queue, step: str) -> str:
    """Cancel the runs that were asked for `step` and have not begun; what became of them, in a sentence, empty without one.

    Raises OrchestrationError where the queue does not answer.
    """
    runs = [run for run in queue.under_way() if run.tags.get(UNIT) == step]
    waiting = [run.id for run in runs if run.waits]
    if waiting:
        queue.cancel(waiting)
    if len(waiting) < len(runs):
        return "Its next take is being drawn already, and goes on"
    return "Its next take, which was queued, is called off" if waiting else ""


def call_off_here(production: Production, step: str) -> str:
    """`call_off` at whoever serves the show. A queue that does not answer is told of, for the word is kept all the same."""
    queue = _queue(production)
    try:
        return call_off(queue, step) if queue else ""
    except OrchestrationError as exc:
        return f"The queue does not answer, so a next take that was asked for may still be drawn ({exc.message})"


def _queue(production: Production) -> Queue | None:
    url = served_at(production.show)
    return Queue(url) if url else None
