"""dbt inside the process of the tests, its project read once: a process of its own, as the product has it, mostly starts."""

import os
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from studio.metrics import building
from studio.metrics.building import Warehouse, environment
from studio.story.show import Show, ShowFile


@contextmanager
def dbt_inside() -> Generator[None]:
    """Within this block builds start no process; all else of them is as ever."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "dbt", _dbt)
        yield


@cache
def parsed() -> tuple[Any, Path]:
    """The project as dbt has read it, and its manifest.json."""
    nowhere = Warehouse(Show(Path(mkdtemp(prefix="genga-dbt-")), ShowFile(title="none", default_preset="none"), {}))
    return _invoke(nowhere, "parse"), nowhere.folder / "target" / "manifest.json"


def _dbt(warehouse: Warehouse, command: str, wanted: str) -> Path:
    _invoke(warehouse, command, parsed()[0])
    return warehouse.folder / "target" / wanted


def _invoke(warehouse: Warehouse, command: str, manifest: Any = None) -> Any:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    for folder in (warehouse.folder, warehouse.ledger):
        folder.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dbt's own
        from dbt.cli.main import dbtRunner

        for name, value in environment(warehouse).items():
            if os.environ.get(name) != value:
                patch.setenv(name, value)
        done = dbtRunner(manifest=manifest).invoke(["--quiet", command])
        DuckDBConnectionManager.close_all_connections()  # as the end of its process would
    if done.exception:
        raise done.exception
    return done.result
