"""Things: what `genga impact` may be asked about, found by name: a model, a look, a character, a file of the show, bytes."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from studio.errors import GengaError, StoryError
from studio.plan.history import History
from studio.plan.impact.graph import graph_of
from studio.plan.impact.unknown import PREFIX, unknown
from studio.plan.library import Library
from studio.plan.reasons import Kind
from studio.story.show import Show

What = Literal["model", "preset", "character", "storyboard", "settings", "file", "bytes", "environment"]
_HEX = re.compile(rf"[0-9a-f]{{{PREFIX},64}}")
JUDGED = {"policies": "gates judge pictures; nothing is made from them", "canaries": "canaries are compared, not used",
          "sweeps": "a sweep's cells are used in nothing until one is adopted"}
"""Folders of a show from which nothing is made."""


@dataclass(frozen=True)
class Thing:
    """What may change."""

    name: str
    """As people say it: `model card hero (hero.safetensors)`."""
    what: What
    kind: Kind | None = None
    """Which kind of stale its change would be; None where that depends on where it is used."""
    shas: frozenset[str] = frozenset()
    preset: str = ""
    character: str = ""
    titles: frozenset[str] = field(default_factory=frozenset[str])
    """Of a character: names under which readers see it."""
    episode: str = ""
    """Of a storyboard."""


def find_thing(asked: str, show: Show, library: Library, history: History, anywhere: bool = False) -> Thing:
    """What is meant: a name of the show (model card, preset, character), a file, or bytes. Names win over files.

    anywhere: files outside the show are looked into as well, and known by their bytes alone.

    Raises StoryError with the nearest known name; for digits that several things begin with; for a file that nothing is made of.
    """
    if not asked.strip():
        raise StoryError("nothing was named", field="OF", remedy="Name a model, preset, character, file or sha256")
    asked = asked.strip()
    found = _by_name(asked, show, library) or _by_file(asked, show, library)
    found = found or (_outside(asked, library, history) if anywhere else None) or _by_digits(asked, library, history)
    if found is None:
        raise unknown(asked, show, library)
    return found


def _by_name(asked: str, show: Show, library: Library) -> Thing | None:
    if asked in library.models.cards:
        return _model(asked, library)
    if asked in library.presets:
        return _preset(asked)
    return _character(asked, show) if asked in show.cast else None


def _model(name: str, library: Library) -> Thing:
    card = library.models.cards[name]
    sha = _sha(library, name) or card.sha256 or library.models.sha256(name)  # the last one says why it is not here
    return Thing(f"model card {name} ({card.file})", "model", "recipe", frozenset({sha}))


def _preset(name: str) -> Thing:
    return Thing(f"preset {name}", "preset", "recipe", preset=name)


def _character(name: str, show: Show) -> Thing:
    title = show.cast[name].title
    titles = frozenset(title.values()) if isinstance(title, dict) else frozenset({title})
    return Thing(f"character {name}", "character", "content", character=name, titles=titles - {""} or frozenset({name}))


def _by_file(asked: str, show: Show, library: Library) -> Thing | None:
    for path in (show.folder / asked, Path(asked)):
        if _is_ours(path, show):
            return _of_file(path.resolve(), show, library)
    meant = asked.removeprefix("models/")
    for name, card in library.models.cards.items():  # weights may lie in a models folder of the machine
        if meant in (card.file, Path(card.file).name):
            return _model(name, library)
    return None


def _outside(asked: str, library: Library, history: History) -> Thing | None:
    """A file that is not the show's: it may be called like one of the show's and hold other bytes."""
    path = Path(asked)
    try:
        if not path.is_file():
            return None
    except (OSError, ValueError):  # a name that no file can have
        return None
    sha = library.files.digest(path.resolve())
    return _by_digits(sha, library, history) or Thing(f"file {path}", "file", shas=frozenset({sha}))


def _is_ours(path: Path, show: Show) -> bool:
    """A file of the show, or a folder that its author filled. Nothing else is looked into: the review page asks here as well."""
    try:
        found = path.resolve()
        if found == show.folder or not found.is_relative_to(show.folder):
            return False
        return found.is_file() or (found.is_dir() and found.relative_to(show.folder).parts[0] != show.out.name)
    except (OSError, ValueError):  # a name that no file can have
        return False


def _of_file(path: Path, show: Show, library: Library) -> Thing:
    inside = path.relative_to(show.folder).as_posix()
    folder = inside.split("/", 1)[0]
    if path.suffix == ".yaml" and folder in JUDGED:
        raise StoryError(f"nothing is made from '{inside}': {JUDGED[folder]}", field="OF", remedy="Ask about a preset or a model")
    written = _of_written(path, inside, show, library)
    if written:
        return written
    for name in library.models.cards:
        if _path(library, name) == path:
            return _model(name, library)
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file() and not file.name.startswith(".")]
        return Thing(f"folder {inside}", "file", shas=frozenset(library.files.digest(file) for file in files))
    return Thing(f"file {inside}", "file", shas=frozenset({library.files.digest(path)}))


def _of_written(path: Path, inside: str, show: Show, library: Library) -> Thing | None:
    """A YAML file of the show's own."""
    if inside == "show.yaml":
        return Thing("show.yaml", "settings", "recipe")
    if inside == "models.yaml":
        shas = frozenset(sha for name in library.models.cards if (sha := _sha(library, name)))
        return Thing("models.yaml (every model card)", "model", "recipe", shas)
    if path in show.storyboard_files:
        found = re.search(r"""^episode:\s*["']?([a-z0-9_-]+)""", path.read_text(encoding="utf-8"), re.MULTILINE)
        return Thing(f"storyboard {inside}", "storyboard", "content", episode=found.group(1) if found else "")
    for folder, known, make in (("presets", library.presets, _preset), ("cast", show.cast, lambda name: _character(name, show))):
        if path.parent == show.folder / folder and path.suffix == ".yaml":
            found = re.search(r"""^name:\s*["']?([A-Za-z0-9_-]+)""", path.read_text(encoding="utf-8"), re.MULTILINE)
            if found and found.group(1) in known:
                return make(found.group(1))
    return None


def _by_digits(asked: str, library: Library, history: History) -> Thing | None:
    if not _HEX.fullmatch(asked.lower()):
        return None
    graph = graph_of(history)
    cards = {sha: name for name in library.models.cards if (sha := _sha(library, name))}
    found = sorted({sha for sha in (*graph.users, *graph.makers, *history.takes, *cards) if sha.startswith(asked.lower())})
    if len(found) > 1:
        shown = ", ".join(sha[:PREFIX + 8] for sha in found[:5])
        raise StoryError(f"{len(found)} things begin with '{asked}'", field="OF", remedy=f"Write more digits: {shown}")
    if not found:
        return None
    sha = found[0]
    if sha in cards:
        return _model(cards[sha], library)
    take = history.takes.get(sha) or history.takes.get(graph.makers.get(sha, ""))
    made = f" ({take.stage} {take.unit})" if take else ""
    return Thing(f"sha256 {sha[:12]}…{made}", "bytes", shas=frozenset({take.artifact if take and sha == take.recipe else sha}))


def _path(library: Library, name: str) -> Path | None:
    try:
        return library.models.path(name).resolve()
    except GengaError:
        return None


def _sha(library: Library, name: str) -> str | None:
    """Digest of a card's weights; None for a card whose file is not here, which is no other card's business."""
    try:
        return library.models.sha256(name)
    except GengaError:
        return None
