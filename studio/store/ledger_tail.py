"""The ledger's end: what was written since one looked last. Files only grow, so that nothing is read twice."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json

END = 256
"""Bytes of what was read by which one knows whether somebody rewrote it."""
Plain = dict[str, Any]
"""An event as plain values."""


class Line(NamedTuple):
    """One line of the ledger."""

    file: Path
    number: int
    """From 1."""
    event: Plain | None
    """None where it is torn."""


class _Read(NamedTuple):
    """How far a file was read."""

    size: int = 0
    """Bytes."""
    lines: int = 0
    end: bytes = b""
    """The last of these bytes."""
    changed: int = 0
    """When the file was changed last, then (ns)."""


class LedgerTail:
    """The lines since this was made, or all: each is given once."""

    def __init__(self, folder: Path, whole: bool = False) -> None:
        """whole: from the beginning of every file, not from its end of now."""
        self._folder = folder
        self._read: dict[Path, _Read] = {}
        if not whole:
            self._read = {file: _Read(file.stat().st_size) for file in folder.glob("*.jsonl")}

    def new(self) -> Iterator[Line]:
        """What was added since the last call, whole lines only, files in the order of their names."""
        for file in sorted(self._folder.glob("*.jsonl")):
            known, number, end, _ = self._read.get(file, _Read())
            if file.stat().st_size == known:  # a ledger has a file per process and day, nearly all of them at rest
                continue
            with file.open("rb") as handle:
                handle.seek(known)
                text = handle.read()
                changed = os.fstat(handle.fileno()).st_mtime_ns
            whole = text[: text.rfind(b"\n") + 1]
            lines = whole.split(b"\n")[:-1]
            self._read[file] = _Read(known + len(whole), number + len(lines), (end + whole)[-END:], changed)
            for number, line in enumerate(lines, number + 1):  # noqa: B020 (goes on from where it was)
                if line.strip():
                    yield Line(file, number, event_of(line))

    def events(self) -> list[Plain]:
        """What is new, without torn lines."""
        return [line.event for line in self.new() if line.event is not None]

    def unended(self) -> Iterator[Line]:
        """Last lines without an end: torn by a crash, or being written now. They are not counted as read."""
        for file, (known, number, *_) in self._read.items():
            if file.stat().st_size > known:
                with file.open("rb") as handle:
                    handle.seek(known)
                    text = handle.read()
                if b"\n" not in text and text.strip():
                    yield Line(file, number + 1, event_of(text))

    def rewritten(self) -> bool:
        """Did somebody remove or rewrite a file that was read? Nothing of genga does."""
        return any(not _ends_as(file, read) for file, read in self._read.items())


def _ends_as(file: Path, read: _Read) -> bool:
    """Whether what was read still stands there, by its last bytes."""
    try:
        now = file.stat()
        if now.st_size == read.size or now.st_mtime_ns == read.changed:
            return now.st_mtime_ns == read.changed
        with file.open("rb") as handle:
            handle.seek(read.size - len(read.end))
            return handle.read(len(read.end)) == read.end
    except OSError:
        return False


def event_of(line: bytes) -> Plain | None:
    """The event that a line holds; None where it is torn."""
    try:
        event = from_json(line)  # half the time of json.loads, on which every command waits
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event and "at" in event else None
