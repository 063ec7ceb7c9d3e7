"""Following: what a submission did so far, as the ledger tells."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from studio.plan.price import Price, together, total


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
