"""Keeping: a storyboard's text with some of its shots changed, and all else (comments, order, style) left as it stands."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import yaml

from studio.story.importing.layout import fields, identified, item, scalar
from studio.story.reading import Loader, Path_

Plain = dict[str, Any]


@dataclass(frozen=True)
class Pieces:
    """A text cut at the items of one of its block sequences; a comment belongs to the item below it."""

    before: str
    items: tuple[str, ...]
    after: str
    indent: int
    """Column of the dashes."""


def with_shots(text: str, data: Mapping[str, Any], shots: Sequence[Plain]) -> tuple[str, tuple[str, ...]]:
    """(`text`, which reads as `data`, with `shots` instead of its own; warnings where comments could not be kept).

    A shot that stays the same keeps every letter; one that changes is changed field by field.
    """
    old = {str(shot["id"]): shot for shot in data.get("shots", ())}
    lost: list[str] = []
    wanted = {**data, "shots": list(shots)}
    try:
        made = _shots_in(text, old, shots, lost)
        if yaml.load(made, Loader=Loader) == wanted:  # noqa: S506 (a safe loader)
            return made, tuple(f"shot {name} was written anew: its comments could not be kept" for name in lost)
    except (yaml.YAMLError, LookupError, ValueError):
        pass
    return fields(wanted, 0), ("the storyboard was written anew: its comments and its style could not be kept",)


def pieces(text: str, path: Path_) -> Pieces:
    """`text` cut at the block sequence at `path`. Raises ValueError where there is none, YAMLError for broken text."""
    node = _node(text, path)
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or not node.value:
        raise ValueError("no block sequence")
    text = text if text.endswith("\n") else text + "\n"
    first = _line_start(text, node.value[0].start_mark.index)
    indent = text.index("-", first) - first
    starts = [_above(text, _line_start(text, child.start_mark.index), indent) for child in node.value]
    end = len(text) if node.end_mark.index >= len(text.rstrip()) else _line_start(text, node.end_mark.index)
    end = _above(text, end, indent - 1 if indent else 0)
    bounds = [*starts, end]
    cut = tuple(text[a:b] for a, b in itertools.pairwise(bounds))
    return Pieces(text[:starts[0]], cut, text[end:], indent)


def rewritten(text: str, old: Plain, new: Plain) -> str:
    """The item `text`, which reads as `old`, as it reads `new`. Raises ValueError, LookupError or YAMLError."""
    if old == new:
        return text
    made = _changed(text, (0,), old, new)
    if yaml.load(made, Loader=Loader) != [new]:  # noqa: S506 (a safe loader)
        raise ValueError("the text does not read as it should")
    return made


def _shots_in(text: str, old: Mapping[str, Plain], shots: Sequence[Plain], lost: list[str]) -> str:
    if not old:
        head = text if not text or text.endswith("\n") else text + "\n"
        return f"{head}shots:\n" + "".join(item(shot, 2) for shot in shots)
    cut = pieces(text, ("shots",))
    texts = dict(zip(old, cut.items, strict=True))
    made: list[str] = []
    for shot in shots:
        name = str(shot["id"])
        try:
            made.append(rewritten(texts[name], old[name], shot) if name in old else item(shot, cut.indent))
        except (yaml.YAMLError, LookupError, ValueError):
            lost.append(name)
            made.append(item(shot, cut.indent))
    return cut.before + "".join(made) + cut.after


def _changed(text: str, path: Path_, old: Plain, new: Plain) -> str:
    """`text` with the mapping at `path` changed field by field."""
    for key in old.keys() - new.keys():
        text = _removed(text, path, key)
    for key, value in new.items():
        if key not in old:
            text = _inserted(text, path, key, value)
        elif old[key] != value:
            text = _value(text, (*path, key), old[key], value)
    return text


def _value(text: str, path: Path_, old: Any, new: Any) -> str:
    if isinstance(old, dict) and isinstance(new, dict):
        return _changed(text, path, cast("Plain", old), cast("Plain", new))
    if identified(old) and isinstance(new, list):
        try:
            return _items(text, path, cast("list[Plain]", old), cast("list[Plain]", new))
        except ValueError:
            if len(old) != len(cast("list[Any]", new)):
                raise
    if isinstance(old, list) and isinstance(new, list) and len(cast("list[Any]", old)) == len(cast("list[Any]", new)):
        for i, (a, b) in enumerate(zip(cast("list[Any]", old), cast("list[Any]", new), strict=True)):
            text = text if a == b else _value(text, (*path, i), a, b)
        return text
    node = _node(text, path)
    if node is None or (isinstance(node, yaml.CollectionNode) and not node.flow_style):
        raise ValueError("a block that cannot be replaced")
    start, end = node.start_mark.index, node.end_mark.index
    return text[:start] + scalar(new) + ("\n" if text[start:end].endswith("\n") else "") + text[end:]


def _items(text: str, path: Path_, old: Sequence[Plain], new: Sequence[Plain]) -> str:
    """The sequence at `path` with items kept, changed, added and left out, by their ids."""
    cut = pieces(text, path)
    texts = {str(a["id"]): (piece, a) for a, piece in zip(old, cut.items, strict=True)}
    if not new:
        return f"{cut.before.rstrip()} []\n{cut.after}"
    made = [rewritten(*texts[str(b["id"])], b) if str(b["id"]) in texts else item(b, cut.indent) for b in new]
    return cut.before + "".join(made) + cut.after


def _inserted(text: str, path: Path_, key: str, value: Any) -> str:
    """A new field: blocks at the item's end, all else behind its first field."""
    node = _node(text, path)
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("not a mapping")
    if identified(value) and not node.flow_style:
        if len(path) > 1:
            raise ValueError("a block inside another")
        return (text if text.endswith("\n") else text + "\n") + fields({key: value}, node.start_mark.column)
    place = node.value[1][0].start_mark
    return f"{text[:place.index]}{scalar(key)}: {scalar(value)}" + (
        ", " if node.flow_style else "\n" + " " * place.column) + text[place.index:]


def _removed(text: str, path: Path_, key: str) -> str:
    """Without the lines of a field. Raises ValueError for one that shares its line with others, or begins its item."""
    node = _node(text, path)
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        raise ValueError("not a block mapping")
    at = next(i for i, (name, _) in enumerate(node.value) if name.value == key)
    if at == 0:
        raise ValueError(f"'{key}' begins its item")
    name, value = node.value[at]
    end = value.end_mark.index
    stop = end if _line_start(text, end) == end else len(text) if "\n" not in text[end:] else text.index("\n", end) + 1
    return text[: _line_start(text, name.start_mark.index)] + text[stop:]


def _node(text: str, path: Iterable[str | int]) -> yaml.Node | None:
    node = yaml.compose(text, Loader=Loader)
    for step in path:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        else:
            return None
    return node


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _above(text: str, start: int, indent: int) -> int:
    """Where the comments begin that stand directly above the line at `start`, indented by at most `indent`."""
    while start:
        line_start = _line_start(text, start - 1)
        line = text[line_start:start - 1]
        if line.strip() and (not line.lstrip().startswith("#") or len(line) - len(line.lstrip()) > indent):
            break
        start = line_start
    return start
