"""What a process has read of a ledger: settled events stay folded, and only what came since is folded anew."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from studio import collecting
from studio.plan.history import History
from studio.store.folding import fold
from studio.store.ledger_tail import LedgerTail, Plain

SETTLED = timedelta(minutes=1)
"""Processes write a little after the moment that an event names, and their clocks differ: as late as this nobody comes."""


class LedgerReading:
    """The history as of now, as often as it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, Lock()
        self._forget()

    def _forget(self) -> None:
        self._tail, self._settled, self._until = LedgerTail(self._folder, whole=True), History(), ""
        self._recent: list[Plain] = []
        self._kinds: set[str] = set()

    def history(self) -> History:
        """All events in order of time; a copy, for what reads it changes it."""
        with self._up_to_date():
            return self._now()

    def tells_of(self, kind: str) -> bool:
        """Is there an event of this kind?"""
        with self._up_to_date():
            return kind in self._kinds

    @contextmanager
    def _up_to_date(self) -> Generator[None]:
        with self._lock, collecting.later():
            try:
                if self._tail.rewritten() or not self._goes_on():
                    self._forget()
                    self._goes_on()
                self._settle()
                yield
            except BaseException:  # half folded: the next who asks begins anew
                self._forget()
                raise

    def _now(self) -> History:
        history = self._settled.copy()
        last = list(self._tail.unended())
        history.torn += [_name(line.file, line.number) for line in last if line.event is None]
        for event in sorted([*self._recent, *(line.event for line in last if line.event)], key=_at):
            fold(history, event)
        return history

    def _goes_on(self) -> bool:
        """Take in what is new. False where it tells of a time whose events are folded already."""
        for file, number, event in self._tail.new():
            self._kinds.add(event["event"] if event else "")
            if event is None:
                self._settled.torn.append(_name(file, number))
            elif event["at"] < self._until:
                return False
            else:
                self._recent.append(event)
        return True

    def _settle(self) -> None:
        until = (datetime.now(UTC) - SETTLED).isoformat(timespec="microseconds")
        self._recent.sort(key=_at)
        old = sum(event["at"] < until for event in self._recent)
        for event in self._recent[:old]:
            fold(self._settled, event)
        if old:
            self._until = _at(self._recent[old - 1])
            del self._recent[:old]


def _at(event: Plain) -> str:
    return event["at"]


def _name(file: Path, number: int) -> str:
    return f"{file.name}:{number}"
