"""Which show a command works on, and which of its units."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from studio.dispatch.working import Scope
from studio.errors import StoryError
from studio.plan.plans import Step
from studio.production.opening import Production
from studio.story.boards import find_board
from studio.story.reading import nearest
from studio.story.storyboard import Storyboard, page_unit, panel_unit

console = Console(highlight=False)


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
    typer.Option("--unit", "-u", help="Only this panel, page or episode (01.river, 01.p02, 01); may be repeated."),
]


def boards_of(production: Production, episode: str | None, units: Sequence[str] | None) -> list[Storyboard]:
    """The storyboards that are meant; only these are read. Raises StoryError."""
    named = [episode] if episode else sorted({unit.split(".")[0] for unit in units or ()})
    return [find_board(production.show, name)[1] for name in named] if named else production.boards()


def scope_of(boards: Sequence[Storyboard], units: Sequence[str] | None) -> Scope:
    """Which steps are meant: the units named, what stands on a page named, and what is made from them.

    Raises StoryError with the nearest known unit.
    """
    if not units:
        return lambda step: True
    pages = {page_unit(b, p): {panel_unit(b, x) for x in p.panels} for b in boards for p in b.pages}
    panels = {unit for page in pages.values() for unit in page}
    episodes = {b.episode for b in boards}
    for unit in units:
        if unit not in {*pages, *panels, *episodes}:
            raise StoryError(f"there is no unit '{unit}'", field="--unit", remedy=nearest(unit, [*panels, *pages]))
    meant = set(units)
    touched = {page for page, inside in pages.items() if meant & {page, *inside}}

    def scope(step: Step) -> bool:
        if step.unit.split(".")[0] in meant:
            return True
        if step.stage in ("panel", "final"):
            return step.unit in meant or step.page in meant
        return step.stage == "book" or step.unit in touched

    return scope
