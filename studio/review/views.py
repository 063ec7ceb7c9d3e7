"""Views: the pages that people look at."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from studio.errors import GengaError, MetricsError
from studio.metrics.building import Warehouse, behind
from studio.plan.impact.telling import groups_of
from studio.production.calibrating import calibration
from studio.production.impact import impact as find_impact
from studio.production.reviewing import REVIEWED
from studio.review.bench import lay_out
from studio.review.numbers import POLICY
from studio.review.room import InRoom
from studio.review.showing import render
from studio.review.strips import HEIGHT, strip_of
from studio.review.tiles import chosen, counted, find_tile, following
from studio.review.waiting import queued

router = APIRouter(default_response_class=HTMLResponse)
Word = Annotated[str, Query(max_length=100)]
ROWS = 500
"""Units of one book or film that the page of impacts lists."""


@router.get("/")
def index(request: Request, room: InRoom) -> str:
    """The episodes, and how much of each is to be reviewed."""
    look = room.desk.look()
    episodes = [(board, counted(look.tiles[name])) for name, board in look.boards.items()]
    language = look.production.show.settings.languages[0]
    return room.page(request, "index.html", episodes=episodes, language=language, title="Episodes")


@router.get("/episode/{episode}")
def contact_sheet(
    request: Request, room: InRoom, episode: str, state: Word = "", reason: Word = "", stage: Word = ""
) -> str:
    """All of an episode that people judge, in reading order."""
    tiles = room.desk.look().episode(episode)
    shown = chosen(tiles, state, reason, stage)
    reasons = sorted({cause for tile in tiles for cause in tile.causes})
    stages = list(dict.fromkeys(tile.stage for tile in tiles))
    asked = {"state": state, "reason": reason, "stage": stage}
    return room.page(
        request, "episode.html", episode=episode, tiles=shown, counts=counted(tiles), total=len(tiles), reasons=reasons,
        stages=stages, first=following(shown), asked=asked, title=f"Episode {episode}",
    )


@router.get("/page/{unit}")
def lettered_page(request: Request, room: InRoom, unit: str, language: Word = "") -> str:
    """A page as it is printed, its panels in reading order, and what people say about it."""
    look = room.desk.look()
    tile = look.tile(unit, "page", language)
    others = [one for one in look.tiles[tile.episode] if (one.unit, one.stage) == (unit, "page")]
    return room.page(request, "page.html", bench=lay_out(look, tile), languages=others, queued="", told="", kind="", title=unit)


@router.get("/unit/{unit}")
def unit(
    request: Request, room: InRoom, unit: str, stage: Word = "", language: Word = "", take: Word = "",
    other: Annotated[str, Query(max_length=100, alias="with")] = "",
) -> str:
    """One unit's takes, to be judged."""
    look = room.desk.look()
    bench = lay_out(look, look.tile(unit, stage, language), take, other)
    waits = queued(look.production, bench.tile.label) if bench.tile.step.todo else ""
    return room.page(request, "unit.html", bench=bench, queued=waits, told="", kind="", title=bench.tile.label)


@router.get("/gates")
def gates(request: Request, room: InRoom) -> str:
    """How well each gate agrees with people, and which bound would agree better."""
    look = room.desk.look()
    found = [(one, [(row, strip_of(one, row)) for row in one.rows]) for one in calibration(look.production, look.history)]
    return room.page(request, "gates.html", gates=found, strip_height=HEIGHT, title="How good are the gates?")


@router.get("/impact")
def impact(request: Request, room: InRoom, of: Annotated[str, Query(max_length=300)] = "") -> HTMLResponse:
    """What a changed model, preset, character or file would make anew, and what is waived."""
    look = room.desk.look()
    production, radius, told = look.production, None, ""
    if of.strip():
        try:
            radius = find_impact(production, of, look.history, list(look.plans.values()))
        except GengaError as exc:
            told = f"{exc.message}. {exc.remedy or ''}"
    known = [*production.library.models.cards, *production.library.presets, *production.show.cast]
    waivers = sorted(look.history.waivers.values(), key=lambda waiver: (waiver.until, waiver.unit))
    page = room.page(request, "impact.html", of=of, radius=radius, groups=groups_of(radius) if radius else [], told=told,
                     known=known, waivers=waivers, reviewed=REVIEWED, most=ROWS, title="If it changes")
    return HTMLResponse(page, 404 if told else 200)


@router.get("/report")
def report(request: Request, room: InRoom) -> HTMLResponse:
    """What the show's pictures cost and yielded, from the tables as they are published now."""
    production = room.desk.look().production
    late = behind(Warehouse(production.show))
    above = render("report_head.html", show=production.show.settings.title, late=late)
    try:
        return HTMLResponse(room.numbers.report(production, above), headers={"content-security-policy": POLICY})
    except MetricsError as exc:
        countable = late or exc.field == "SQL"  # tables of another version are there, but lack what is asked
        often = production.show.settings.metrics
        page = room.page(request, "no_numbers.html", why=exc.message, countable=countable,
                         every=often.every_minutes if often.enabled else 0, title="No numbers yet")
        return HTMLResponse(page, 404)


@router.get("/tile/{unit}")
def tile(room: InRoom, unit: str, stage: Word = "", language: Word = "") -> str:
    """One tile of a contact sheet, drawn anew."""
    look = room.desk.look()
    return render("tile.html", tile=find_tile(look.tiles.get(unit.split(".", 1)[0], ()), unit, stage, language))
