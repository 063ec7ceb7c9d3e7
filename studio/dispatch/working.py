"""Working off: a plan goes through the queue stage by stage, until nothing is left that can be done."""

import contextlib
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from studio.dispatch.cells import Order, episode_of, place_of
from studio.dispatch.classes import SOON, Urgency
from studio.dispatch.follow import Tally
from studio.dispatch.holding import tags_of
from studio.dispatch.queue import DONE, Failed, Queue
from studio.dispatch.submissions import Submission, next_runs
from studio.dispatch.unmade import unmade
from studio.errors import OrchestrationError
from studio.plan.budget import may_be_held
from studio.plan.plans import Plan, Step
from studio.production.budgets import ceilings, limited
from studio.production.opening import Production
from studio.store.ledger_tail import LedgerTail
from studio.story.storyboard import Storyboard

POLL_SECONDS = 0.4
HELD_SECONDS = 2.0
Scope = Callable[[Step], bool]


class Watcher(Protocol):
    """Who wants to know how it goes."""

    def submitted(self, steps: Sequence[Step], runs: int) -> None:
        """A stage was put into the queue."""
        ...

    def waiting(self, statuses: dict[str, str], held: Sequence[str]) -> None:
        """Run id -> status, a few times per second; and why some are held."""
        ...

    def happened(self, event: dict[str, Any]) -> None:
        """One line of the ledger."""
        ...


@dataclass
class Result:
    """How it ended."""

    trace: str
    tally: Tally = field(default_factory=Tally)
    failed: list[tuple[Step, str]] = field(default_factory=list)
    """Steps that were tried and are still not done, with the reason."""
    waiting: list[tuple[Step, list[Step]]] = field(default_factory=list[tuple[Step, "list[Step]"]])
    """Steps that could not be tried, with what they wait for."""


@dataclass
class Work:
    """One submission of some episodes' plans to a queue."""

    production: Production
    boards: Sequence[Storyboard]
    queue: Queue
    watcher: Watcher
    scope: Scope = lambda step: True
    urgency: Urgency = SOON
    check: Callable[[], None] = lambda: None
    """Called while waiting; raises when the services have ended."""
    trace: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    _looked: float = 0.0
    _reasons: list[str] = field(default_factory=list[str])

    def run(self) -> Result:
        """Submit, follow, and go on with what became possible. Cancels its runs when it is interrupted."""
        result = Result(self.trace)
        tail = LedgerTail(self.production.ledger.folder)
        tried: dict[str, Step] = {}
        whys: list[Failed] = []
        while True:
            submissions, steps = self._next(frozenset(tried))
            if not submissions:
                break
            tried |= {step.key: step for step in steps}
            self.watcher.submitted(steps, len(submissions))
            whys += self._follow(submissions, tail, result.tally)
        whole = self.production.plans(self.boards)
        mine = [plan.where(self.scope) for plan in whole]
        result.failed = _undone(mine, tried, whys)
        result.waiting = [one for plan, part in zip(whole, mine, strict=True) for one in unmade(plan, part.steps)]
        return result

    def plans(self) -> list[Plan]:
        """Today's plans, only what is in scope."""
        return [plan.where(self.scope) for plan in self.production.plans(self.boards)]

    def _next(self, tried: frozenset[str]) -> tuple[list[Submission], list[Step]]:
        order, accounts = self.queue.order() or Order(), ceilings(self.production)
        submissions: list[Submission] = []
        steps: list[Step] = []
        for board, plan in zip(self.boards, self.plans(), strict=True):
            apart = replace(order, apart=may_be_held(board.episode, accounts))
            more, covered = next_runs(plan, board, apart, tried)
            submissions += more
            steps += covered
        return submissions, steps

    def _follow(self, submissions: list[Submission], tail: LedgerTail, tally: Tally) -> list[Failed]:
        """Wait for a stage's runs; why, of those that failed."""
        runs: list[str] = []
        try:
            for submission in submissions:
                runs.append(self._launch(submission))  # noqa: PERF401 (an interrupt must find those before it)
            while True:
                statuses = self.queue.statuses(runs)
                for event in tail.events():  # after asking: what a finished run wrote is then all there
                    if event.get("trace") == self.trace:
                        tally.add(event)
                        self.watcher.happened(event)
                self.watcher.waiting(statuses, self._held(statuses))
                if len(statuses) == len(runs) and DONE.issuperset(statuses.values()):
                    return [self.queue.why(run) for run, status in statuses.items() if status != "SUCCESS"]
                self.check()
                time.sleep(POLL_SECONDS)
        except BaseException:  # Ctrl-C too: what was started here is stopped here
            self._cancel(runs)
            raise

    def _launch(self, submission: Submission) -> str:
        held = tags_of(self.production, submission.asset, episode_of(place_of(submission.span.first)))
        return self.queue.launch(submission, self.trace, more=held, urgency=self.urgency)

    def _held(self, statuses: dict[str, str]) -> list[str]:
        """Why runs wait that could start otherwise; asked for now and then, and only where something is limited."""
        if time.monotonic() < self._looked + HELD_SECONDS:
            return self._reasons
        self._looked = time.monotonic()
        waiting = [run for run, status in statuses.items() if status == "QUEUED"] if limited(self.production) else []
        self._reasons = self.queue.held(waiting) if waiting else []
        return self._reasons

    def _cancel(self, runs: list[str]) -> None:
        with contextlib.suppress(OrchestrationError):  # the server is gone, and its runs with it
            self.queue.cancel(runs)


def _undone(plans: Sequence[Plan], tried: Mapping[str, Step], whys: Sequence[Failed]) -> list[tuple[Step, str]]:
    told = {key: why for failed in whys for key, why in failed.units.items()}
    undone = [step for plan in plans for step in plan.steps if step.key in tried and not step.stays]
    return [(step, told.get(step.key) or why_undone(step) or _of_the_run(whys)) for step in undone]


def why_undone(step: Step) -> str:
    """Why a step that was tried is not done, as far as its plan knows; empty where it does not."""
    return "; ".join(str(reason) for reason in step.reasons if "failed" in reason.cause)


def _of_the_run(whys: Sequence[Failed]) -> str:
    return whys[0].told if whys else "it is still not made"
