"""Timeline: ledger events as spans of time, so that one can see what happened to a unit and what it waited for. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Ledger_ = Mapping[str, Any]
"""One event, as its line holds it."""


@dataclass(frozen=True)
class Span:
    """Something that happened, from when to when; both the same for what took no time."""

    start: datetime
    end: datetime
    what: str
    """In a word or two: `rendered`, `queued`, `accepted`."""
    unit: str
    stage: str = ""
    told: str = ""
    """Facts, for people."""
    failed: bool = False
    facts: Mapping[str, str | int | float | bool] = field(default_factory=dict[str, "str | int | float | bool"])
    """For programs."""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True)
class Journey:
    """What one submission did, in order of time."""

    trace: str
    spans: Sequence[Span]

    @property
    def start(self) -> datetime:
        """When it began."""
        return min(span.start for span in self.spans)

    @property
    def end(self) -> datetime:
        """When the last of it ended."""
        return max(span.end for span in self.spans)

    @property
    def seconds(self) -> float:
        """From its first to its last moment."""
        return (self.end - self.start).total_seconds()

    def covered(self, *what: str) -> float:
        """Seconds in which spans of these kinds were under way, each moment once; without a kind, of all that is work."""
        mine = sorted((span.start, span.end) for span in self.spans
                      if span.seconds and (span.what in what if what else span.what != QUEUED))
        whole, at = timedelta(), self.start
        for start, end in mine:
            whole += max(timedelta(), end - max(start, at))
            at = max(at, end)
        return whole.total_seconds()

    @property
    def waited(self) -> float:
        """Seconds in which nothing of it was under way: in the queue, for a person, for a place in a pool."""
        return max(0.0, self.seconds - self.covered())


QUEUED, RENDERED = "queued", "rendered"
LEAST_LOAD = 0.005
"""Seconds of loading that are worth telling: less is written as 0.00."""


def journeys(events: Iterable[Ledger_]) -> list[Journey]:
    """The events by their traces, the oldest first; those without a trace are one by themselves, last."""
    by_trace: dict[str, list[Span]] = {}
    for event in events:
        span = span_of(event)
        if span:
            by_trace.setdefault(str(event.get("trace") or ""), []).append(span)
    known = [Journey(trace, sorted(spans, key=lambda s: (s.start, s.end))) for trace, spans in by_trace.items()]
    return sorted(known, key=lambda journey: (not journey.trace, journey.start))


def about(events: Sequence[Ledger_], unit: str, around: Set[str]) -> list[Ledger_]:
    """The events about `around` in the submissions that touched `unit`, and the starts of their runs: a run works on many
    units, and its start is named by the first of its cells alone.
    """
    traces = {event.get("trace") for event in events if event.get("unit") == unit}
    mine = [event for event in events if event.get("unit") in around and event.get("trace") in traces]
    runs = {event.get("run") for event in mine} - {None, ""}
    known = {id(event) for event in mine}
    return mine + [event for event in events
                   if event.get("event") == "start" and event.get("run") in runs and id(event) not in known]


def span_of(event: Ledger_) -> Span | None:
    """An event as a span; None for those that tell nothing of how work went (measurements, passed checks)."""
    made = _SPANS.get(str(event.get("event")))
    try:
        return made(event) if made else None
    except (KeyError, ValueError, TypeError):  # a line of another version says less: nothing is made up
        return None


def _at(event: Ledger_) -> datetime:
    return datetime.fromisoformat(str(event["at"]))


def _worked(event: Ledger_, what: str, told: str, failed: bool = False) -> Span:
    end = _at(event)
    seconds = float(event.get("seconds") or 0) + float(event.get("load_seconds") or 0)
    facts = {name: event[name] for name in ("pool", "device", "host", "recipe", "run", "attempt", "cause", "waited_seconds")
             if isinstance(event.get(name), str | int | float)}
    return Span(end - timedelta(seconds=seconds), end, what, event["unit"], _stage(event), told, failed, facts)


def _point(event: Ledger_, what: str, told: str = "", failed: bool = False) -> Span:
    return Span(_at(event), _at(event), what, event["unit"], _stage(event), told, failed)


def _stage(event: Ledger_) -> str:
    return f"{event.get('stage', '')} {event.get('language', '')}".strip()


def _start(event: Ledger_) -> Span:
    end = _at(event)
    begin = min(end, datetime.fromisoformat(str(event["submitted"])))  # clocks jump back; no wait is below nothing
    facts = {"pool": str(event.get("pool", "")), "class": str(event.get("queue_class", "")), "asked_by": str(event["by"]),
             "run": str(event.get("run", ""))}
    told = [f"pool {facts['pool'] or 'none'}", facts["class"], f"by {facts['asked_by']}"]
    return Span(begin, end, QUEUED, event["unit"], str(event["asset"]), ", ".join(filter(None, told)), facts=facts)


def _take(event: Ledger_) -> Span:
    usd = f"${event['usd']:.5f}" if event.get("usd") is not None else "price unknown"
    load = f", {event['load_seconds']:.2f} s of it loading weights" if (event.get("load_seconds") or 0) >= LEAST_LOAD else ""
    waited = f", after {event['waited_seconds']:.0f} s in the fleet's queue" if (event.get("waited_seconds") or 0) >= 1 else ""
    return _worked(event, RENDERED, f"{usd} on {event.get('device', '?')}{load}{waited}")


def _review(event: Ledger_) -> Span:
    said = {"accept": "accepted", "reject": "rejected", "undo": "taken back"}[event["verdict"]]
    why = ", ".join([*event.get("reasons", ()), *filter(None, [event.get("note")])])
    seconds = float(event.get("seconds") or 0)
    end = _at(event)
    return Span(end - timedelta(seconds=seconds), end, said, event["unit"], _stage(event),
                f"{event['reviewer']}{': ' if why else ''}{why}")


def _files(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"


def _raise(event: Ledger_) -> Span:
    to = "to what show.yaml says" if event["usd"] is None else f"to ${event['usd']:.2f}"
    return _point(event, "budget taken back" if event.get("undo") else "budget raised", f"{to} by {event['by']}")


def _notice(event: Ledger_) -> Span:
    lost = f", not reached: {', '.join(event['failed'])}" if event["failed"] else ""
    return _point(event, "told", f"{event['sent']} of those to be told{lost}", failed=bool(lost))


def _score(event: Ledger_) -> Span | None:
    if event["passed"]:
        return None
    return _point(event, "stopped" if event.get("blocking", True) else "warned", f"{event['scorer']}: {event.get('note', '')}",
                  failed=bool(event.get("blocking", True)))


_SPANS: dict[str, Callable[[Ledger_], Span | None]] = {
    "intake": lambda e: _point(e, "taken in", str(e["file"])),
    "start": _start,
    "take": _take,
    "failure": lambda e: _worked(e, "failed", str(e["message"]), failed=True),
    "score": _score,
    "pick": lambda e: _point(e, "found" if e["reused"] else "used"),
    "review": _review,
    "publish": lambda e: _point(e, "published", _files(e["files"])),
    "alert": lambda e: _point(e, "alert", str(e["text"])),
    "notice": _notice,
    "raise": _raise,
}
