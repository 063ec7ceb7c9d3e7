"""canary: fixed pictures of every preset, approved once and compared ever after."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from studio.cli.showing import ShowFolder, console
from studio.errors import GengaError
from studio.plan.approved import CanaryOutcome
from studio.plan.canaries import check_files
from studio.production import canaries
from studio.production.canaries import Checked, Sight
from studio.production.opening import Production, open_production
from studio.render.renderer import Run

COLOURS: dict[CanaryOutcome, str] = {
    "same": "green", "perceptual": "yellow", "drift": "red", "failed": "red", "unapproved": "yellow",
}
MEANINGS: dict[CanaryOutcome, str] = {
    "same": "the very same pixels", "perceptual": "other pixels, the same picture to the eye", "drift": "another picture",
    "failed": "no picture", "unapproved": "nothing to compare it with",
}
PresetName = Annotated[str | None, typer.Argument(metavar="[PRESET]", help="Name of a preset; all of the show if left out.",
                                                  show_default=False)]

canary = typer.Typer(no_args_is_help=True, help="""Fixed pictures of every preset: approved once, compared ever after.

Which pictures: canaries/PRESET.yaml in the show, or three neutral ones.

Examples:
  genga canary approve            today's pictures of every preset are right

  genga canary check              draw them again where anything changed, and compare

  genga canary check cel --again  draw them whatever is kept
""")


@canary.command()
def approve(show: ShowFolder, preset: PresetName = None) -> None:
    """Keep today's pictures as the approved ones; drawn now, unless this environment has drawn them already.

    Exit code 1 when those of a preset cannot be drawn.

    Examples:
      genga canary approve        all presets

      genga canary approve cel    after its version 3 was looked at
    """
    production = open_production(show)
    failed = False
    for name in _names(production, preset):
        try:
            with console.status(f"drawing the canaries of {name} …"):
                event = canaries.approve(production, name, Run())
        except GengaError as exc:
            console.print(Text.assemble(("✗ ", "red"), (name, "bold"), f" not approved: {exc.render()}"), soft_wrap=True)
            failed = True
            continue
        console.print(Text.assemble(("✓ ", "green"), (event.preset.label, "bold"), f" {len(event.pictures)} canaries approved"))
        for canary_id, picture in event.pictures.items():
            where = production.artifacts.url(picture.artifact, picture.suffix)
            console.print(f"    {canary_id:10} {where}", markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(1)


@canary.command()
def check(
    show: ShowFolder, preset: PresetName = None,
    again: Annotated[bool, typer.Option("--again", help="Draw them even where this environment has drawn them already.")] = False,
) -> None:
    """Draw the canaries again and compare them with the approved ones; of another picture, say what changed.

    Exit code 1 when one drifted, could not be drawn, or was never approved.

    Examples:
      genga canary check              after new weights, a new driver, a new torch

      genga canary check cel --again  does this machine still draw what it drew?
    """
    production = open_production(show)
    wrong = 0
    for name in _names(production, preset):
        with console.status(f"drawing the canaries of {name} …"):
            checked = canaries.check(production, name, Run(), again)
        _tell(production, checked)
        wrong += checked.outcome not in ("same", "perceptual")
    if wrong:
        raise typer.Exit(1)


def _names(production: Production, preset: str | None) -> list[str]:
    check_files(production.show, production.library)
    return [production.library.preset(preset, "PRESET").name] if preset else sorted(production.library.presets)


def _tell(production: Production, checked: Checked) -> None:
    since = f", approved {checked.approval.at[:10]} as {checked.approval.preset.label}" if checked.approval else ""
    console.print(Text.assemble((checked.preset.stamp.label, "bold"), ": ", (checked.outcome, COLOURS[checked.outcome]), since))
    if checked.sights:
        console.print(_table(checked))
    for cause in checked.causes:
        console.print(f"  changed   {cause}", markup=False, soft_wrap=True)
    for error in checked.errors:
        console.print(f"  error     {error.render()}", markup=False, soft_wrap=True)
    for name, sight in checked.sights.items():
        if sight.outcome == "drift" and sight.take and sight.approved:
            for when, picture in (("approved", sight.approved), ("today", sight.take)):
                where = production.artifacts.url(picture.artifact, picture.suffix)
                console.print(f"  {when:9} {name}: {where}", markup=False, soft_wrap=True)
    if checked.outcome in ("unapproved", "drift"):
        console.print(f"  If they are right: genga canary approve {checked.preset.name}", markup=False)


def _table(checked: Checked) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("  canary", "outcome", "how", "distance"):
        table.add_column(column, overflow="fold")
    for name, sight in checked.sights.items():
        table.add_row(f"  {name}", Text(sight.outcome, COLOURS[sight.outcome]), MEANINGS[sight.outcome], _distance(sight))
    return table


def _distance(sight: Sight) -> str:
    if sight.distance is None:
        return "kept from before" if sight.reused else ""
    d = sight.distance
    size = "" if d.same_size else ", another size"
    return f"mean {d.mean:.2f}, worst patch {d.worst:.1f} of 255, {d.bits} of 64 bits{size}"
