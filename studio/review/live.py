"""Live: the ledger as it grows, as server-sent events for pages that are open."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event
from typing import Any

from studio.review.asking import News
from studio.store.ledger_tail import LedgerTail

POLL_SECONDS = 0.5
QUIET_SECONDS = 15.0
"""After which a comment is sent, so that a dead connection is noticed."""


async def stream(ledger: Path, news: News, closing: Event) -> AsyncIterator[str]:
    """What happens from now on, one message each, until the server closes."""
    tail, heard = LedgerTail(ledger), news.latest
    yield "retry: 2000\n\n"
    quiet = 0.0
    while not closing.is_set():
        messages = [message(told) for event in await asyncio.to_thread(tail.events) if (told := tell(event))]
        fresh = news.since(heard)
        heard = fresh[-1][0] if fresh else heard
        messages += [message({"event": "news", "told": text}) for _, text in fresh]
        quiet = 0.0 if messages else quiet + POLL_SECONDS
        for text in messages:
            yield text
        if quiet >= QUIET_SECONDS:
            quiet = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(POLL_SECONDS)


def message(data: dict[str, Any]) -> str:
    """One server-sent event; JSON holds no line break."""
    return f"data: {json.dumps(data)}\n\n"


def tell(event: dict[str, Any]) -> dict[str, Any] | None:
    """What a page needs to know of a ledger event; None for what it does not show."""
    said = _SAID.get(str(event.get("event")))
    if said is None or "stage" not in event:
        return None
    what = " ".join(str(event[key]) for key in ("unit", "stage", "language") if event.get(key))
    facts = {key: event.get(key, "") for key in ("event", "unit", "stage", "language", "artifact")}
    return {**facts, "told": f"{what}: {said(event)}"}


def _take(event: dict[str, Any]) -> str:
    price = "at an unknown cost" if event["usd"] is None else f"${event['usd']:.5f}"  # None: the show names no rate
    return f"made in {event['seconds']:.2f} s, {price}"


def _review(event: dict[str, Any]) -> str:
    verdict = {"accept": "accepted", "reject": "rejected", "undo": "took back a word"}[event["verdict"]]
    why = f" ({', '.join(event['reasons'])})" if event.get("reasons") else ""
    return f"{event['reviewer']} {verdict}{why}"


_SAID = {
    "take": _take,
    "failure": lambda event: f"failed: {event['message']}",
    "pick": lambda event: "found and used again" if event["reused"] else "uses its new take",
    "review": _review,
}
