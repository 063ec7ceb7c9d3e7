"""calibrate: how good the show's gates are, by what people said of the same pictures. It reads and never changes a policy."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from studio.cli.showing import Episode, ShowFolder, boards_of, console
from studio.errors import StoreError
from studio.judge.calibration import Calibration, Row
from studio.judge.wording import bound_said, effect_said, how_to_apply, preset_said, records, share_said, unmeasured_said
from studio.production.calibrating import calibration
from studio.production.opening import open_production
from studio.store.parameters import program

Json = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]
CsvFile = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the table there too, as CSV.")]
WIDE = 120
"""Columns of a terminal that has room for intervals."""
UNTOUCHED = ("Nothing was changed: a person writes a bound into its policy, min or max of the gate (docs/judging.md, "
             "'How good are the gates?').")


def calibrate(show: ShowFolder, episode: Episode = None, as_json: Json = False, csv_file: CsvFile = None) -> None:
    """Say how well each gate agrees with what people accepted and rejected, and which bound would agree better.

    By gate and preset: precision, recall and false blocks of today's bound, and a proposed bound where enough was judged.
    No policy is ever changed.

    Examples:
      genga calibrate                       the table

      genga calibrate --episode 02          only what was judged of one episode

      genga calibrate --csv gates.csv       the table for a spreadsheet

      genga calibrate --json | jq '.gates[] | select(.proposed_min)'
    """
    production = open_production(show)
    if episode:
        boards_of(production, episode, None)  # names the nearest episode for one that does not exist
    history = production.history()
    found = calibration(production, history, episode)
    if csv_file:
        _write(csv_file, found)
    if as_json:
        typer.echo(json.dumps({"program": program(), "episode": episode, "gates": records(found)}, ensure_ascii=False))
    elif not found:
        console.print(f"No gates: no policy in {production.show.folder / 'policies'}; docs/judging.md tells how one is written.",
                      markup=False, soft_wrap=True)
    elif not any(one.overall.sample.values or one.overall.unmeasured for one in found):
        console.print(f"Nobody has judged a picture that a gate looks at{f' in episode {episode}' if episode else ''}. "
                      "Begin with 'genga review'.", markup=False, soft_wrap=True)
    else:
        _show(found)
    for torn in history.torn:
        typer.echo(f"warning: {torn}: this ledger line is torn and was skipped", err=True)


def _show(found: Sequence[Calibration]) -> None:
    wide = console.width >= WIDE
    columns = ("gate", "preset", "bound", "accepted", "rejected", "precision", "recall", "of its reasons", "false blocks")
    table = Table(box=None, pad_edge=False, padding=(0, 2 if wide else 1, 0, 0), header_style="bold")
    for column in (*columns, *(["proposed"] if wide else [])):
        counted = column in ("accepted", "rejected")
        table.add_column(column, justify="right" if counted else "left", overflow="fold",
                         no_wrap=column not in ("gate", "preset", "of its reasons", "false blocks"))
    for one in found:
        for row in one.rows:
            table.add_row(*_cells(one, row, wide))
    console.print(table)
    console.print("In brackets the 95 % interval (Wilson): the wider, the less a number is worth.\n" if wide else
                  f"A terminal of {WIDE} columns shows how far each number can be trusted.\n", style="dim", markup=False)
    for one in found:
        _tell(one)
    console.print(f"\n{UNTOUCHED}", markup=False)


def _cells(one: Calibration, row: Row, wide: bool) -> list[str]:
    shares = (row.now.precision, row.now.recall, row.now.own_recall, row.now.false_blocks)
    proposed = bound_said(row.proposal.min, row.proposal.max) if row.proposal else "–"
    return [one.gate.check, preset_said(row.preset), bound_said(one.gate.min, one.gate.max), str(row.now.accepted),
            str(row.now.rejected), *(share_said(share, wide) for share in shares), *([proposed] if wide else [])]


def _tell(one: Calibration) -> None:
    """What the rows of a gate propose, or why they do not."""
    for row in one.rows:
        name = f"{one.gate.check}, {preset_said(row.preset)}"
        if row.proposal:
            bound, effect = bound_said(row.proposal.min, row.proposal.max), ", ".join(effect_said(row.now, row.proposal.tally))
            console.print(f"{name}: proposed {bound}: {effect}", markup=False, soft_wrap=True)
            console.print(f"    {how_to_apply(one, row)}", markup=False, soft_wrap=True)
        else:
            console.print(f"{name}: {row.says}", markup=False, soft_wrap=True)
    if one.overall.unmeasured:
        console.print(f"    {unmeasured_said(one.overall)}", markup=False, soft_wrap=True)


def _write(file: Path, found: Sequence[Calibration]) -> None:
    """Raises StoreError for a file that is no table, is a folder, or lies in none."""
    if file.is_dir():
        raise StoreError("this is a folder", file=file, field="--csv", remedy=f"Name a file, such as {file / 'gates.csv'}")
    if file.suffix.lower() != ".csv":
        raise StoreError("the table is written as CSV", file=file, field="--csv",
                         remedy=f"Name it {file.with_suffix('.csv').name}")
    if not file.parent.is_dir():
        raise StoreError("there is no such folder", file=file.parent, field="--csv", remedy="Make it, or name another file")
    rows: list[dict[str, Any]] = records(found)
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    file.write_text(text.getvalue(), encoding="utf-8")
