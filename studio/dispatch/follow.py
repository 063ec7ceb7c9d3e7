"""Following: what runs write into the ledger, line by line, while they go on."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.plan.price import Price, together, total


class LedgerTail:
    """New events since this was made: those of one submission, or of all."""

    def __init__(self, folder: Path, trace: str | None = None) -> None:
        self._folder, self._trace = folder, trace
        self._read = {file: file.stat().st_size for file in folder.glob("*.jsonl")}

    def new(self) -> list[dict[str, Any]]:
        """Events that were written since the last call, whole lines only."""
        events: list[dict[str, Any]] = []
        for file in sorted(self._folder.glob("*.jsonl")):
            known = self._read.get(file, 0)
            if file.stat().st_size == known:  # a ledger has a file per process and day, nearly all of them at rest
                continue
            with file.open("rb") as handle:
                handle.seek(known)
                text = handle.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._read[file] = known + len(whole)
            events += [e for e in map(_event, whole.splitlines()) if "event" in e and self._trace in (None, e.get("trace"))]
        return events


def _event(line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


@dataclass
class Tally:
    """What a submission did so far."""

    rendered: Counter[str] = field(default_factory=Counter[str])
    """By stage."""
    reused: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0
    """Device seconds."""
    price: Price = field(default_factory=Price)
    notes: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """What was done that nobody asked for -> the units (`01.s1 clip`) to which it was done."""

    def add(self, event: dict[str, Any]) -> None:
        """Count one event."""
        if event["event"] == "take":
            self.seconds += event["seconds"] + event.get("load_seconds", 0.0)
            self.price = together((self.price, total([(event["usd"], event.get("pool", ""))])))
            self.rendered[event["stage"]] += 1
            for note in event.get("notes", ()):
                self.notes.setdefault(note, []).append(f"{event['unit']} {event['stage']}")
        elif event["event"] == "pick" and event["reused"]:
            self.reused[event["stage"]] += 1
