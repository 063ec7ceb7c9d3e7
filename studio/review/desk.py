"""Desk: a show as it stands now, read again only when its files or its ledger changed."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from studio.errors import ReviewError
from studio.plan.history import History
from studio.plan.plans import Plan
from studio.production.opening import Production, open_production
from studio.review.tiles import Tile, find_tile, tiles_of
from studio.story.storyboard import Storyboard

SECONDS = 60.0
"""After which a look is taken anew though no file of the show changed: weights and artifacts lie elsewhere."""
AUTHORED = ("show.yaml", "models.yaml", "cast/*.yaml", "presets/*.yaml", "policies/*.yaml", "storyboards/*.yaml",
            "out/ledger/*.jsonl")


@dataclass(frozen=True)
class Look:
    """What there was to see at one moment."""

    production: Production
    history: History
    boards: dict[str, Storyboard]
    """By episode."""
    plans: dict[str, Plan]
    tiles: dict[str, tuple[Tile, ...]]
    """By episode, in reading order."""

    @cached_property
    def suffixes(self) -> dict[str, str]:
        """sha256 -> suffix of every take's file: all that is ever handed out."""
        return {take.artifact: take.suffix for take in self.history.takes.values()}

    def episode(self, name: str) -> tuple[Tile, ...]:
        """The tiles of an episode. Raises ReviewError for one that does not exist."""
        if name not in self.tiles:
            raise ReviewError(f"there is no episode '{name}'", field="episode", remedy=f"Name one of {', '.join(self.tiles)}")
        return self.tiles[name]

    def tile(self, unit: str, stage: str = "", language: str = "") -> Tile:
        """See find_tile."""
        return find_tile(self.tiles.get(unit.split(".", 1)[0], ()), unit, stage, language)


class Desk:
    """Looks at one show; threads may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._look: Look | None = None
        self._marks: tuple[object, ...] = ()
        self._at = 0.0

    def look(self) -> Look:
        """The show as it is now. Raises StoryError and its like when its files are broken."""
        with self._lock:
            marks = tuple(_marks(self.folder))
            if self._look is None or marks != self._marks or time.monotonic() - self._at > SECONDS:
                self._look = take_look(open_production(self.folder))
                self._marks, self._at = marks, time.monotonic()
            return self._look

    def suffix(self, sha256: str) -> tuple[Production, str] | None:
        """(show, suffix) of a take's file; a file that was there a moment ago is there still, whatever was written since."""
        with self._lock:
            last = self._look
        if last is None or sha256 not in last.suffixes:
            last = self.look()
        return (last.production, last.suffixes[sha256]) if sha256 in last.suffixes else None

    def forget(self) -> None:
        """Look anew next time, whatever the files say: something was not as it seemed."""
        with self._lock:
            self._look = None


def take_look(production: Production, boards: list[Storyboard] | None = None) -> Look:
    """Plan the episodes and see how each unit stands."""
    boards = production.boards() if boards is None else boards
    history = production.history()
    plans = {plan.episode: plan for plan in production.plans(boards, history)}
    tiles = {episode: tiles_of(plan, history) for episode, plan in plans.items()}
    return Look(production, history, {board.episode: board for board in boards}, plans, tiles)


def _marks(folder: Path) -> Iterator[object]:
    """Names, sizes and times of the files that a look depends on."""
    for pattern in AUTHORED:
        for file in sorted(folder.glob(pattern)):
            found = file.stat()
            yield file, found.st_size, found.st_mtime_ns
