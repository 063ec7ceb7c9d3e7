"""Intake: a storyboard is read, its words and effects are tried, and it is entered into the ledger."""

import re
from collections.abc import Iterator
from pathlib import Path

from studio.comic.lettering import check_lettering
from studio.errors import LetteringError, LetteringErrors, StoryError, StoryErrors
from studio.production.rehearsal import film_faults
from studio.record import sha256
from studio.store.events import Intake
from studio.store.ledger import Ledger
from studio.story.boards import find_board
from studio.story.reading import Path_, Source
from studio.story.show import Show
from studio.story.storyboard import (
    Page,
    Storyboard,
    background_unit,
    keyframe_unit,
    line_unit,
    page_unit,
    panel_unit,
    shot_unit,
)

_BALLOON = re.compile(r"[^.]+\.(?P<panel>[^.]+)\.balloons\[(?P<index>\d+)\]")


def read_in(show: Show, episode: str, trace: str = "", run: str = "") -> tuple[Storyboard, Intake]:
    """The checked storyboard of `episode`, and the ledger's line about it. Raises StoryError, LetteringErrors."""
    file, board = find_board(show, episode)
    check_words(show, file, board)
    units = [u for page in board.pages for u in (page_unit(board, page), *(panel_unit(board, p) for p in page.panels))]
    for shot in board.shots:
        units += [shot_unit(board, shot), *(keyframe_unit(board, shot, k) for k in shot.keyframes),
                  *(line_unit(board, shot, line) for line in shot.lines)]
        units += [background_unit(board, shot, shot.background)] if shot.background else []
    event = Intake(
        show=show.name, unit=episode, trace=trace, run=run, file=str(file.relative_to(show.folder)),
        digest_of_file=sha256(file.read_bytes()), units=tuple(units),
    )
    Ledger(show.out / "ledger").append(event)
    return board, event


def check_words(show: Show, file: Path, board: Storyboard) -> None:
    """Raises for all that would stop a page or a film after its pictures are paid for.

    LetteringErrors: balloons that cannot be lettered, titles, marks and burnt subtitles that no font can write. StoryErrors, with
    those among them: lookup tables and watermarks that cannot be read.
    """
    unwritten = list(_unlettered(show, file, board))
    faults = list(film_faults(show, file, board))
    unwritten += [fault for fault in faults if isinstance(fault, LetteringError)]
    unread = [fault for fault in faults if isinstance(fault, StoryError)]
    if unread:
        raise StoryErrors([*unread, *(
            StoryError(e.message, file=e.file, line=e.line, column=e.column, field=e.field, remedy=e.remedy) for e in unwritten
        )])
    if unwritten:
        raise LetteringErrors(unwritten)


def _unlettered(show: Show, file: Path, board: Storyboard) -> Iterator[LetteringError]:
    for language in show.settings.languages:
        for p, page in enumerate(board.pages):
            found = check_lettering(page, show, language)
            source = Source(file) if found else None
            for error in found:
                assert source is not None
                place = source.error("", _place(p, page, error), "")
                yield LetteringError(error.message, file=file, line=place.line, column=place.column,
                                     field=place.field, remedy=error.remedy)


def _place(index: int, page: Page, error: LetteringError) -> Path_:
    """Where in the storyboard the balloon of `error` stands: its field is `page.panel.balloons[i].text`."""
    match = _BALLOON.match(error.field or "")
    assert match, error.field
    panel = next(n for n, p in enumerate(page.panels) if p.id == match["panel"])
    return "pages", index, "panels", panel, "balloons", int(match["index"]), "text"
