"""doctor: what is not as it should be, and what to do about it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from studio.cli.showing import console, find_show
from studio.errors import StoryError
from studio.production.checkup import check_up


def doctor(
    show: Annotated[Path | None, typer.Option("--show", "-s", envvar="GENGA_SHOW", help="A show to look at too.")] = None,
) -> None:
    """Check machine, installation and show; ends with a real tiny render.

    Exit code 1 when something is wrong.

    Examples:
      genga doctor

      genga doctor --show shows/mine
    """
    broken = 0
    for finding in check_up(show or _around()):
        sign, colour = ("✗", "red") if not finding.fine else ("!", "yellow") if finding.remedy else ("✓", "green")
        console.print(Text.assemble((f"{sign} ", colour), (f"{finding.name:12}", "bold"), " ", finding.told), soft_wrap=True)
        if finding.remedy:
            console.print(f"    {finding.remedy}", markup=False, soft_wrap=True)
        broken += not finding.fine
    console.print("\nAll is well." if not broken else f"\n{broken} to mend.")
    if broken:
        raise typer.Exit(1)


def _around() -> Path | None:
    try:
        return find_show()
    except StoryError:
        return None
