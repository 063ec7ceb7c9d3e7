"""Reading the author's YAML: every complaint carries file, line, column, field and remedy."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import ValidationError, model_validator
from pydantic_core import PydanticCustomError

from studio.errors import StoryError, StoryErrors
from studio.record import Record

MAX_BYTES = 4 * 1024 * 1024
"""A story file above this is a mistake (a picture, a dump); an episode of 1,000 panels takes about 0.3 MB."""

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def close_to(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` may be a slip of; None when all are far off.

    Ids of units begin alike (`01.`), which alone makes none of them close: of those only what follows is compared.
    """
    names = sorted(known)
    head, dot, tail = name.rpartition(".")
    beside = {other.removeprefix(f"{head}."): other for other in names if dot and other.startswith(f"{head}.")}
    close = difflib.get_close_matches(tail, beside, n=1, cutoff=0.5)
    if close:
        return beside[close[0]]
    others = [other for other in names if other not in beside.values()]
    return next(iter(difflib.get_close_matches(name, others, n=1, cutoff=0.6)), None)


def nearest(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'x'?`, or the list of what is known: the end of many remedies."""
    names = sorted(known)
    close = close_to(name, names)
    if close:
        return f"Did you mean '{close}'?"
    return f"Known here: {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}" if names else "None is defined yet"


class Written(Record):
    """Base of everything a person writes: an unknown key is answered with the nearest known one."""

    SCHEMA: ClassVar[str] = ""
    """What `genga schema` calls it, where it is a whole file."""

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    raise PydanticCustomError(
                        "unknown_key",
                        "unknown key '{key}'",
                        {"key": str(key), "remedy": nearest(str(key), cls.model_fields)},
                    )
        return data


W = TypeVar("W", bound=Record)
Path_ = tuple[str | int, ...]


class _UniqueKeyLoader(Loader):  # type: ignore[misc,valid-type]
    """Plain YAML without aliases, and with doubled keys refused instead of silently dropped."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key '{key_node.value}' stands twice", key_node.start_mark
                    )
                seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def read_text(file: Path) -> str:
    """UTF-8 text of a story file; refuses missing, oversized and non-text files."""
    try:
        size = file.stat().st_size
    except OSError:
        raise StoryError("the file does not exist", file=file, remedy="Check the name, or run 'genga init'") from None
    if size > MAX_BYTES:
        raise StoryError(
            f"the file has {size / 1e6:.1f} MB; a story file may have {MAX_BYTES / 1e6:.1f} MB", file=file,
            remedy="Split it into episodes, one storyboard file each",
        )
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise StoryError(f"byte {exc.start} is not UTF-8 text", file=file, remedy="Save the file as UTF-8") from None


def parse_yaml(text: str, file: Path) -> Any:
    """YAML text to plain values. Raises StoryError with line and column."""
    try:
        data = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 (a safe loader, see the class)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        raise StoryError(
            f"not valid YAML: {exc.problem or exc.context}", file=file,
            line=mark.line + 1 if mark else None, column=mark.column + 1 if mark else None,
            remedy="Check indentation, colons and quotes at this place",
        ) from None
    except (yaml.YAMLError, ValueError) as exc:
        raise StoryError(f"not valid YAML: {exc}", file=file, remedy="Save the file as plain UTF-8 YAML") from None
    if data is None:
        raise StoryError("the file is empty", file=file, remedy="'genga init NAME' writes an example to copy from")
    if not isinstance(data, dict):
        raise StoryError(
            f"expected keys and values, found a {type(data).__name__}", file=file, line=1,
            remedy="Begin with 'key: value' lines",
        )
    return data


def locate(text: str, path: Path_) -> tuple[int | None, int | None]:
    """Line and column (1-based) of the deepest existing node along `path`; composed only when an error needs it."""
    node = yaml.compose(text, Loader=Loader)
    mark = node.start_mark if node else None
    for step in path:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = (node.value[step], node.value[step])
        if found is None:
            break
        mark, node = found[0].start_mark, found[1]
    return (mark.line + 1, mark.column + 1) if mark else (None, None)


def field_name(path: Path_) -> str:
    """`pages[0].panels[2].prompt`: a place in a file as people write it."""
    out = ""
    for step in path:
        out += f"[{step}]" if isinstance(step, int) else f".{step}" if out else step
    return out


class Source:
    """A file being read: its text is kept so that errors found later still know their line."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.text = read_text(file)

    def error(self, message: str, path: Path_, remedy: str) -> StoryError:
        """A StoryError at `path` inside this file."""
        line, column = locate(self.text, path)
        return StoryError(
            message, file=self.file, line=line, column=column, field=field_name(path) or None, remedy=remedy
        )

    def parse(self, model: type[W]) -> W:
        """The file as a `model`. Raises StoryErrors that list every broken field."""
        data = parse_yaml(self.text, self.file)
        try:
            return model.model_validate(data)
        except ValidationError as exc:
            kind = getattr(model, "SCHEMA", "")
            raise StoryErrors([self._explain(dict(e), kind) for e in exc.errors()]) from None

    def _explain(self, err: dict[str, Any], kind: str) -> StoryError:
        # tagged unions put type names into loc; keep only what stands in the file
        path = tuple(p for p in err["loc"] if not (isinstance(p, str) and p.startswith(("function-", "lax-"))))
        ctx = err.get("ctx") or {}
        if err["type"] == "unknown_key":
            return self.error(err["msg"], (*path, ctx["key"]), ctx["remedy"])
        if err["type"] == "missing":
            return self.error("this field is required and missing", path, f"Add '{path[-1]}:' here")
        found = repr(err.get("input"))
        message = err["msg"].removeprefix("Value error, ")
        return self.error(
            f"{message[0].lower()}{message[1:]}; found {found[:80]}", path, ctx.get("remedy") or _remedy(err, ctx, kind)
        )


def _remedy(err: dict[str, Any], ctx: dict[str, Any], kind: str) -> str:
    if err["type"] == "string_type":
        return "Put the value in quotes"
    if "expected" in ctx:
        return f"Use {ctx['expected']}"
    bounds = [f"{word} {ctx[k]}" for k, word in
              (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")) if k in ctx]
    schema = f"genga schema {kind}".strip()
    return f"Use a value {' and '.join(bounds)}" if bounds else f"'{schema}' prints what is allowed here"


def read_record(file: Path, model: type[W]) -> W:
    """One story file as one record."""
    return Source(file).parse(model)


def inside(folder: Path, name: str, source: Source, path: Path_) -> Path:
    """`folder / name`, refused when it leaves `folder` (also through a symbolic link) or does not exist."""
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise source.error(
            f"'{name}' lies outside the show", path, f"Copy the file into {folder.name}/ and name it relative to it"
        )
    if not target.exists():
        raise source.error(f"'{name}' does not exist", path, f"Paths are relative to {folder.name}/")
    return target
