"""Boards: one episode's storyboard, found without checking the others, so that their faults stay theirs."""

import re
from collections.abc import Iterator
from pathlib import Path

from studio.errors import GengaError, StoryError
from studio.story.checks import read_storyboard, read_storyboards
from studio.story.reading import Path_, Source, read_text
from studio.story.show import Show
from studio.story.storyboard import Storyboard, background_unit, keyframe_unit, line_unit, page_unit, panel_unit, shot_unit

_EPISODE = re.compile(r"""^episode:\s*["']?([a-z0-9_-]+)""", re.MULTILINE)
_ID = re.compile(r"""\bid["']?:\s*["']?([a-z0-9_-]+)""")


def find_board(show: Show, episode: str) -> tuple[Path, Storyboard]:
    """File and checked storyboard of `episode`. Raises StoryError: broken, unknown, or written in two files."""
    files = [file for file in show.storyboard_files if _episode_in(file) == episode]
    if len(files) == 1:
        return files[0], read_storyboard(files[0], show)
    read_storyboards(show, episode)  # says which file is broken, double or missing
    raise StoryError(f"there is no line 'episode: {episode}'", file=show.folder / "storyboards",
                     remedy="Begin the storyboard with its episode, on a line of its own")


def units_of(board: Storyboard) -> Iterator[str]:
    """Every unit of an episode: itself, its pages and panels, its shots with all that is drawn or spoken in them."""
    yield board.episode
    yield from (page_unit(board, page) for page in board.pages)
    yield from (unit for unit, _ in _places(board))


def appearing(show: Show, name: str) -> dict[str, frozenset[str]]:
    """Unit -> who is in it or says it, of the episodes that mention the character `name`; these are read, not checked."""
    found: dict[str, frozenset[str]] = {}
    for file in show.storyboard_files:
        if name in read_text(file):
            board = Source(file).parse(Storyboard)
            found |= {panel_unit(board, panel): frozenset(panel.characters) for page in board.pages for panel in page.panels}
            for shot in board.shots:
                found |= {keyframe_unit(board, shot, one): frozenset(one.characters) for one in shot.keyframes}
                found |= {line_unit(board, shot, line): frozenset({line.speaker or ""}) for line in shot.lines}
                if shot.background:
                    found[background_unit(board, shot, shot.background)] = frozenset(shot.background.characters)
    return found


def ids_by_episode(show: Show) -> dict[str, frozenset[str]]:
    """Episode -> every id that its file seems to hold, from one look at the text: for thousands of panels, where to read and
    check them all takes seconds. Ids that only stand in a comment are among them.
    """
    found: dict[str, frozenset[str]] = {}
    for file in show.storyboard_files:
        try:
            text = read_text(file)
        except StoryError:
            continue
        episode = _EPISODE.search(text)
        if episode:
            found[episode.group(1)] = frozenset(_ID.findall(text))
    return found


def placed(error: GengaError, board: Storyboard, unit: str) -> GengaError:
    """`error` about `unit`, with the file, line and field of the storyboard that it speaks of.

    Errors that name a file already (a model's) are left as they are.
    """
    found = dict(_places(board)).get(unit)
    if error.file or board.file is None or found is None or not (error.field or "").startswith(unit):
        return error
    parts = (error.field or "").removeprefix(unit).split(".")
    rest = [int(part) if part.isdecimal() else part for part in parts if part]
    place = Source(board.file).error("", (*found, *rest), "")
    return type(error)(error.message, file=board.file, line=place.line, column=place.column, field=place.field,
                       remedy=error.remedy)


def _places(board: Storyboard) -> Iterator[tuple[str, Path_]]:
    """Every unit that is drawn or spoken, and where in the file it stands."""
    for p, page in enumerate(board.pages):
        for n, panel in enumerate(page.panels):
            yield panel_unit(board, panel), ("pages", p, "panels", n)
    for s, shot in enumerate(board.shots):
        yield shot_unit(board, shot), ("shots", s)
        if shot.background:
            yield background_unit(board, shot, shot.background), ("shots", s, "background")
        for n, keyframe in enumerate(shot.keyframes):
            yield keyframe_unit(board, shot, keyframe), ("shots", s, "keyframes", n)
        for n, line in enumerate(shot.lines):
            yield line_unit(board, shot, line), ("shots", s, "lines", n)


def _episode_in(file: Path) -> str | None:
    """The episode that a storyboard file seems to hold, from one look at its text."""
    try:
        found = _EPISODE.search(read_text(file))
    except StoryError:
        return None
    return found.group(1) if found else None
