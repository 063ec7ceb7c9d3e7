"""sweep: a look tried over many settings, ranked, and adopted."""

from typing import Annotated

import typer
from rich.table import Table

from studio.cli.showing import ShowFolder, console
from studio.production.opening import Production, open_production
from studio.render.renderer import Run
from studio.story.sweeps import Sweep, find_sweep, read_sweeps, size_of_sweep, too_large

app = typer.Typer(no_args_is_help=True, help="Try a look over many settings, rank what comes of it, adopt the best.")
Name = Annotated[str, typer.Argument(help="Name of the sweep, as its file says.", show_default=False)]


@app.command("list")
def list_sweeps(show: ShowFolder) -> None:
    """List the show's sweeps and how far they are.

    Example:
      genga sweep list
    """
    from studio.production.sweeping import sweep_planner

    production = open_production(show)
    found = read_sweeps(production.show.folder / "sweeps")
    for name, (file, sweep) in found.items():
        if too_large(sweep):
            console.print(f"{name:20} too many cells ({size_of_sweep(sweep)}, its ceiling is {sweep.most})  {file.name}",
                          markup=False, soft_wrap=True)
            continue
        planner = sweep_planner(production, sweep)
        steps = [planner.step(cell) for cell in planner.cells()]
        drawn = sum(step.state == "fresh" for step in steps)
        console.print(f"{name:20} {drawn} of {len(steps)} cells drawn  {file.name}", markup=False)
    if not found:
        console.print(f"No sweep in {production.show.folder / 'sweeps'}; docs/judging.md tells how one is written.")


@app.command()
def plan(name: Name, show: ShowFolder) -> None:
    """Show a sweep's cells and what they cost; draw nothing.

    Example:
      genga sweep plan mood
    """
    from studio.production.sweeping import check_sweep, sweep_planner

    production, sweep = _opened(show, name)
    planner = sweep_planner(production, sweep)
    check_sweep(production, planner)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("cell", *sweep.axes, "state"):
        table.add_column(column, overflow="fold")
    table.add_column("seconds", justify="right")
    steps = {cell: planner.step(cell) for cell in planner.cells()}
    for cell, settings in planner.cells().items():
        step = steps[cell]
        table.add_row(cell, *(str(value) for _, value in settings), step.state, f"{step.seconds:.2f}" if step.renders else "")
    console.print(table)
    todo = [step for step in steps.values() if step.renders]
    console.print(f"\n{len(steps)} cells, {len(todo)} to draw: about {sum(s.seconds for s in todo):.0f} s of device time, "
                  f"${sum(s.usd for s in todo):.4f}." + (" Halving draws most of them cheaper." if sweep.rungs else ""))


@app.command()
def run(name: Name, show: ShowFolder) -> None:
    """Draw what a sweep lacks, rank it, and refine its winners as it says. What was drawn before is found.

    A show that 'genga up' serves does this by itself when a sweep file is dropped.

    Example:
      genga sweep run mood
    """
    from rich.progress import Progress

    from studio.production.budgets import refuse_above
    from studio.production.sweeping import make_sweep, refine, sweep_planner

    production, sweep = _opened(show, name)
    refuse_above(production, "")
    failed: list[str] = []
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task(f"sweep {name}", total=len(sweep_planner(production, sweep).cells()))
        for made in make_sweep(production, sweep, Run()):
            progress.advance(bar)
            if made.error:
                failed.append(f"{made.step.unit}: {made.error.render()}")
        _rank(production, sweep)
        for made in refine(production, sweep, Run()):
            progress.advance(bar)
            if made.error:
                failed.append(f"{made.step.key}: {made.error.render()}")
    for line in failed:
        console.print(f"failed: {line}", style="red", markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(1)


@app.command()
def rank(name: Name, show: ShowFolder) -> None:
    """Rank what is drawn and write the contact sheet.

    Example:
      genga sweep rank mood
    """
    _rank(*_opened(show, name))


@app.command()
def adopt(
    name: Name, show: ShowFolder,
    winner: Annotated[str, typer.Argument(help="Cell to adopt; the best one when left out.", show_default=False)] = "",
    preset: Annotated[
        str, typer.Option("--as", help="Preset whose next version it becomes, or a new name.", show_default=False)
    ] = "",
) -> None:
    """Write a winner into a preset as its next version; 'genga plan' then tells what that touches.

    Examples:
      genga sweep adopt mood --as cel

      genga sweep adopt mood 1a2b3c4d --as cel-soft
    """
    from studio.production.adopting import adopt as write
    from studio.production.sweeping import standings, sweep_planner

    production, sweep = _opened(show, name)
    cell = winner or standings(production, sweep, Run())[0].cell
    into = preset or sweep_planner(production, sweep).wish(cell).preset.name
    file, made, told = write(production, sweep, cell, into)
    console.print(f"{file}: {made.stamp.label}", markup=False, soft_wrap=True)
    for change in told:
        console.print(f"  {change}", markup=False)
    console.print("'genga plan' tells what this touches; nothing was rendered.")


@app.command()
def use(
    name: Name, show: ShowFolder,
    cell: Annotated[str, typer.Argument(help="Cell to use; the best one when left out.", show_default=False)] = "",
) -> None:
    """Write a cell into its panel or keyframe in the storyboard, so that its picture is the unit's. Nothing is drawn again.

    The pictures that a locked cell was drawn along are kept in the show's locks/ folder.

    Examples:
      genga sweep use 01-river-round-2

      genga sweep use 01-river-round-2 1a2b3c4d
    """
    from studio.production.sweeping import standings
    from studio.production.using import use as write

    production, sweep = _opened(show, name)
    file, told = write(production, sweep, cell or standings(production, sweep, Run())[0].cell)
    console.print(f"{file}: {sweep.unit}", markup=False, soft_wrap=True)
    for change in told:
        console.print(f"  {change}", markup=False, soft_wrap=True)
    console.print("'genga plan' tells what this touches; nothing was rendered.")


def _opened(show: ShowFolder, name: str) -> tuple[Production, Sweep]:
    production = open_production(show)
    return production, find_sweep(production.show.folder / "sweeps", name)[1]


def _rank(production: Production, sweep: Sweep) -> None:
    from studio.production.rounds import publish_rounds, saving
    from studio.production.sweeping import publish_ranking, standings

    found = standings(production, sweep, Run())
    picture, table = publish_ranking(production, sweep, found)
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "cell", *sweep.axes, "score", *found[0].numbers):
        shown.add_column(column, overflow="fold")
    for one in found[:20]:
        numbers = ("" if value is None else f"{value:.4g}" for value in one.numbers.values())
        shown.add_row(str(one.place), one.cell, *(str(value) for _, value in one.settings), f"{one.score:.2f}", *numbers)
    console.print(shown)
    worth = saving(production, sweep, found)
    if worth:
        console.print(f"\nLock: {worth.told()}.", soft_wrap=True, markup=False)
    console.print(f"\n{picture}\n{table}", soft_wrap=True, markup=False)
    rounds = publish_rounds(production, sweep.unit, Run()) if sweep.lock and sweep.unit else None
    if rounds:
        console.print(str(rounds), soft_wrap=True, markup=False)
