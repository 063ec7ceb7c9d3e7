"""Layout: how shots are written as YAML, always the same way, so that two versions differ where the story does."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import yaml

WIDE = 1 << 30
"""No text is broken over lines: each field stays on its own."""


def scalar(value: Any) -> str:
    """`value` on one line of YAML, safe in block and flow style alike."""
    text = yaml.dump([value], Dumper=yaml.SafeDumper, default_flow_style=True, allow_unicode=True, width=WIDE, sort_keys=False)
    return text.strip()[1:-1]


def item(value: Mapping[str, Any], indent: int) -> str:
    """A mapping as one item of a block sequence whose dashes stand in column `indent`."""
    return f"{' ' * indent}- {fields(value, indent + 2).lstrip(' ')}"


def fields(value: Mapping[str, Any], indent: int) -> str:
    """Fields of a mapping, each on lines of its own; lists of things that have an id are written item by item."""
    return "".join(_field(key, inner, indent) for key, inner in value.items())


def _field(key: str, value: Any, indent: int) -> str:
    head = f"{' ' * indent}{scalar(key)}:"
    if identified(value):
        return f"{head}\n" + "".join(item(inner, indent + 2) for inner in value)
    return f"{head} {scalar(value)}\n"


def identified(value: Any) -> bool:
    """Is it a list of mappings that each have an id?"""
    return isinstance(value, Sequence) and not isinstance(value, str) and bool(value) and all(
        isinstance(inner, Mapping) and "id" in cast("Mapping[str, Any]", inner) for inner in cast("Sequence[Any]", value))
