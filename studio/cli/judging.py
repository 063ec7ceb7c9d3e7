"""judge: what is there, measured for the show's policies."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from studio.cli.showing import Episode, ShowFolder, console
from studio.production.opening import open_production
from studio.render.renderer import Run

if TYPE_CHECKING:
    from studio.judge.policies import Gate
    from studio.plan.history import Verdict
    from studio.production.judging import Judged

SHOWN = 12
"""Pictures that are named; --all names the rest."""


def judge(
    show: ShowFolder, episode: Episode = None,
    everything: Annotated[bool, typer.Option("--all", help="Name every picture that does not pass.")] = False,
) -> None:
    """Measure what is there for the show's policies, and say what does not pass. Draws and throws away nothing.

    Needed when a policy is new: pictures are otherwise measured as they are made. Numbers are kept, so that a changed bound
    needs no second look.

    Examples:
      genga judge

      genga judge --episode 02 --all
    """
    from rich.progress import Progress

    from studio.production.judging import judge_all

    production = open_production(show)
    boards = production.boards(episode)
    if not production.gates:
        console.print(f"No policy in {production.show.folder / 'policies'}; docs/judging.md tells how one is written.",
                      markup=False, soft_wrap=True)
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("measuring", total=None)

        def advance(count: int, whole: int) -> None:
            progress.update(bar, total=whole, advance=count)

        found = judge_all(production, boards, Run(), advance)
    if found:
        _show(found)
    _name([(one.gate, key, verdict) for one in found for key, verdict in one.stopped], everything)


def _show(found: "list[Judged]") -> None:
    """How each gate did."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("gate", "severity", "passed", "stopped", "not measured"):
        table.add_column(column, justify="left" if column in ("gate", "severity") else "right")
    for one in found:
        table.add_row(one.gate.check, one.gate.severity, str(one.passed), str(len(one.stopped)), str(one.silent))
    console.print(table)
    if any(one.silent for one in found):
        console.print("Not measured: there is nothing in them that its scorer looks at (docs/judging.md).")
    elif not any(one.passed or one.stopped for one in found):
        console.print("Nothing is drawn yet that these gates look at.")


def _name(named: "list[tuple[Gate, str, Verdict]]", everything: bool) -> None:
    """What does not pass."""
    for gate, key, verdict in named if everything else named[:SHOWN]:
        console.print(f"{'stopped' if gate.severity == 'block' else 'warning'}  {key}: {gate.check} {verdict.note}",
                      markup=False, soft_wrap=True)
    if len(named) > SHOWN and not everything:
        console.print(f"… and {len(named) - SHOWN} more; --all names them.")
    if any(gate.severity == "block" for gate, _, _ in named):
        console.print("'genga plan' says what is wanted now; 'genga review --accept UNIT' uses a picture all the same.")
