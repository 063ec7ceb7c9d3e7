"""The ledger's end: what was written since one looked last. Files only grow, so that nothing is read twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json

Plain = dict[str, Any]
"""An event as plain values."""


class Line(NamedTuple):
    """One line of the ledger."""

    file: Path
    number: int
    """From 1."""
    event: Plain | None
    """None where it is torn."""


class LedgerTail:
    """The lines since this was made, or all: each is given once."""

    def __init__(self, folder: Path, whole: bool = False) -> None:
        """whole: from the beginning of every file, not from its end of now."""
        self._folder = folder
        self._read: dict[Path, tuple[int, int]] = {}
        """File -> bytes and lines that were read."""
        if not whole:
            self._read = {file: (file.stat().st_size, 0) for file in folder.glob("*.jsonl")}

    def new(self) -> Iterator[Line]:
        """What was added since the last call, whole lines only, files in the order of their names."""
        for file in sorted(self._folder.glob("*.jsonl")):
            known, number = self._read.get(file, (0, 0))
            if file.stat().st_size == known:  # a ledger has a file per process and day, nearly all of them at rest
                continue
            with file.open("rb") as handle:
                handle.seek(known)
                text = handle.read()
            whole = text[: text.rfind(b"\n") + 1]
            lines = whole.split(b"\n")[:-1]
            self._read[file] = known + len(whole), number + len(lines)
            for number, line in enumerate(lines, number + 1):  # noqa: B020 (goes on from where it was)
                if line.strip():
                    yield Line(file, number, event_of(line))

    def events(self) -> list[Plain]:
        """What is new, without torn lines."""
        return [line.event for line in self.new() if line.event is not None]

    def unended(self) -> Iterator[Line]:
        """Last lines without an end: torn by a crash, or being written now. They are not counted as read."""
        for file, (known, number) in self._read.items():
            if file.stat().st_size > known:
                with file.open("rb") as handle:
                    handle.seek(known)
                    text = handle.read()
                if b"\n" not in text and text.strip():
                    yield Line(file, number + 1, event_of(text))

    def rewritten(self) -> bool:
        """Did somebody shorten or remove a file that was read?"""
        return any(not file.exists() or file.stat().st_size < known for file, (known, _) in self._read.items())


def event_of(line: bytes) -> Plain | None:
    """The event that a line holds; None where it is torn."""
    try:
        event = from_json(line)  # half the time of json.loads, on which every command waits
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event and "at" in event else None
