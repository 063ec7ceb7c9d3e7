"""preview: a small moving picture of a shot or an episode, to be sent or shown where no video plays."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.showing import ShowFolder, boards_of, console
from studio.errors import StoryError
from studio.motion.clip import clip_preview
from studio.production.opening import open_production
from studio.production.previewing import moving_of
from studio.store.artifacts import write_atomically

CODECS = {".webp": "webp", ".gif": "gif"}


def preview(
    show: ShowFolder,
    unit: Annotated[str, typer.Argument(help="Unit id of a shot or an episode.", show_default=False)],
    gif: Annotated[bool, typer.Option("--gif", help="A GIF instead of a WebP: larger, 256 colours, shown everywhere.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; its ending .webp or .gif says which. "
                                             "UNIT.webp in the working folder if left out.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, max=60, help="How much of its beginning.")] = 4,
    side: Annotated[int, typer.Option(min=16, max=2048, help="Most pixels of its longer side.")] = 320,
    language: Annotated[str | None, typer.Option("--language", "-l", help="Of the film; the show's first if left out.")] = None,
) -> None:
    """Write an animated WebP or GIF of a shot's clip or an episode's film. Nothing is rendered.

    Examples:
      genga preview 02.challenge                   02.challenge.webp, its first four seconds

      genga preview 02 --language ja --seconds 10  of the film

      genga preview 02.challenge --gif --side 480 --out /tmp/oni.gif
    """
    production = open_production(show)
    board = boards_of(production, None, [unit])[0]
    file = _target(unit, gif, out)
    found = moving_of(production, board, unit, language)
    data = clip_preview(found.file, seconds, side, CODECS[file.suffix.lower()])
    write_atomically(file, data)
    if found.old:
        typer.echo(f"warning: {unit} changed since: this shows the {found.stage} from before; 'genga apply' makes today's",
                   err=True)
    of = f"{found.stage} of {unit}" + (f" in {found.language}" if found.language else "")
    console.print(f"{file}: the {of}, {len(data) / 1000:.0f} kB", markup=False, soft_wrap=True)


def _target(unit: str, gif: bool, out: Path | None) -> Path:
    """Where to write. Raises StoryError for an ending that is neither .webp nor .gif, or not the one that --gif asks for."""
    file = out or Path(f"{unit}.gif" if gif else f"{unit}.webp")
    suffix = file.suffix.lower()
    if suffix not in CODECS or (gif and suffix != ".gif"):
        raise StoryError(f"'{file.name}' ends in '{file.suffix}'", field="--out",
                         remedy="End it in .gif" if gif else "End it in .webp or .gif; films themselves lie in out/films/")
    return file
