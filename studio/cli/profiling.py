"""profile: how long a preset takes and how much memory it holds, measured before anything is drawn with it."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from studio.cli.showing import ShowFolder, console
from studio.production.opening import Production, open_production
from studio.production.profiling import Cell, Profiled, cells_of, parse_batches, parse_sizes, profile

MIB = 2**20
INTERRUPTED = 130
"""Exit code of what was ended with Ctrl-C."""

Presets = Annotated[list[str] | None, typer.Argument(metavar="[PRESET]...", help="Names of presets; all of the show if left out.",
                                                     show_default=False)]
Sizes = Annotated[list[str] | None, typer.Option("--size", metavar="WxH", show_default=False,
                                                 help="Pixels; may be repeated, or several with commas. Left out: half, three "
                                                      "quarters and all of the preset's native size.")]
Batches = Annotated[list[str] | None, typer.Option("--batch", metavar="N", show_default=False,
                                                   help="Pictures at once, 1 to 64; may be repeated, or several with commas. "
                                                        "Left out: 1 and the preset's batch.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]


def profile_command(show: ShowFolder, presets: Presets = None, size: Sizes = None, batch: Batches = None,
                    as_json: Json = False) -> None:
    """Measure seconds and peak memory of presets at several sizes and batches, with real renders on this machine's device.

    The ledger remembers, so that `genga plan` and `genga doctor` know before the first picture. Nothing is kept as a picture or
    charged. Ctrl-C ends after the batch on the device, a second one at once; what was measured is kept. Exit code 1 when
    something could not be measured.

    Examples:
      genga profile                                        every preset, at three sizes, alone and in its batch

      genga profile cel --size 512x512,512x768 --batch 1,4

      genga profile cel --json
    """
    production = open_production(show)
    sizes, batches = parse_sizes(size or []), parse_batches(batch or [])
    names = presets or sorted(production.library.presets)
    looks = [cells_of(production, production.library.preset(name, "PRESET"), sizes, batches) for name in names]
    made: list[Profiled] = []
    interrupted = True
    with suppress(KeyboardInterrupt):
        for one in _measured(production, looks, Console(stderr=True) if as_json else console):
            made.append(one)  # noqa: PERF402 (what was measured before Ctrl-C is kept)
        interrupted = False
    if as_json:
        typer.echo(json.dumps([_record(one) for one in made], ensure_ascii=False))
    else:
        _tell(made, interrupted, sum(map(len, looks)))
    if interrupted:
        _leave()
    if any(one.error for one in made):
        raise typer.Exit(1)


def _leave() -> NoReturn:
    """End as interrupted programs do."""
    if any(thread.name == "farm" for thread in threading.enumerate()):  # a second Ctrl-C left a batch on the device
        sys.stdout.flush()
        os._exit(INTERRUPTED)  # else torch aborts, when Python takes its memory away under the thread that draws
    raise typer.Exit(INTERRUPTED)


def _measured(production: Production, looks: list[list[Cell]], where: Console) -> Iterator[Profiled]:
    from rich.progress import Progress

    with Progress(console=where, transient=True) as progress:
        bar = progress.add_task("profile", total=sum(map(len, looks)))
        for cells in looks:
            progress.update(bar, description=f"profile {cells[0]}")
            for at, one in enumerate(profile(production, cells), 1):
                progress.update(bar, advance=1, description=f"profile {cells[min(at, len(cells) - 1)]}")
                yield one


def _record(one: Profiled) -> dict[str, Any]:
    recipe = one.cell.recipes[0]
    found: dict[str, Any] = {"preset": one.cell.preset.stamp.label, "width": recipe.width, "height": recipe.height,
                             "batch": one.cell.batch, "error": one.error.render() if one.error else None}
    if one.event:
        found |= one.event.model_dump(mode="json", include={"seconds", "load_seconds", "peak_bytes", "device", "host",
                                                            "environment", "ladder"})
    return found


def _tell(made: list[Profiled], interrupted: bool, wanted: int) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("preset", "size", "batch", "s/picture", "pictures/min", "peak memory", ""):
        table.add_column(column, justify="left" if column in ("preset", "") else "right", overflow="fold")
    for one in made:
        table.add_row(*_row(one))
    console.print(table)
    for one in made:
        if one.error:
            console.print(Text.assemble(("✗ ", "red"), (str(one.cell), "bold"), f" {one.error.render()}"), soft_wrap=True)
    if one := next((one.event for one in made if one.event), None):
        console.print(f"\nmeasured on {one.device} of {one.host}; genga plan and genga doctor know it from now on", style="dim",
                      markup=False, soft_wrap=True)
    if interrupted:
        console.print(f"interrupted after {len(made)} of {wanted}; what was measured is kept", style="yellow", markup=False)


def _row(one: Profiled) -> list[Text | str]:
    recipe = one.cell.recipes[0]
    head: list[Text | str] = [one.cell.preset.stamp.label, f"{recipe.width}x{recipe.height}", str(one.cell.batch)]
    if one.event is None:
        return [*head, "–", "–", "–", Text("failed", "red")]
    seconds, peak = one.event.seconds, one.event.peak_bytes
    return [*head, f"{seconds:.3g}", f"{60 / seconds:.3g}" if seconds else "–", f"{peak / MIB:,.0f} MiB" if peak else "–",
            Text(", ".join(one.event.ladder), "yellow")]
