"""One drawn picture of a storyboard changed in its file; comments, order and style of all else stay."""

from collections.abc import Mapping
from typing import Any

import yaml

from studio.errors import StoryError
from studio.story.importing.keeping import pieces, rewritten
from studio.story.reading import Loader
from studio.story.storyboard import Storyboard, keyframe_unit, panel_unit


def with_drawn(text: str, board: Storyboard, unit: str, changes: Mapping[str, Any]) -> str:
    """The storyboard `text` with fields of panel or keyframe `unit` set; None takes a field out.

    Raises StoryError where the text cannot be changed in place.
    """
    where = _place(board, unit)
    if where is None:
        raise StoryError(f"there is no panel or keyframe '{unit}'", file=board.file, field="unit")
    outer, i, inner, j = where
    if "\r\n" in text:  # as Windows writes it; kept so
        return with_drawn(text.replace("\r\n", "\n"), board, unit, changes).replace("\n", "\r\n")
    try:
        data = yaml.load(text, Loader=Loader)  # noqa: S506 (a safe loader)
        old = data[outer][i][inner][j]
        new = {field: value for field, value in {**old, **changes}.items() if value is not None}
        cut = pieces(text, (outer, i, inner))
        items = [rewritten(piece, old, new) if at == j else piece for at, piece in enumerate(cut.items)]
        made = cut.before + "".join(items) + cut.after
        data[outer][i][inner][j] = new
        if yaml.load(made, Loader=Loader) == data:  # noqa: S506 (a safe loader)
            return made
    except (yaml.YAMLError, LookupError, ValueError):
        pass
    told = "; ".join(f"{field}: {value}" for field, value in changes.items())
    raise StoryError("the storyboard cannot be changed in place", file=board.file, field=unit,
                     remedy=f"Write into it by hand: {told}")


def _place(board: Storyboard, unit: str) -> tuple[str, int, str, int] | None:
    for i, page in enumerate(board.pages):
        for j, panel in enumerate(page.panels):
            if panel_unit(board, panel) == unit:
                return "pages", i, "panels", j
    for i, shot in enumerate(board.shots):
        for j, keyframe in enumerate(shot.keyframes):
            if keyframe_unit(board, shot, keyframe) == unit:
                return "shots", i, "keyframes", j
    return None
