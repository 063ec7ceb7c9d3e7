"""Pages: what the numbers' HTML files share: how tables, money and time are written, one stylesheet, nothing from a network."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from studio.metrics.querying import Answer
from studio.plan.price import figure_said

TEMPLATES = Path(__file__).parent / "templates"


def template(name: str) -> Any:
    """A jinja2 template of this folder; every value that it is given is escaped."""
    return _environment().get_template(name)


def table(answer: Answer, none: str = "unknown") -> str:
    """An answer as an HTML table; every value is escaped. none: how a NULL is written."""
    from markupsafe import Markup, escape

    if not answer.rows:
        return Markup('<p class="soft">Nothing.</p>')
    numeric = [all(isinstance(row[i], int | float) or row[i] is None for row in answer.rows) for i in range(len(answer.columns))]

    def cells(values: Sequence[Any], tag: str) -> str:
        kinds = [" class=n" if right else "" for right in numeric]
        told = [escape(cell_said(name, value, none)) for name, value in zip(answer.columns, values, strict=True)]
        return "".join(f"<{tag}{kind}>{text}</{tag}>" for kind, text in zip(kinds, told, strict=True))

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in answer.rows)
    return Markup(f"<table><tr>{cells(answer.columns, 'th')}</tr>{body}</table>")  # noqa: S704 (escaped above)


def inline(svg: bytes) -> Any:
    """An SVG as it stands inside HTML: without its XML head, and scaling with the page."""
    from markupsafe import Markup

    text = svg.decode()
    text = text[text.index("<svg"):]
    return Markup(re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1))  # noqa: S704 (matplotlib escapes what it writes)


def minute(moment: Any) -> str:
    """`2026-03-02 10:00`."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "?"


def seconds_said(value: float | None) -> str:
    """`12.0 s`, `3.5 min`, `2.1 h`."""
    if value is None:
        return "unknown"
    return f"{value:.1f} s" if value < 90 else f"{value / 60:.1f} min" if value < 5400 else f"{value / 3600:.1f} h"


def bytes_said(value: float) -> str:
    """`950 B`, `12.3 MB`, powers of ten, as prices of storage are."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value:.0f} B"


def share_said(part: int | None, whole: int) -> str:
    """`67 %`; `unknown` of nothing."""
    return f"{100 * (part or 0) / whole:.0f} %" if whole else "unknown"


def cell_said(column: str, value: Any, none: str = "unknown") -> str:
    """A cell of a table: money always with the same places, whatever stands above and below it."""
    if value is None:
        return none
    if not isinstance(value, float):
        return str(value)
    return figure_said(value) if column.startswith("usd") else f"{value:g}"


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment: Any = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                                   trim_blocks=True, lstrip_blocks=True)
    environment.globals["table"] = table
    return environment
