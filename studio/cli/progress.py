"""Progress: what runs do, unit by unit, while they do it. A bar on a terminal, plain lines elsewhere."""

import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from studio.dispatch.submissions import counts
from studio.plan.plans import Step
from studio.plan.price import paid_said

PLACES = 24
"""Width of the bar."""


class Progress:
    """A line per finished unit, and below it one that counts."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(Text(), console=console, refresh_per_second=8, transient=True)
        self._held: set[str] = set()
        self._todo: set[tuple[str, str, str]] = set()
        self._taken: dict[tuple[str, str], dict[str, Any]] = {}
        self._all, self._text, self._states, self._since = 0, "", "", time.monotonic()

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.__exit__(kind, error, at)

    def say(self, text: str) -> None:
        """What is going on, in a few words."""
        self._text, self._all, self._since = text, 0, time.monotonic()
        self._draw()

    def submitted(self, steps: Sequence[Step], runs: int) -> None:
        """A stage was put into the queue."""
        self.say(counts(steps))
        self._todo = {(s.unit, s.stage, s.language) for s in steps}
        self._all = len(self._todo)
        self._console.print(f"queued: {counts(steps)} in {runs} run{'s' * (runs != 1)}")

    def waiting(self, statuses: dict[str, str], held: Sequence[str]) -> None:
        """Run id -> status; why some are held is said once."""
        for why in held:
            if why not in self._held:
                self._held.add(why)
                self._console.print(Text(f"held: {why}", "yellow"), soft_wrap=True)
        self._states = ", ".join(f"{n} {state.lower()}" for state, n in Counter(statuses.values()).items())
        self._draw()

    def happened(self, event: dict[str, Any]) -> None:
        """One line of the ledger: a take is remembered until its pick says that the unit uses it."""
        unit, stage = event["unit"], event.get("stage", "")
        if event["event"] == "take":
            self._taken[(stage, event["recipe"])] = event
        elif event["event"] == "pick":
            take = self._taken.get((stage, event["recipe"]))
            how = "reused" if event["reused"] or take is None else _spent(take)
            self._line("✓", "green", " ".join(p for p in (unit, stage, event.get("language", "")) if p), how)
            self._todo.discard((unit, stage, event.get("language", "")))
        elif event["event"] == "failure":
            self._line("✗", "red", f"{unit} {stage}", event["message"])
        elif event["event"] == "score" and event["blocking"] and not event["passed"]:
            self._line("✗", "red", unit, f"check {event['scorer']}: {event['note']}")
        self._draw()

    def _line(self, sign: str, colour: str, name: str, how: str) -> None:
        self._console.print(Text.assemble((f"{sign} ", colour), f"{name:32} ", how), soft_wrap=True)

    def _draw(self) -> None:
        seconds = f"{time.monotonic() - self._since:.0f} s"
        if not self._all:
            self._live.update(Text(f"{self._text} … {seconds}"))
            return
        done = self._all - len(self._todo)
        bar = "━" * (PLACES * done // self._all)
        self._live.update(Text.assemble((bar, "green"), ("─" * (PLACES - len(bar)), "dim"),
                                        f" {done}/{self._all} {self._text}  {self._states}  {seconds}"))


def _spent(take: dict[str, Any]) -> str:
    return f"{take['seconds']:.2f} s  {paid_said(take['usd'])}"
