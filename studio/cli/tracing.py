"""trace: what happened to a unit, submission by submission, with what it waited for."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from studio.cli.showing import ShowFolder, boards_of, console, scope_of
from studio.errors import StoryError
from studio.production.opening import open_production
from studio.store.timeline import QUEUED, RENDERED, Journey, Span, about, journeys
from studio.story.boards import ids_by_episode

BAR = 24
"""Width of the bars, on a terminal that is WIDE."""
WIDE = 110
FACTS, GAPS = 24, 10
"""Columns that the facts need beside a bar; those between the columns."""
DIGITS = 8
"""Of a trace's id, at least, as of a sha256."""
LEAST = 0.05
"""Seconds that are worth a word."""
COLOURS = {QUEUED: "yellow", RENDERED: "green", "accepted": "cyan", "rejected": "magenta"}


def trace(
    show: ShowFolder,
    unit: Annotated[str, typer.Argument(show_default=False, help="Unit id, such as 01.river, 01.p02 or 01; or a trace's id, of "
                                        "which 8 digits do.")],
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
    named = _named_trace(unit, events)
    if named:
        found = journeys(event for event in events if event.get("trace") == named)
    else:
        if unit.split(".")[0] not in ids_by_episode(production.show):
            raise StoryError(f"there is no unit and no trace '{unit}'", field="UNIT",
                             remedy=f"'genga plan --all' lists units, 'genga apply' prints its trace; {DIGITS} digits do")
        board = boards_of(production, None, [unit])[0]
        scope = scope_of([board], [unit], "UNIT")
        around = {step.unit for step in production.plan(board).where(scope).steps} | {unit}
        found = journeys(about(events, unit, around))
    if as_json:
        typer.echo(json.dumps([_plain(journey) for journey in found], ensure_ascii=False))
        return
    for journey in found:
        _show(journey)
    if not found:
        console.print(f"Nothing happened to {unit} yet; 'genga plan' says what would.", markup=False)


def _named_trace(name: str, events: Sequence[Mapping[str, Any]]) -> str:
    """The id of the submission that `name` is, or begins; empty where it is none. Raises StoryError: it begins several."""
    known = {str(event["trace"]) for event in events if event.get("trace")}
    found = {name} & known or {one for one in known if len(name) >= DIGITS and one.startswith(name)}
    if len(found) > 1:
        raise StoryError(f"{len(found)} traces begin with {name}", field="UNIT",
                         remedy=f"Write more of {' or '.join(sorted(found))}")
    return next(iter(found), "")


def _headline(journey: Journey) -> str:
    """Parts that add up: nothing that went on side by side is counted twice."""
    rendering, waited = journey.covered(RENDERED), journey.waited
    other = journey.seconds - rendering - waited
    beside = f", {other:.1f} s other work" if other >= LEAST else ""
    return (f"  {journey.start:%Y-%m-%d %H:%M:%S} UTC, {journey.seconds:.1f} s in all: {rendering:.1f} s rendering{beside}, "
            f"{waited:.1f} s waiting")


def _show(journey: Journey) -> None:
    console.print(Text.assemble((journey.trace or "by hand", "bold"), _headline(journey)), soft_wrap=True)
    rows = [[f"+{(span.start - journey.start).total_seconds():.1f}", f"{span.seconds:.1f} s" if span.seconds else "", span.what,
             f"{span.unit} {span.stage}".strip()] for span in journey.spans]
    longest = [max(len(row[i]) for row in rows) for i in range(4)]
    wide = BAR if console.width >= WIDE else BAR // 3
    width = wide if console.width - sum(longest) - wide - GAPS >= FACTS else 1  # a bar that leaves no room for the facts is a dot
    table = Table(box=None, pad_edge=False, show_header=False)
    for i, least in enumerate((longest[0], width, *longest[1:])):
        table.add_column(min_width=least, justify="right" if i in (0, 2) else "left", no_wrap=True)
    table.add_column(overflow="fold")  # facts give way on a narrow terminal, the rest does not
    for span, (offset, seconds, what, who) in zip(journey.spans, rows, strict=True):
        colour = "red" if span.failed else COLOURS.get(span.what, "")
        table.add_row(offset, _bar(journey, span, colour, width), seconds, Text(what, colour), who,
                      Text("see below" if span.failed else span.told, "dim"))
    console.print(table)
    for span in journey.spans:
        if span.failed:  # a message with its remedy is too long for a column
            console.print(Text(f"{span.unit} {span.stage}".strip() + f" {span.what}: {span.told}", "red"), soft_wrap=True)
    console.print()


def _bar(journey: Journey, span: Span, colour: str, width: int) -> Text:
    whole = journey.seconds or 1.0
    left = min(width - 1, int(width * (span.start - journey.start).total_seconds() / whole))
    wide = max(1, min(width - left, round(width * span.seconds / whole)))
    return Text.assemble(" " * left, (("━" if span.seconds else "•") * wide, colour), " " * (width - left - wide))


def _plain(journey: Journey) -> dict[str, Any]:
    return {"trace": journey.trace, "start": journey.start.isoformat(), "seconds": round(journey.seconds, 3),
            "rendering": round(journey.covered(RENDERED), 3), "waited": round(journey.waited, 3), "spans": _spans(journey.spans)}


def _spans(spans: Sequence[Span]) -> list[dict[str, Any]]:
    return [{"start": span.start.isoformat(), "end": span.end.isoformat(), "what": span.what, "unit": span.unit,
             "stage": span.stage, "told": span.told, "failed": span.failed, **span.facts} for span in spans]
