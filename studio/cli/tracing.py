"""trace: what happened to a unit, submission by submission, with what it waited for."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from studio.cli.showing import ShowFolder, boards_of, console, scope_of
from studio.production.opening import open_production
from studio.store.timeline import QUEUED, RENDERED, Journey, Span, journeys

BAR = 24
"""Width of the bars, on a terminal that is WIDE."""
WIDE = 110
COLOURS = {QUEUED: "yellow", RENDERED: "green", "accepted": "cyan", "rejected": "magenta"}


def trace(
    show: ShowFolder,
    unit: Annotated[str, typer.Argument(help="Unit id, such as 01.river, 01.p02 or 01; or a trace's id.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")] = False,
) -> None:
    """Print the timeline of a unit: when it was asked for, queued, rendered, checked, reviewed and published, and by which run.

    What it is made from and what is made of it stands with it, as far as the same submissions made it.

    Examples:
      genga trace 01.river

      genga trace 01 --json | jq '.[0].waited'

      genga trace 8f586be142574860        everything of one submission
    """
    production = open_production(show)
    events = [event for _, _, event in production.ledger.lines() if event]
    known = {str(event.get("trace")) for event in events if event.get("trace")}
    if unit in known:
        found = journeys(event for event in events if event.get("trace") == unit)
    else:
        board = boards_of(production, None, [unit])[0]
        scope = scope_of([board], [unit], "UNIT")
        around = {step.unit for step in production.plan(board).where(scope).steps} | {unit}
        mine = {event.get("trace") for event in events if event.get("unit") == unit}
        found = journeys(event for event in events if event.get("unit") in around and event.get("trace") in mine)
    if as_json:
        typer.echo(json.dumps([_plain(journey) for journey in found], ensure_ascii=False))
        return
    for journey in found:
        _show(journey)
    if not found:
        console.print(f"Nothing happened to {unit} yet; 'genga plan' says what would.", markup=False)


def _show(journey: Journey) -> None:
    console.print(Text.assemble((journey.trace or "by hand", "bold"), f"  {journey.start:%Y-%m-%d %H:%M:%S} UTC, "
                  f"{journey.seconds:.1f} s in all: {journey.summed(RENDERED):.1f} s rendering, {journey.waited:.1f} s waiting"))
    width = BAR if console.width >= WIDE else BAR // 3
    rows = [[f"+{(span.start - journey.start).total_seconds():.1f}", f"{span.seconds:.1f} s" if span.seconds else "", span.what,
             f"{span.unit} {span.stage}".strip()] for span in journey.spans]
    longest = [max(len(row[i]) for row in rows) for i in range(4)]
    table = Table(box=None, pad_edge=False, show_header=False)
    for i, least in enumerate((longest[0], width, *longest[1:])):
        table.add_column(min_width=least, justify="right" if i in (0, 2) else "left", no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis")  # facts give way on a narrow terminal, the rest does not
    for span, (offset, seconds, what, who) in zip(journey.spans, rows, strict=True):
        colour = "red" if span.failed else COLOURS.get(span.what, "")
        table.add_row(offset, _bar(journey, span, colour, width), seconds, Text(what, colour), who, Text(span.told, "dim"))
    console.print(table)
    for span in journey.spans:
        if span.failed:  # the table may have cut it, and a remedy stands at the end
            console.print(Text(f"{span.unit} {span.stage}".strip() + f" {span.what}: {span.told}", "red"), soft_wrap=True)
    console.print()


def _bar(journey: Journey, span: Span, colour: str, width: int) -> Text:
    whole = journey.seconds or 1.0
    left = min(width - 1, int(width * (span.start - journey.start).total_seconds() / whole))
    wide = max(1, min(width - left, round(width * span.seconds / whole)))
    return Text.assemble(" " * left, (("━" if span.seconds else "•") * wide, colour), " " * (width - left - wide))


def _plain(journey: Journey) -> dict[str, Any]:
    return {"trace": journey.trace, "start": journey.start.isoformat(), "seconds": round(journey.seconds, 3),
            "rendering": round(journey.summed(RENDERED), 3), "waited": round(journey.waited, 3), "spans": _spans(journey.spans)}


def _spans(spans: Sequence[Span]) -> list[dict[str, Any]]:
    return [{"start": span.start.isoformat(), "end": span.end.isoformat(), "what": span.what, "unit": span.unit,
             "stage": span.stage, "told": span.told, "failed": span.failed, **span.facts} for span in spans]
