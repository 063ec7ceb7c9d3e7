"""Tables: which there are and what their columns mean, as the dbt project says.

Prepared in dbt_metrics/assets.json by `python -m resources.declared_tables`, since to ask dbt itself takes seconds.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "dbt_metrics" / "assets.json"


@dataclass(frozen=True)
class Check:
    """A test of a table, as an asset check."""

    name: str
    description: str = ""


@dataclass(frozen=True)
class Table:
    """One dbt model, as an asset."""

    id: str
    """dbt's unique id."""
    key: tuple[str, ...]
    deps: tuple[tuple[str, ...], ...]
    """Asset keys that it is made from."""
    description: str
    code_version: str
    columns: dict[str, str]
    """Name -> meaning."""
    checks: tuple[Check, ...]

    @property
    def name(self) -> str:
        """`takes`."""
        return self.key[-1]

    @property
    def is_mart(self) -> bool:
        """For analysts; not a stage on the way."""
        return not self.name.startswith("stg_")


@cache
def tables() -> tuple[Table, ...]:
    """All tables, by name."""
    return tuple(_table(one) for one in json.loads(FILE.read_text(encoding="utf-8")))


def _table(one: dict[str, Any]) -> Table:
    return Table(one["id"], tuple(one["key"]), tuple(map(tuple, one["deps"])), one["description"], one["code_version"],
                 one["columns"], tuple(Check(**check) for check in one["checks"]))
