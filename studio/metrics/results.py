"""Results: what dbt says of each model and test."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """One model that was made, or one test that was asked."""

    id: str
    """dbt's unique id: `model.genga_metrics.takes`."""
    status: str
    """success, pass, warn, error, fail or skipped."""
    seconds: float
    message: str = ""
    wrong_rows: int = 0
    """Rows that a test found."""

    @property
    def name(self) -> str:
        """`takes`."""
        return self.id.split(".")[2]

    @property
    def is_test(self) -> bool:
        """A test, not a model."""
        return self.id.startswith("test.")

    @property
    def passed(self) -> bool:
        """It was made, or it held; a warning is a word, no fault."""
        return self.status in ("success", "pass", "warn")


def read_results(file: Path) -> Iterator[Result]:
    """What stands in dbt's run_results.json."""
    for one in json.loads(file.read_text(encoding="utf-8"))["results"]:
        yield Result(one["unique_id"], str(one["status"]), float(one["execution_time"]), one.get("message") or "",
                     int(one.get("failures") or 0))
