"""Numbers: the report of the tables as they are published now, gathered again only when others are."""

import threading
from pathlib import Path

from studio.metrics.building import Warehouse
from studio.metrics.reporting import make_report
from studio.production.opening import Production

POLICY = ("default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; base-uri 'none'; "
          "frame-ancestors 'none'")
"""For a report: it carries its style and its pictures itself. No script runs in it, and it sends nothing."""


class Numbers:
    """Reports on one show; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # plots are drawn with settings that all of matplotlib shares
        self._report = ""
        self._mark: tuple[object, ...] = ()

    def report(self, production: Production, above: str) -> str:
        """What is published, under the HTML `above`. Raises MetricsError where nothing is, or nothing happened yet."""
        published = Warehouse(production.show).published
        with self._lock:
            mark = _mark(published, production.show.settings.title)
            if not self._report or mark != self._mark:
                self._report, self._mark = make_report(production, published), mark
            return self._report.replace("<body>", f"<body>\n{above}", 1)


def _mark(published: Path, title: str) -> tuple[object, ...]:
    """A published copy is never changed, only replaced."""
    if not published.is_file():
        return ()
    found = published.stat()
    return title, found.st_ino, found.st_mtime_ns
