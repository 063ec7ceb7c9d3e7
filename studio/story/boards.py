"""Boards: one episode's storyboard, found without checking the others, so that their faults stay theirs."""

import re
from pathlib import Path

from studio.errors import StoryError
from studio.story.checks import read_storyboard, read_storyboards
from studio.story.reading import read_text
from studio.story.show import Show
from studio.story.storyboard import Storyboard

_EPISODE = re.compile(r"""^episode:\s*["']?([a-z0-9_-]+)""", re.MULTILINE)


def find_board(show: Show, episode: str) -> tuple[Path, Storyboard]:
    """File and checked storyboard of `episode`. Raises StoryError: broken, unknown, or written in two files."""
    files = [file for file in show.storyboard_files if _episode_in(file) == episode]
    if len(files) == 1:
        return files[0], read_storyboard(files[0], show)
    read_storyboards(show, episode)  # says which file is broken, double or missing
    raise StoryError(f"there is no line 'episode: {episode}'", file=show.folder / "storyboards",
                     remedy="Begin the storyboard with its episode, on a line of its own")


def _episode_in(file: Path) -> str | None:
    """The episode that a storyboard file seems to hold, from one look at its text."""
    try:
        found = _EPISODE.search(read_text(file))
    except StoryError:
        return None
    return found.group(1) if found else None
