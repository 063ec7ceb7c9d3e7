"""review: takes are accepted and rejected in the terminal, one after the other or by name, and the page for it is served."""

import signal
import threading
from types import FrameType
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from studio.cli.reviewing_session import Judging
from studio.cli.showing import Episode, ShowFolder, boards_of, console, scope_of
from studio.errors import ReviewError
from studio.plan.history import CAUSES
from studio.production.opening import Production, open_production
from studio.review.desk import Look, take_look
from studio.review.serving import reviewing
from studio.review.signing import cleaned, default_reviewer
from studio.review.tiles import Standing, Tile, counted, find_tile

COLOURS: dict[Standing, str] = {"to review": "cyan", "accepted": "green", "rejected": "red", "blocked": "red", "stale": "yellow",
                                "missing": "yellow"}
Some = Annotated[list[str] | None, typer.Option("--unit", "-u", help="Only this panel, page, keyframe, shot or episode, and what "
                                                "is made from it; may be repeated.")]
All = Annotated[bool, typer.Option("--list", "-l", help="Say how everything stands, and end.")]
Accept = Annotated[str | None, typer.Option(metavar="UNIT", help="Accept the take that this unit uses, and end.")]
Reject = Annotated[str | None, typer.Option(metavar="UNIT", help="Reject it, with --reason, and end.")]
Undo = Annotated[str | None, typer.Option(metavar="UNIT", help="Take back your last word about it, and end.")]
Reasons = Annotated[list[str] | None, typer.Option("--reason", "-r", help=f"Why: {', '.join(CAUSES)}; may be repeated.")]
Note = Annotated[str, typer.Option(help="What else there is to say.")]
Take = Annotated[int | None, typer.Option(min=1, help="Another take of it, from 1, oldest first.")]
Language = Annotated[str, typer.Option(help="Of a page or clip with words; needed where there are several.")]
By = Annotated[str, typer.Option(envvar="GENGA_REVIEWER", default_factory=default_reviewer, show_default="your user name",
                                 help="Who reviews.")]
Web = Annotated[bool, typer.Option("--web", help="Serve the review page until Ctrl-C, without the queue.")]
WebPort = Annotated[int, typer.Option("--review-port", min=0, max=65535, help="Port of the review page; 0: a free one.")]


def review(
    show: ShowFolder, by: By, episode: Episode = None, unit: Some = None, listed: All = False, accept: Accept = None,
    reject: Reject = None, undo: Undo = None, reason: Reasons = None, note: Note = "", take: Take = None, language: Language = "",
    web: Web = False, review_port: WebPort = 3030,
) -> None:
    """Go through the takes that nobody has judged yet, in reading order: accept, reject with reasons, skip, undo.

    A rejection asks for the next take: at once where 'genga up' serves the show, with the next 'genga apply' otherwise.

    Examples:
      genga review                             one after the other

      genga review --episode 02 --list         how everything stands

      genga review --accept 01.river

      genga review --reject 01.river --reason anatomy --reason face --note "six fingers"

      genga review --undo 01.river

      genga review --web                       the page for it, in a browser on this machine
    """
    named = {"--accept": accept, "--reject": reject, "--undo": undo, "--list": listed, "--web": web}
    asked = [option for option, value in named.items() if value]
    if len(asked) > 1:
        raise ReviewError(f"{' and '.join(asked)} exclude each other", field=asked[1], remedy="Give one of them")
    if web:
        _serve(show, review_port)
        return
    production = open_production(show)
    judging = Judging(production, cleaned(by))
    if accept or reject or undo:
        one = accept or reject or undo or ""
        tile = _tile(production, one, language, asked[0])
        if undo:
            judging.undo(tile)
        else:
            judging.judge(tile, "accept" if accept else "reject", tuple(reason or ()), note, take=take)
        return
    look, tiles = _in_scope(production, episode, unit)
    if listed:
        _list(tiles)
    else:
        judging.go_through(look, [tile for tile in tiles if tile.standing == "to review"])


def _in_scope(production: Production, episode: str | None, units: list[str] | None) -> tuple[Look, list[Tile]]:
    boards = boards_of(production, episode, units)
    scope = scope_of(boards, units)
    look = take_look(production, boards)
    return look, [tile for tiles in look.tiles.values() for tile in tiles if scope(tile.step)]


def _tile(production: Production, unit: str, language: str, option: str) -> Tile:
    """The one tile that is meant. Raises ReviewError where a language has to be named."""
    boards = boards_of(production, None, [unit])
    scope_of(boards, [unit], option)  # names the nearest unit for one that does not exist
    tiles = take_look(production, boards).tiles[boards[0].episode]
    meant = find_tile(tiles, unit, language=language)
    others = [tile.language for tile in tiles if (tile.unit, tile.stage) == (meant.unit, meant.stage)]
    if len(others) > 1 and not language:
        raise ReviewError(f"{unit} is there in several languages", field="--language", remedy=f"Name one of {', '.join(others)}")
    return meant


def _list(tiles: list[Tile]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("state", "unit", "stage", "reviews"):
        table.add_column(column, overflow="fold", no_wrap=column != "reviews")
    for tile in tiles:
        said = "; ".join(f"{w.reviewer}: {w.verdict}{' ' + ', '.join(w.reasons) if w.reasons else ''}" for w in tile.words)
        table.add_row(Text(tile.standing, COLOURS[tile.standing]), tile.unit, f"{tile.stage} {tile.language}".strip(), Text(said))
    console.print(table)
    found = counted(tiles)
    told = [f"[{COLOURS[standing]}]{n} {standing}[/]" for standing, n in found.items() if n]
    console.print(f"\n{', '.join(told) or 'Nothing is there'}.")


def _serve(show: ShowFolder, port: int) -> None:
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    with reviewing(show, port) as url:
        console.print(f"Review: {url}. Ctrl-C ends it.", soft_wrap=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, ask_to_stop)
        while not stop.wait(0.5):
            pass
