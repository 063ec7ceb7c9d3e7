"""Ledger: an append-only record of what happened, one JSON line per event, one file per process and day."""

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from studio.errors import StoreError
from studio.plan.history import History
from studio.store.event import Event
from studio.store.ledger_reading import LedgerReading
from studio.store.ledger_tail import LedgerTail, Line, event_of


class Ledger:
    """Appends to its own file, reads everybody's.

    A line is written with one O_APPEND write and flushed to disk, so that a killed process loses nothing it reported.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _file(self) -> Path:
        # pid and host are looked up at each write: a forked worker must not share its parent's file
        return self.folder / f"{datetime.now(UTC):%Y-%m-%d}.{socket.gethostname()}.{os.getpid()}.jsonl"

    def append(self, event: Event) -> None:
        """Keep `event`. Raises StoreError (disk full, read-only) with nothing half-written that a reader would take."""
        line = event.model_dump_json().encode() + b"\n"
        file = self._file()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                start = os.fstat(handle).st_size
                if start and _unfinished(file):
                    line = b"\n" + line
                if os.write(handle, line) != len(line):
                    os.ftruncate(handle, start)
                    raise OSError(28, "No space left on device")
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as exc:
            raise StoreError(f"the ledger cannot be written ({exc.strerror})", file=file,
                             remedy="Free space or permissions, then run again: nothing finished is rendered twice") from exc

    def lines(self) -> Iterator[Line]:
        """Everything that was written, files in the order of their names; lines without an end come last."""
        tail = LedgerTail(self.folder, whole=True)
        yield from tail.new()
        yield from tail.unended()

    def since(self, moment: datetime) -> Iterator[dict[str, Any]]:
        """Whole events from `moment` on; files that nobody wrote to since are not opened."""
        for file in sorted(self.folder.glob("*.jsonl")):
            if file.stat().st_mtime < moment.timestamp():
                continue
            with file.open("rb") as handle:
                for line in handle:
                    event = event_of(line)
                    if event and event["at"] >= moment.isoformat():
                        yield event

    def tells_of(self, kind: str) -> bool:
        """Is there an event of this kind? Costs next to nothing once the ledger is read, as this is asked every few seconds."""
        return self._reading.tells_of(kind)

    def history(self) -> History:
        """All events, folded in order of time into what the planner needs. A copy, which may be changed.

        What this process read before, it does not read again: ten thousand panels take a second, and a run asks many times.
        """
        return self._reading.history()

    @property
    def _reading(self) -> LedgerReading:
        return reading_of(self.folder.resolve())


def _unfinished(file: Path) -> bool:
    with file.open("rb") as handle:
        handle.seek(-1, os.SEEK_END)
        return handle.read(1) != b"\n"


@lru_cache(maxsize=2)
def reading_of(folder: Path) -> LedgerReading:
    """What this process has read of the ledger in `folder`."""
    return LedgerReading(folder)
