"""Building: one writer at a time lets dbt read what is new in the ledger and make the tables anew, then publishes a copy."""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import IO

from studio.errors import MetricsError
from studio.metrics.pricing import enter_prices
from studio.metrics.querying import query
from studio.metrics.results import Result, read_results
from studio.store.writing import TEMPORARY, read_chunks, write_atomically
from studio.story.show import Show

PROJECT = Path(__file__).parents[2] / "dbt_metrics"
"""The dbt project; it lies beside studio, also when installed."""
PATIENCE = 300.0
"""Seconds to wait for another writer: a build takes seconds."""


@dataclass(frozen=True)
class Warehouse:
    """Where the numbers of a show are made and kept."""

    show: Show

    @property
    def folder(self) -> Path:
        """What only the writer touches; may be deleted, the next build reads the whole ledger again."""
        return self.show.out / ".metrics"

    @property
    def work(self) -> Path:
        """The database that dbt writes."""
        return self.folder / "work.duckdb"

    @property
    def published(self) -> Path:
        """The copy that analysts open."""
        return self.show.out / "metrics.duckdb"

    @property
    def ledger(self) -> Path:
        """What is read."""
        return self.show.out / "ledger"


@dataclass(frozen=True)
class Built:
    """How a build went."""

    warehouse: Warehouse
    results: tuple[Result, ...]
    seconds: float

    @cached_property
    def wrong(self) -> tuple[Result, ...]:
        """Models that could not be made, and tests that did not hold."""
        return tuple(result for result in self.results if not result.passed)

    def check(self) -> None:
        """Raises MetricsError when anything is wrong; then nothing was published."""
        if self.wrong:
            told = "; ".join(f"{one.name}: {one.message.splitlines()[0] if one.message else one.status}" for one in self.wrong)
            raise MetricsError(f"the numbers are not right, so they were not published ({told})", file=self.warehouse.folder,
                               remedy="'genga metrics build --full' reads the whole ledger anew; logs stand in logs/dbt.log")


def build(show: Show, full: bool = False) -> Built:
    """Make all tables anew from the ledger, of which only new or grown files are read, and publish them if nothing is wrong.

    full: read the whole ledger again. Raises MetricsError when another build does not end, or dbt cannot run at all.
    """
    warehouse, started = Warehouse(show), time.perf_counter()
    with _only_writer(warehouse):
        enter_prices(show, warehouse.work)  # first: it looks up the last prices in what may now be forgotten
        _forget_other_versions(warehouse, full)
        results = tuple(read_results(dbt(warehouse, "build", "run_results.json")))
        built = Built(warehouse, results, time.perf_counter() - started)
        if not built.wrong:
            publish(warehouse)
    return Built(warehouse, results, time.perf_counter() - started)


def behind(warehouse: Warehouse) -> bool:
    """Has the ledger grown since the published tables read it?"""
    there = {file.name: file.stat().st_size for file in warehouse.ledger.glob("*.jsonl")}
    read: dict[str, int] = {}
    with suppress(MetricsError):  # nothing is published, or by a version whose tables had other columns
        read = dict(query(warehouse.published, "select file, bytes from ledger_files").rows)
    return any(size and size != read.get(name) for name, size in there.items())


def publish(warehouse: Warehouse) -> None:
    """Replace the published copy in one step: who has it open goes on reading the old one, and nobody waits for anybody."""
    for left in warehouse.published.parent.glob(f".{warehouse.published.name}.*{TEMPORARY}"):  # of writers that were killed
        left.unlink(missing_ok=True)
    write_atomically(warehouse.published, read_chunks(warehouse.work))


def environment(warehouse: Warehouse) -> dict[str, str]:
    """What dbt needs to know of this show, and nothing that it would send or ask for."""
    return {
        **os.environ, "GENGA_LEDGER": str(warehouse.ledger), "GENGA_METRICS_WORK": str(warehouse.work),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_TARGET_PATH": str(warehouse.folder / "target"),
        "DBT_LOG_PATH": str(warehouse.folder / "logs"), "DBT_PROJECT_DIR": str(PROJECT), "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_VERSION_CHECK": "false", "DBT_LOG_LEVEL_FILE": "info", "PYTHONWARNINGS": "ignore",
    }


def dbt(warehouse: Warehouse, command: str, wanted: str) -> Path:
    """Run `dbt build` or `dbt parse`; the file of its target folder that is wanted. Raises MetricsError when it wrote none.

    A process of its own: it gives its memory back, and closes the database whatever happens to it.
    """
    made = warehouse.folder / "target" / wanted
    for folder in (warehouse.folder, warehouse.ledger):
        folder.mkdir(parents=True, exist_ok=True)
    made.unlink(missing_ok=True)
    # the interpreter's own dbt: another one may come first on PATH, or none
    words = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", command]
    done = subprocess.run(words, env=environment(warehouse), capture_output=True, text=True, check=False, cwd=warehouse.folder)
    if not made.is_file():
        told = (done.stdout + done.stderr).strip().splitlines() or ["no words"]
        raise MetricsError(f"dbt could not run: {told[-1]}", file=warehouse.folder / "logs" / "dbt.log",
                           remedy="'genga doctor' checks the installation")
    return made


def _forget_other_versions(warehouse: Warehouse, full: bool) -> None:
    """Tables made by other SQL, or by another DuckDB, may have other columns: the ledger is read from its beginning."""
    stamp, now = warehouse.folder / "stamp", _version()
    if full or not stamp.is_file() or stamp.read_text() != now:
        for file in (warehouse.work, warehouse.work.with_name(f"{warehouse.work.name}.wal")):
            file.unlink(missing_ok=True)
        stamp.write_text(now)


def _version() -> str:
    digest = hashlib.sha256(version("duckdb").encode())
    for file in project_files():
        digest.update(file.read_bytes())
    return digest.hexdigest()


def project_files() -> Iterator[Path]:
    """Whatever decides which tables there are."""
    for pattern in ("dbt_project.yml", "profiles.yml", "models/staging/*", "macros/*"):
        yield from sorted(PROJECT.glob(pattern))


@contextmanager
def _only_writer(warehouse: Warehouse) -> Generator[None]:
    """Dagster's pool holds runs back; this also holds the command back, and another Dagster."""
    warehouse.folder.mkdir(parents=True, exist_ok=True)
    handle: IO[str] = (warehouse.folder / "writing.lock").open("a")
    deadline = time.monotonic() + PATIENCE
    try:
        while True:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() > deadline:
                raise MetricsError(f"another build has been at work for {PATIENCE:.0f} s", file=warehouse.folder,
                                   remedy="Wait until it has ended, or stop it")
            time.sleep(0.1)
        yield
    finally:
        handle.close()
