"""Which show a command works on, and which of its units."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from studio.dispatch.cells import GAPS, units_by_place
from studio.dispatch.submissions import EPISODES, GRIDS
from studio.dispatch.working import Scope
from studio.errors import StoryError
from studio.plan.history import INGREDIENTS
from studio.plan.plans import Step
from studio.production.opening import Production
from studio.story.boards import find_board
from studio.story.reading import nearest
from studio.story.storyboard import Storyboard, background_unit, keyframe_unit, line_unit, shot_unit

console = Console(highlight=False)
DRAWN = (*GRIDS, *INGREDIENTS, "voice")
"""Stages of units that stand on a page or in a shot."""


def find_show() -> Path:
    """The show around the working folder, else the only one in its shows/. Raises StoryError."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "show.yaml").is_file():
            return folder
    shows = sorted(file.parent for file in here.glob("shows/*/show.yaml"))
    if len(shows) == 1:
        return shows[0]
    names = ", ".join(f"--show {show.relative_to(here)}" for show in shows)
    raise StoryError(
        "which show? There are several here" if shows else "no show here: neither this folder nor one above it has a "
        "show.yaml", file=here, field="--show",
        remedy=f"Name one: {names}" if shows else "Name it with --show FOLDER, or write one with 'genga init NAME'",
    )


ShowFolder = Annotated[
    Path,
    typer.Option("--show", "-s", envvar="GENGA_SHOW", default_factory=find_show, show_default="the one around here",
                 help="Folder of the show."),
]
Episode = Annotated[str | None, typer.Option("--episode", "-e", help="Only this episode.")]
Units = Annotated[
    list[str] | None,
    typer.Option("--unit", "-u", help="Only this panel, page, keyframe, shot or episode (01.river, 01.p02, 02.home.village, "
                 "02.home, 01); may be repeated."),
]


def boards_of(production: Production, episode: str | None, units: Sequence[str] | None) -> list[Storyboard]:
    """The storyboards that are meant; only these are read. Raises StoryError."""
    named = [episode] if episode else sorted({unit.split(".")[0] for unit in units or ()})
    return [find_board(production.show, name)[1] for name in named] if named else production.boards()


def scope_of(boards: Sequence[Storyboard], units: Sequence[str] | None, option: str = "--unit") -> Scope:
    """Which steps are meant: the units named, what stands on a page named, and what is made from them.

    option: where they were named. Raises StoryError with the nearest known unit.
    """
    if not units:
        return lambda step: True
    inside = {place: set(units) for b in boards for place, units in _places(b).items()}
    units_known = {unit for held in inside.values() for unit in held}
    episodes = {b.episode for b in boards}
    for unit in units:
        if unit not in {*inside, *units_known, *episodes}:
            raise StoryError(f"there is no unit '{unit}'", field=option, remedy=nearest(unit, [*units_known, *inside]))
    meant = set(units)
    touched = {place for place, held in inside.items() if meant & {place, *held}}
    drawn, gaps = _with_neighbours(boards, meant)

    def scope(step: Step) -> bool:
        if step.unit.split(".")[0] in meant or step.place in meant:
            return True
        if step.stage in GAPS:
            return step.unit in gaps
        if step.stage in ("background", "blockout"):
            return any(unit.startswith(f"{step.place}.") for unit in drawn)
        if step.stage in DRAWN:
            return step.unit in drawn
        return step.stage in EPISODES or step.unit in touched

    return scope


def _with_neighbours(boards: Sequence[Storyboard], meant: set[str]) -> tuple[set[str], set[str]]:
    """(units that are drawn, gaps): those that are meant, keyframes drawn over them or joined with a background that is meant,
    and the gaps on both sides of each.
    """
    drawn, gaps = set(meant), set[str]()
    for board in boards:
        for shot in board.shots:
            whole = shot.background is not None and background_unit(board, shot, shot.background) in meant
            names = [keyframe_unit(board, shot, keyframe) for keyframe in shot.keyframes]
            for i, keyframe in enumerate(shot.keyframes):
                over = i > 0 and keyframe.from_previous is not None and names[i - 1] in drawn
                if whole or over or names[i] in meant:
                    drawn.add(names[i])
                    gaps |= set(names[max(0, i - 1) : i + 1])
    return drawn, gaps


def _places(board: Storyboard) -> dict[str, list[str]]:
    """Page -> its panels; shot -> its keyframes, lines and background."""
    places = {**units_by_place(board, "pages"), **units_by_place(board, "shots")}
    for shot in board.shots:
        place = shot_unit(board, shot)
        places[place] += [line_unit(board, shot, line) for line in shot.lines]
        if shot.background:
            places[place].append(background_unit(board, shot, shot.background))
    return places
