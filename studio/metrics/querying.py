"""Querying: questions to the published copy, which nobody can change by asking."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import MetricsError


@dataclass(frozen=True)
class Answer:
    """What a question found."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: bool = False
    """There are further rows than were asked for."""


def query(database: Path, sql: str, most: int | None = None) -> Answer:
    """Ask `database` one question in DuckDB's SQL. Reads nothing else and writes nothing.

    most: rows that are wanted. Raises MetricsError: nothing is published yet, the question cannot be understood, or it is none or
    several, of which only the last would be answered.
    """
    import duckdb

    if not database.is_file():
        raise MetricsError("there are no numbers yet", file=database, remedy="Run 'genga metrics build'")
    try:
        with duckdb.connect(str(database), read_only=True, config={"enable_external_access": False}) as connection:
            statements = connection.extract_statements(sql)
            if len(statements) != 1:
                told = f"{len(statements)} questions were asked" if statements else "nothing was asked"
                raise MetricsError(told, field="SQL", remedy="Ask one question at a time")
            asked = connection.execute(statements[0])
            columns = tuple(str(column[0]) for column in asked.description or ())
            rows = asked.fetchall() if most is None else asked.fetchmany(most + 1)
    except duckdb.Error as exc:
        raise MetricsError(_told(str(exc)), field="SQL",
                           remedy="'genga metrics tables' lists tables, 'genga metrics tables NAME' its columns") from None
    return Answer(columns, rows[:most], most is not None and len(rows) > most)


def _told(error: str) -> str:
    """DuckDB's first line, and the one that names what may have been meant."""
    first, *rest = [line.strip() for line in error.splitlines()]
    hints = [line for line in rest if line.startswith(("Candidate", "Did you mean"))]
    return ". ".join(line.rstrip("!.?") for line in (first, *hints))
