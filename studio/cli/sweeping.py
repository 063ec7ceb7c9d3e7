"""sweep: a look tried over many settings, ranked, and adopted."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from studio.cli.drawing import Drawing
from studio.cli.showing import ShowFolder, console
from studio.errors import GengaError
from studio.plan.sweeps import keeps
from studio.production.opening import Production, open_production
from studio.render.renderer import Run
from studio.story.sweeps import Sweep, find_sweep, read_sweeps, size_of_sweep, too_large

if TYPE_CHECKING:
    from studio.production.outlook import Outlook

app = typer.Typer(no_args_is_help=True, help="Try a look over many settings, rank what comes of it, adopt the best.")
Name = Annotated[str, typer.Argument(help="Name of the sweep, as its file says.", show_default=False)]


@app.command("list")
def list_sweeps(show: ShowFolder) -> None:
    """List the show's sweeps and how far they are.

    Example:
      genga sweep list
    """
    from studio.production.outlook import outlook
    from studio.production.sweeping import sweep_planner

    production = open_production(show)
    found = read_sweeps(production.show.folder / "sweeps")
    for name, (file, sweep) in found.items():
        if too_large(sweep):
            console.print(f"{name:20} too many cells ({size_of_sweep(sweep)}, its ceiling is {sweep.most})  {file.name}",
                          markup=False, soft_wrap=True)
            continue
        try:
            how = outlook(sweep_planner(production, sweep)).told()
        except GengaError as exc:  # one that cannot be drawn keeps no other from being listed
            how = exc.render()
        console.print(f"{name:20} {how}  {file.name}", markup=False, soft_wrap=True)
    if not found:
        console.print(f"No sweep in {production.show.folder / 'sweeps'}; docs/judging.md tells how one is written.")


@app.command()
def plan(name: Name, show: ShowFolder) -> None:
    """Show a sweep's cells and what they cost; draw nothing.

    Example:
      genga sweep plan mood
    """
    from studio.production.outlook import outlook
    from studio.production.sweeping import check_sweep, sweep_planner

    production, sweep = _opened(show, name)
    planner = sweep_planner(production, sweep)
    check_sweep(production, planner)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("cell", *sweep.axes, "state"):
        table.add_column(column, overflow="fold")
    table.add_column("seconds", justify="right")
    found = outlook(planner)
    for cell, settings in planner.cells().items():
        step, state = found.steps[cell], found.state(cell)
        seconds = f"{step.seconds:.2f}" if step.renders and state != "dropped" else ""
        table.add_row(cell, *(str(value) for _, value in settings), state, seconds)
    console.print(table)
    console.print()
    _tell(sweep, found)


@app.command()
def run(name: Name, show: ShowFolder) -> None:
    """Draw what a sweep lacks, rank it, and refine its winners as it says. What was drawn before is found.

    A show that 'genga up' serves does this by itself when a sweep file is dropped.

    Example:
      genga sweep run mood
    """
    from studio.production.budgets import refuse_above
    from studio.production.outlook import outlook
    from studio.production.sweeping import check_sweep, make_sweep, refine, sweep_planner

    production, sweep = _opened(show, name)
    refuse_above(production, "")
    planner = sweep_planner(production, sweep)
    check_sweep(production, planner)
    found = outlook(planner)
    _tell(sweep, found)
    with Drawing(console, f"sweep {name}", len(found.todo)) as drawing:
        cells = list(make_sweep(production, sweep, Run(), drawing.made))
        _rank(production, sweep)
        refined = list(drawing.watch(refine(production, sweep, Run())))
    failed = [f"{made.step.key}: {made.error.render()}" for made in (*cells, *refined) if made.error]
    if any(made.take for made in refined):
        _tell_refined(production, sweep)
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
    production, sweep = _opened(show, name)
    _rank(production, sweep)
    _tell_refined(production, sweep)


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


def _tell(sweep: Sweep, found: "Outlook") -> None:
    """How far it is, what it costs, and why what was drawn is drawn anew."""
    console.print(f"{sweep.sweep}: {found.told()}.", markup=False, soft_wrap=True)
    if found.changed:
        what, why = sweep.unit or "its look", "; ".join(str(reason) for reason in found.changed[0].reasons)
        told = f"{what} changed since the sweep was drawn ({why}): {len(found.changed)} cells are drawn anew."
        console.print(told, style="yellow", markup=False, soft_wrap=True)


def _tell_refined(production: Production, sweep: Sweep) -> None:
    """Where the refined winners are; sheet and table are written anew, as they name them."""
    from studio.production.sweeping import publish_ranking, refined_of, standings, sweep_planner
    from studio.story.sweeps import sweep_unit

    if sweep.refine is None:
        return
    planner, found = sweep_planner(production, sweep), standings(production, sweep, Run())
    publish_ranking(production, sweep, found)
    for one in found:
        for what, place in refined_of(production, planner, one.cell).items():
            console.print(f"{what}: {one.place}. {sweep_unit(sweep, one.cell)}  {place}", markup=False, soft_wrap=True)


def _rank(production: Production, sweep: Sweep) -> None:
    from studio.production.rounds import publish_rounds, saving
    from studio.production.sweeping import publish_ranking, standings

    found = standings(production, sweep, Run())
    picture, table = publish_ranking(production, sweep, found)
    shown = Table(box=None, pad_edge=False, header_style="bold")
    compared = any(not keeps(one.settings) for one in found)
    for column in ("", "cell", *sweep.axes, "score", *found[0].numbers, *(["rule"] if compared else [])):
        shown.add_column(column, overflow="fold")
    for one in found[:20]:
        numbers = ("" if value is None else f"{value:.4g}" for value in one.numbers.values())
        rule = "" if keeps(one.settings) else "without the lock: for comparison, wins nothing"
        shown.add_row(str(one.place), one.cell, *(str(value) for _, value in one.settings), f"{one.score:.2f}", *numbers, rule)
    console.print(shown)
    worth = saving(production, sweep, found)
    if worth:
        console.print(f"\nLock: {worth.told()}.", soft_wrap=True, markup=False)
    console.print(f"\n{picture}\n{table}", soft_wrap=True, markup=False)
    rounds = publish_rounds(production, sweep.unit, Run()) if sweep.lock and sweep.unit else None
    if rounds:
        console.print(str(rounds), soft_wrap=True, markup=False)
