"""Previewing: which file shows how a shot or an episode moves."""

from dataclasses import dataclass
from pathlib import Path

from studio.errors import StoreError, StoryError
from studio.production.opening import Production
from studio.story.reading import nearest
from studio.story.storyboard import Storyboard, shot_unit


@dataclass(frozen=True)
class Moving:
    """A clip or a film that is kept."""

    file: Path
    stage: str
    """`clip` or `film`."""
    language: str
    """Empty for clips without words."""
    old: bool
    """What it is made from changed since."""


def moving_of(production: Production, board: Storyboard, unit: str, language: str | None = None) -> Moving:
    """The clip of a shot or the film of an episode; its last one where today's is not made. language: the show's first for None.

    Raises StoryError for a unit that does not move or a language that the show has not, StoreError where nothing is made yet.
    """
    languages = production.show.settings.languages
    if language and language not in languages:
        raise StoryError(f"the show has no language '{language}'", field="--language", remedy=f"It has {', '.join(languages)}")
    shots = [shot_unit(board, shot) for shot in board.shots]
    if unit not in {*shots, board.episode} or not shots:
        remedy = nearest(unit, [*shots, board.episode]) if shots else f"Write 'shots:' into episode {board.episode}"
        raise StoryError(f"'{unit}' does not move: only shots and episodes of shots do", field="UNIT", remedy=remedy)
    stage = "film" if unit == board.episode else "clip"
    history, wanted = production.history(), language or languages[0]
    for step in production.plan(board, history).of_unit(unit).steps:
        if step.stage != stage or step.language not in (wanted, ""):
            continue
        take = history.takes.get(step.digest) if step.artifact else None
        kept = take or history.picks.get((unit, step.stage, step.language))
        if kept and production.artifacts.has(kept.artifact, kept.suffix):
            return Moving(production.artifacts.path(kept.artifact, kept.suffix), stage, step.language, take is None)
    raise StoreError(f"the {stage} of {unit} is not made yet", field=unit,
                     remedy=f"Run 'genga apply --unit {unit}'; 'genga why {unit}' tells what it waits for")
