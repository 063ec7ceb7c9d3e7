"""impact: what holds a model, a look, a character or a file, up to books and films, and what its change would cost."""

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from studio import collecting
from studio.cli.showing import ShowFolder, console
from studio.errors import StoryError
from studio.plan.impact.elsewhere import Elsewhere
from studio.plan.impact.radius import Held, Radius
from studio.plan.impact.telling import Group, counted, groups_of, kept_said, published_said, record, redone_said
from studio.plan.price import Price, figure_said
from studio.production.opening import open_production

SHOWN = 5
"""Names that a sentence lists."""
Of = Annotated[str, typer.Argument(metavar="[OF]", help="A model card or its file, a preset, a character, a storyboard, any file "
                                   "(outside the show: by its bytes), or a sha256 (8 digits or more).", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]
Each = Annotated[bool, typer.Option("--all", "-a", help="Each unit, not only sums.")]
Planned = Annotated[bool, typer.Option("--planned", help="Also what the plan wants from it and is not made yet; on thousands of "
                                       "panels that takes seconds more.")]
Environment = Annotated[bool, typer.Option("--environment", help="Instead: what another device, driver or library version made, "
                                           "of the whole show or of what holds OF.")]


def impact(
    show: ShowFolder, of: Of = "", as_json: Json = False, everything: Each = False, planned: Planned = False,
    environment: Environment = False,
) -> None:
    """Tell what a changed thing would make anew, up to books and films, with seconds and USD, and what would be kept.

    Examples:
      genga impact models/hero.safetensors    a model file; its card's name does as well

      genga impact cel                        a preset

      genga impact momotaro                   a character

      genga impact luts/night.cube --all      a file of the show, unit by unit

      genga impact --environment              what other devices or library versions made
    """
    from studio.production.impact import elsewhere
    from studio.production.impact import impact as find

    if not of and not environment:
        raise StoryError("nothing was named", field="OF", remedy="Name a model, preset, character, file or sha256")
    with collecting.later():
        production = open_production(show)
        history = production.history()
        radius = find(production, of, history, planned=planned, anywhere=True) if of else None
        other = elsewhere(production, history, radius) if environment else None
    if other:
        _tell_elsewhere(other, as_json, everything)
    elif radius:
        _tell(radius, as_json, everything, planned)
    for torn in history.torn:
        typer.echo(f"warning: {torn}: this ledger line is torn and was skipped", err=True)


def _tell(radius: Radius, as_json: bool, everything: bool, planned: bool) -> None:
    if as_json:
        typer.echo(json.dumps(record(radius), ensure_ascii=False))
        return
    console.print(Text(radius.thing.name, "bold"))
    groups = groups_of(radius)
    if groups:
        console.print(_table(groups))
        if everything:
            console.print(_units(radius.held))
        _sum_up(radius, groups)
    else:
        hint = "" if planned or radius.wanted else " What is wanted from it and not made yet is told with --planned."
        console.print(f"No unit in use holds it: a change costs nothing.{hint}", soft_wrap=True)
    _tell_rest(radius)


def _table(groups: Sequence[Group]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "kind", "made anew", "kept", "published"):
        table.add_column(column, overflow="fold")
    for column in ("seconds", "USD"):
        table.add_column(column, justify="right", no_wrap=True)
    for group in groups:
        waived = f"; {group.waived} waived" if group.waived else ""
        table.add_row(group.name, "+".join(group.kinds), f"{redone_said(group) or group.work}{waived}", kept_said(group),
                      published_said(group) or "no", f"{group.seconds:.2f}", _column(group.price))
    return table


def _column(price: Price) -> str:
    """`0.00088`, `0.00088 + unknown` or `unknown`, as a table has room for."""
    if price.usd is not None:
        return figure_said(price.known)
    return f"{figure_said(price.known)} + unknown" if price.known else "unknown"


def _units(held: Sequence[Held]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("unit", "stage", "kind", "holds it", ""):
        table.add_column(column, overflow="fold")
    for column in ("seconds", "USD"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in held:
        marks = [mark for mark, is_so in (("published", one.published), (str(one.waiver), one.waiver is not None),
                                          ("made of waived ones: stays", one.kept and not one.waiver)) if is_so]
        price = (f"{one.seconds:.2f}", figure_said(one.usd)) if one.redone else ("", "")
        table.add_row(one.unit, f"{one.stage} {one.language}".strip(), one.kind, "itself" if one.direct else "through its parts",
                      Text("; ".join(marks)), *price)
    return table


def _sum_up(radius: Radius, groups: Sequence[Group]) -> None:
    anew = [one for one in radius.held if one.redone]
    out = sum(bool(group.published) for group in groups)
    console.print(f"\nIf it changes: {counted(one.stage for one in anew) or 'nothing'}; {radius.seconds:.1f} s of device time, "
                  f"{radius.price.said()} (by the takes in use, at today's rates). {out} of {len(groups)} books and films "
                  f"that hold it {'is' if out == 1 else 'are'} published.", soft_wrap=True, markup=False)


def _tell_rest(radius: Radius) -> None:
    if radius.wanted:
        seconds = sum(step.seconds for step in radius.wanted)
        console.print(f"The plan wants {_listed([step.key for step in radius.wanted])} from it, not made yet: {seconds:.1f} s, "
                      f"{radius.wanted_price.said()}; 'genga plan' tells more.", soft_wrap=True, markup=False)
    if radius.gone:
        console.print(f"In no storyboard any more (deleted or renamed), and left out: {_listed(radius.gone)}.", soft_wrap=True,
                      markup=False)
    if radius.apart:
        console.print(f"Also {radius.apart} takes of sweeps, canaries and locks, from which nothing is made.", markup=False)


def _tell_elsewhere(other: Elsewhere, as_json: bool, everything: bool) -> None:
    radius = other.radius
    if as_json:
        typer.echo(json.dumps({**record(radius), "differences": other.differences, "unknown": other.unknown}, ensure_ascii=False))
        return
    if not radius.held:
        console.print("Everything in use that a device made was made in today's environment.")
        return
    for difference, count in other.differences.items():
        console.print(f"{count:6} takes  {difference}", markup=False, soft_wrap=True)
    groups = groups_of(radius)
    for group in groups:
        console.print(f"{group.name}: {counted(one.stage for one in group.rows)}", markup=False, soft_wrap=True)
    if everything:
        console.print(_units(radius.held))
    console.print(f"\nNothing is stale for that: the bytes are there. Drawn again here they would take {radius.seconds:.1f} s, "
                  f"{radius.price.said()}, and might look the same ('genga canary check' tells).", soft_wrap=True, markup=False)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
