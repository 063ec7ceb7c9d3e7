"""What to say to somebody who asked about a thing that is none: what it is instead, or what there is to ask about."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from studio.errors import StoryError
from studio.plan.library import Library
from studio.story.boards import ids_by_episode
from studio.story.reading import close_to
from studio.story.show import Show

PREFIX = 8
"""Hex digits that a sha256 may be shortened to."""
LISTED = 8
"""Names of one kind that a sentence lists."""
_FEW_DIGITS = re.compile(rf"(?=.*\d)[0-9a-f]{{1,{PREFIX - 1}}}")


def unknown(asked: str, show: Show, library: Library) -> StoryError:
    """The error for `asked`, which is nothing that impact knows: a unit, digits that are too few, or a slip."""
    if _is_unit(asked, show):
        return StoryError(f"'{asked}' is a unit", field="OF", remedy=f"'genga why {asked}' tells what it depends on; ask here "
                          "about a model, preset, character, file or sha256")
    named = {
        "model cards": sorted(library.models.cards), "presets": sorted(library.presets), "characters": sorted(show.cast),
        "storyboards": [file.relative_to(show.folder).as_posix() for file in show.storyboard_files],
    }
    files = _files(show)
    names = [name for some in named.values() for name in some]
    folders = {Path(file).parent.as_posix() for file in files}
    close = _one_of(Path(asked).stem, names) or close_to(asked, {*names, *files, *folders} - {"."})
    if not close and _FEW_DIGITS.fullmatch(asked.lower()):
        return StoryError(f"'{asked}' is too short: a sha256 needs {PREFIX} digits", field="OF", remedy="Write more of it")
    remedy = f"Did you mean '{close}'?" if close else f"Known here: {_listed(named, files)}"
    return StoryError(f"there is no model, preset, character, file or sha256 '{asked}'", field="OF", remedy=remedy)


def _is_unit(asked: str, show: Show) -> bool:
    episode, *parts = asked.split(".")
    ids = ids_by_episode(show)
    return episode in ids and all(part in ids[episode] for part in parts)


def _one_of(name: str, names: Iterable[str]) -> str | None:
    return name if name in names else None


def _files(show: Show) -> list[str]:
    """Every file of the show, as people would name it."""
    tops = [top for top in show.folder.iterdir() if top != show.out and not top.name.startswith(".")]
    found = (file for top in tops for file in (top, *top.rglob("*")) if file.is_file() and not file.name.startswith("."))
    return sorted(file.relative_to(show.folder).as_posix() for file in found)


def _listed(named: Mapping[str, list[str]], files: Iterable[str]) -> str:
    """Each kind of name, then the files: a folder of them is one entry."""
    apart = {"presets", "cast", "storyboards"}  # these are told by their names
    folders = Counter(Path(file).parent.as_posix() for file in files if Path(file).parts[0] not in apart)
    loose = [file for file in files if "/" not in file]
    inside = [f"{folder}/ ({count} file{'s' * (count != 1)})" for folder, count in sorted(folders.items()) if folder != "."]
    kinds = {**named, "files": [*loose, *inside]}
    return "; ".join(f"{kind} {_some(some)}" for kind, some in kinds.items() if some)


def _some(names: list[str]) -> str:
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")
