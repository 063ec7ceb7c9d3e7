"""Gauges: queue depth, waits, utilisation and success as Prometheus reads them."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from studio.dispatch.holding import HELD
from studio.dispatch.queue import Queue
from studio.errors import OrchestrationError
from studio.production.budgets import accounts_of
from studio.production.opening import Production
from studio.store.timeline import QUEUED, Span, span_of

WINDOW = timedelta(hours=1)
"""Over which waits, utilisation and success are measured."""
CONTENT = "text/plain; version=0.0.4; charset=utf-8"
_WAITING = """
query { runsOrError(filter: {statuses: [QUEUED, NOT_STARTED, STARTING, STARTED]}, limit: 1000) {
  ... on Runs { results { status assetSelection { path } tags { key value } } } } }"""


def metrics_text(production: Production, queue: Queue | None, now: datetime | None = None) -> bytes:
    """All gauges in Prometheus' text format. queue: whoever serves the show; None leaves the depth of the queue out."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    began, now = time.perf_counter(), now or datetime.now(UTC)
    registry = CollectorRegistry()

    def gauge(name: str, told: str, labels: Iterable[str], values: Mapping[tuple[str, ...], float]) -> None:
        made = Gauge(f"genga_{name}", told, list(labels), registry=registry)
        for key, value in values.items():
            (made.labels(*key) if key else made).set(value)

    spans = _recent(production, now - WINDOW)
    if queue is not None:
        gauge("queue_runs", "Runs in the queue or at work", ("asset", "status"), _depth(queue))
    gauge("queue_wait_seconds", "Seconds that runs waited for their place, of the last hour", ("pool", "quantile"), _waits(spans))
    gauge("utilisation_ratio", "Busy share of a pool's devices over the last hour", ("pool",), _busy(production, spans, now))
    gauge("units", "Units of the last hour by outcome", ("stage", "outcome"), _outcomes(spans))
    gauge("success_ratio", "Share of the last hour's renders that came", (), _success(spans))
    accounts = accounts_of(production)
    gauge("spent_usd", "Spent so far", ("budget",), {(a.scope,): a.spent for a in accounts})
    gauge("ceiling_usd", "Ceiling of the budget", ("budget",), {(a.scope,): a.ceiling for a in accounts if a.ceiling is not None})
    gauge("scrape_seconds", "What it took to read all this", (), {(): time.perf_counter() - began})
    return generate_latest(registry)


def _recent(production: Production, since: datetime) -> list[Span]:
    """What ended after `since`; only the ledger files that were written since are read."""
    found: list[Span] = []
    for event in production.ledger.since(since):
        span = span_of(event)
        if span and span.end >= since:
            found.append(span)
    return found


def _depth(queue: Queue) -> dict[tuple[str, ...], float]:
    try:
        runs = queue.ask(_WAITING, timeout=5.0)["runsOrError"]["results"]
    except OrchestrationError:
        return {}
    counted: Counter[tuple[str, ...]] = Counter()
    for run in runs:
        held = any(tag["key"] == HELD and tag["value"] == "yes" for tag in run["tags"])
        status = "held" if held and run["status"] == "QUEUED" else run["status"].lower()
        counted.update((asset["path"][-1], status) for asset in run["assetSelection"] or ())
    return {key: float(count) for key, count in counted.items()}


def _waits(spans: list[Span]) -> dict[tuple[str, ...], float]:
    waits: dict[str, list[float]] = defaultdict(list)
    for span in spans:
        if span.what == QUEUED:
            waits[str(span.facts["pool"])].append(span.seconds)
    return {(pool, name): sorted(held)[min(len(held) - 1, int(share * len(held)))]
            for pool, held in waits.items() for name, share in (("0.5", 0.5), ("0.95", 0.95))}


def _busy(production: Production, spans: list[Span], now: datetime) -> dict[tuple[str, ...], float]:
    """Device seconds inside the hour over what the pool's devices had."""
    start, seconds = now - WINDOW, defaultdict[str, float](float)
    for span in spans:
        if "pool" in span.facts and span.what in ("rendered", "failed"):
            seconds[str(span.facts["pool"])] += (span.end - max(span.start, start)).total_seconds()
    limits = {str(pool): held.limit for pool, held in production.show.settings.pools.items()}
    return {(pool,): min(1.0, seconds[pool] / (limits.get(pool, 1) * WINDOW.total_seconds())) for pool in {*limits, *seconds}}


def _outcomes(spans: list[Span]) -> dict[tuple[str, ...], float]:
    counted = Counter((span.stage, span.what) for span in spans if span.what in ("rendered", "found", "failed", "stopped"))
    return {key: float(count) for key, count in counted.items()}


def _success(spans: list[Span]) -> dict[tuple[str, ...], float]:
    """Nothing where nothing was rendered: no share of nothing."""
    counted = Counter(span.what for span in spans)
    tried = counted["rendered"] + counted["failed"]
    return {(): counted["rendered"] / tried} if tried else {}
