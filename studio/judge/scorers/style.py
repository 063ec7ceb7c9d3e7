"""Does the picture look like its look: likeness to the pictures of a reference board."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from studio.judge.embedding import HOUSE, embedded, embedded_board, references_digest
from studio.judge.scorer import Better, Desk, Measured, Subject, stamped
from studio.record import Record


class Parameters(Record):
    """Of `style`."""

    board: Annotated[str, Field(min_length=1)]
    """Folder of reference pictures, in the show."""
    model: str = HOUSE
    """An open_clip folder."""
    nearest: Annotated[int, Field(ge=1)] = 3
    """How many of the board's pictures count: those most alike, as a board shows a look's several sides."""


class StyleScorer:
    """Mean cosine to the board's `nearest` most alike pictures, -1 to 1."""

    name = "style"
    version = 1
    better: Better = "higher"
    unit = "cosine"

    def __init__(self, **given: Any) -> None:
        self.parameters = Parameters.model_validate(given)

    def stamp(self, desk: Desk) -> str:
        board = desk.sources.board(self.parameters.board)
        return stamped(self, desk.digest(self.parameters.model), references_digest(board, desk))

    def score(self, subjects: Sequence[Subject], desk: Desk) -> list[Measured | None]:
        """See Scorer."""
        if not subjects:
            return []
        files = desk.sources.board(self.parameters.board)
        board = embedded_board(files, desk, self.parameters.model)
        alike = embedded(subjects, desk, self.parameters.model) @ board.T
        best = np.sort(alike, axis=1)[:, -self.parameters.nearest :]
        first = alike.argmax(axis=1)
        return [Measured(float(row.mean()), f"most like {files[i].name}") for row, i in zip(best, first, strict=True)]
