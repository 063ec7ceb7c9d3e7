"""init, schema: what an author needs to begin."""

import json
from pathlib import Path
from typing import Annotated

import typer

from studio.cli.showing import console
from studio.errors import StoryError
from studio.production.schemas import KINDS, write_schemas
from studio.production.schemas import schema as schema_of
from studio.story.show import open_show
from studio.story.starter import write_starter


def init(folder: Annotated[Path, typer.Argument(metavar="NAME", help="Folder to write.", show_default=False)]) -> None:
    """Write a small show that can be drawn at once.

    Example:
      genga init shows/mine && genga apply --show shows/mine
    """
    files = [*write_starter(folder), *(file.relative_to(folder) for file in write_schemas(folder))]
    console.print(f"Wrote {open_show(folder).settings.title!r} to {folder}:", markup=False, soft_wrap=True)
    for file in files:
        console.print(f"  {file}", markup=False)
    console.print(f"\nNext: genga plan --show {folder}, then genga apply --show {folder}", markup=False, soft_wrap=True)


def schema(
    kind: Annotated[str | None, typer.Argument(help=f"Print this one: {', '.join(KINDS)}.", show_default=False)] = None,
    write: Annotated[Path | None, typer.Option("--write", help="Write all of them to schemas/ of this show.")] = None,
) -> None:
    """Print the JSON Schema of a kind of file, or write all of them for editors to complete and check.

    Examples:
      genga schema storyboard

      genga schema --write shows/mine
    """
    if write is not None:
        for file in write_schemas(open_show(write).folder):
            console.print(str(file), markup=False, soft_wrap=True)
        return
    if kind not in KINDS:
        found = f"unknown kind '{kind}'" if kind else "which kind of file?"
        raise StoryError(found, field="KIND", remedy=f"Name one of {', '.join(KINDS)}, or --write SHOW")
    typer.echo(json.dumps(schema_of(kind), indent=1, ensure_ascii=False))
