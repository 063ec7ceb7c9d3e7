"""Telemetry: the ledger as it grows, sent to an OpenTelemetry collector where one is named.

Spans follow from ledger events, whoever wrote them: run workers know nothing of telemetry, and nothing waits for a collector.
"""

import hashlib
import os
import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from studio.store.ledger_tail import LedgerTail
from studio.store.timeline import Span, span_of

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Environment variables of OpenTelemetry, either of which switches this on."""
POLL_SECONDS = 2.0
LAST_SECONDS = 15.0
"""How long the last spans may take at the end."""
SERVICE = "genga"


def wanted() -> bool:
    """Whether a collector is named in the environment."""
    return any(os.environ.get(name) for name in ENDPOINTS)


@dataclass
class Telemetry:
    """A thread that follows a show's ledger and exports a span per event. Headers, timeouts and protocols are the variables
    that the OpenTelemetry exporter documents.
    """

    ledger: Path
    show: str
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._tail = LedgerTail(self.ledger)  # from now on, however long the exporter takes to load

    def follow(self) -> None:
        """Export what happens until `stop` is set. A collector that does not answer loses its spans, and nothing else."""
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        processor = BatchSpanProcessor(OTLPSpanExporter())
        try:
            while not self.stop.wait(POLL_SECONDS):
                export(processor, self._tail.events(), self.show)
            export(processor, self._tail.events(), self.show)
        finally:
            processor.shutdown()


@contextmanager
def following(ledger: Path, show: str) -> Generator[None]:
    """Follow a ledger for the length of a `with` block, where a collector is named; its last spans are sent at the end."""
    if not wanted():
        yield
        return
    telemetry = Telemetry(ledger, show)
    thread = threading.Thread(target=telemetry.follow, name="telemetry", daemon=True)
    thread.start()
    try:
        yield
    finally:
        telemetry.stop.set()
        thread.join(LAST_SECONDS)


def export(processor: Any, events: Iterable[Mapping[str, Any]], show: str) -> None:
    """Hand a finished OpenTelemetry span for each event to `processor`; those of one submission share its trace."""
    for event in events:
        span = span_of(event)
        if span:
            processor.on_end(_readable(span, str(event.get("trace") or ""), show, event))


def _readable(span: Span, trace: str, show: str, event: Mapping[str, Any]) -> Any:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    root = _number(f"{show}/{trace}", 16)
    own = _number("/".join(str(event.get(key, "")) for key in ("at", "event", "unit", "stage", "language", "recipe")), 8)
    sampled = TraceFlags(TraceFlags.SAMPLED)
    attributes = {"genga.show": show, "genga.unit": span.unit, "genga.stage": span.stage, "genga.told": span.told,
                  "genga.trace": trace, **{f"genga.{name}": value for name, value in span.facts.items()}}
    return ReadableSpan(
        name=f"{span.what} {span.stage}".strip(), context=SpanContext(root, own, is_remote=False, trace_flags=sampled),
        kind=SpanKind.INTERNAL, attributes=attributes, resource=Resource.create({"service.name": SERVICE}),
        status=Status(StatusCode.ERROR, span.told) if span.failed else Status(StatusCode.OK),
        start_time=_nanoseconds(span.start), end_time=_nanoseconds(span.end),
    )


def _number(text: str, size: int) -> int:
    """An id of so many bytes, the same in every process; never 0, which means none."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size]) or 1


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1e9)
