"""reproduce, verify: files asked whether they hold what they say."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from studio.cli.showing import ShowFolder, console
from studio.production.opening import open_production
from studio.production.reproducing import Reproduction
from studio.production.reproducing import reproduce as render_again
from studio.production.verifying import Fault, set_aside
from studio.production.verifying import verify as faults_in

MEANINGS = {
    "bit-exact": "the very same pixels",
    "perceptual": "not the same pixels, but the same picture to the eye",
    "different": "another picture",
}


def reproduce(
    show: ShowFolder,
    file: Annotated[Path, typer.Argument(help="A picture that genga made.", show_default=False)],
) -> None:
    """Render a picture again from the recipe in its own file, and say how near it comes.

    Exit code 0: bit-exact or perceptual; 1: different.

    Example:
      genga reproduce shows/momotaro/out/artifacts/ab/ab12….png
    """
    found = render_again(open_production(show), file)
    colour = {"bit-exact": "green", "perceptual": "yellow", "different": "red"}[found.outcome]
    console.print(f"{file}: [{colour}]{found.outcome}[/]: {MEANINGS[found.outcome]}", soft_wrap=True)
    _tell_environment(found)
    if found.outcome == "different":
        raise typer.Exit(1)


def _tell_environment(found: Reproduction) -> None:
    console.print(f"  recipe    {found.recipe.digest()}")
    if found.outcome != "bit-exact":
        d = found.distance
        console.print(f"  distance  mean {d.mean:.2f} of 255, worst patch {d.worst:.1f} of 255, {d.bits} of 64 hash bits"
                      + ("" if d.same_size else ", another size"))
    if found.differences:
        console.print("  environment differs:")
        for name, (was, now) in found.differences.items():
            console.print(f"    {name}: {was} -> {now}", markup=False, soft_wrap=True)
    elif found.environment:
        console.print("  environment: the same as when it was made")


def verify(
    show: ShowFolder,
    repair: Annotated[bool, typer.Option("--repair", help="Move damaged files to out/damaged/.")] = False,
) -> None:
    """Read every kept file and compare it with its name; look for what the ledger names and is gone.

    Exit code 1 when something is damaged or missing. After --repair, 'genga apply' makes it again.

    Examples:
      genga verify

      genga verify --repair
    """
    production = open_production(show)
    count = sum(1 for _ in production.artifacts)
    faults: list[Fault] = []
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("reading", total=count)
        for fault in faults_in(production, lambda: bar.advance(task)):
            faults.append(fault)
            bar.console.print(f"[red]{fault.kind}[/] {fault.artifact[:16]}…{fault.suffix} "
                              f"{'used by ' + ', '.join(fault.units) if fault.units else '(unused)'}", soft_wrap=True)
            bar.console.print(f"  {fault.message}", markup=False, soft_wrap=True)
            if repair and fault.kind == "damaged":
                bar.console.print(f"  moved to {set_aside(production, fault)}", soft_wrap=True)
    for torn in production.history().torn:
        console.print(f"[yellow]torn[/] {torn}: this ledger line is not whole and is skipped", soft_wrap=True)
    console.print(f"{count} artifacts read, {len(faults)} not as they should be.")
    if not faults:
        return
    if repair:
        console.print("Now run 'genga apply': only what is missing is made again.")
        return
    raise typer.Exit(1)
