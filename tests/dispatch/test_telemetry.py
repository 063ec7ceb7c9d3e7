"""The ledger as OpenTelemetry spans, sent over real HTTP; without a collector nothing is loaded or sent."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from studio.dispatch.telemetry import ENDPOINTS, following
from tests.production.making import make_all
from tests.story.making import write_show


class Collector(BaseHTTPRequestHandler):
    """Keeps the spans that are posted to it."""

    bodies: list[bytes]

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What a collector got that is named in the environment."""
    handler = type("Kept", (Collector,), {"bodies": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv(ENDPOINTS[1], f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    yield handler.bodies
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_unit_is_a_span_of_its_submissions_trace(tmp_path: Path, collector: list[bytes]) -> None:
    folder = write_show(tmp_path / "show")
    (folder / "out" / "ledger").mkdir(parents=True)
    with following(folder / "out" / "ledger", "show"):
        make_all(folder)
    spans = [span for body in collector for resource in ExportTraceServiceRequest.FromString(body).resource_spans
             for scope in resource.scope_spans for span in scope.spans]
    names = [span.name for span in spans]
    assert names.count("rendered panel") == 3 and names.count("rendered final") == 3 and "published" in names
    assert len({span.trace_id for span in spans}) == 1 and len({span.span_id for span in spans}) == len(spans)
    panel = next(span for span in spans if span.name == "rendered panel")
    facts = {one.key: one.value.string_value for one in panel.attributes}
    assert facts["genga.unit"].startswith("01.") and facts["genga.trace"] == "t" and facts["genga.pool"] == "image"
    assert panel.end_time_unix_nano >= panel.start_time_unix_nano > 0


def test_without_a_collector_there_is_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    before = threading.active_count()
    with following(tmp_path, "show"):
        assert threading.active_count() == before


def test_a_collector_that_is_gone_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINTS[1], "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    folder = write_show(tmp_path / "show")
    (folder / "out" / "ledger").mkdir(parents=True)
    with following(folder / "out" / "ledger", "show"):
        assert not [made.error for made in make_all(folder) if made.error]
