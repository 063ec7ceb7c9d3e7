"""Intake: a storyboard is read and entered into the ledger."""

from studio.record import sha256
from studio.store.events import Intake
from studio.store.ledger import Ledger
from studio.story.boards import find_board
from studio.story.show import Show
from studio.story.storyboard import Storyboard, page_unit, panel_unit


def read_in(show: Show, episode: str, trace: str = "", run: str = "") -> tuple[Storyboard, Intake]:
    """The checked storyboard of `episode`, and the ledger's line about it. Raises StoryError."""
    file, board = find_board(show, episode)
    units = [u for page in board.pages for u in (page_unit(board, page), *(panel_unit(board, p) for p in page.panels))]
    event = Intake(
        show=show.name, unit=episode, trace=trace, run=run, file=str(file.relative_to(show.folder)),
        digest_of_file=sha256(file.read_bytes()), units=tuple(units),
    )
    Ledger(show.out / "ledger").append(event)
    return board, event
