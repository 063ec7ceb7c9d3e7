"""Words: the requests that change something. Each answers with the piece of the page that it changed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse

from studio.plan.history import Decision, Stage
from studio.production.reviewing import Word, review, undo
from studio.review.asking import served, what_follows
from studio.review.bench import lay_out
from studio.review.desk import Look
from studio.review.room import InRoom, Room, introduce, reviewer_of
from studio.review.showing import render
from studio.review.tiles import Tile
from studio.review.waiting import call_off_here

router = APIRouter(default_response_class=HTMLResponse)
Short = Annotated[str, Form(max_length=100)]
SAID: dict[Decision, str] = {"accept": "Accepted", "reject": "Rejected", "undo": "Taken back"}


@router.post("/review")
def keep(
    request: Request, room: InRoom, unit: Short, stage: Annotated[Stage, Form()],
    artifact: Annotated[str, Form(pattern=r"^[0-9a-f]{64}$")], verdict: Annotated[Literal["accept", "reject"], Form()],
    state: Annotated[str, Form(min_length=1, max_length=100)],
    reasons: Annotated[tuple[Short, ...], Form()] = (), note: Annotated[str, Form(max_length=2000)] = "", language: Short = "",
    seconds: Annotated[float, Form(ge=0, le=86400, allow_inf_nan=False)] = 0.0,
) -> str:
    """Keep a person's word about a take."""
    look = room.desk.look()
    look.tile(unit, stage, language)
    review(look.production, Word(unit, stage, artifact, verdict, reviewer_of(request), reasons, note, language, seconds, state))
    return _after(room, unit, stage, language, verdict, artifact)


@router.post("/undo")
def take_back(request: Request, room: InRoom, unit: Short, stage: Annotated[Stage, Form()], language: Short = "") -> str:
    """Take back one's own last word about a unit."""
    undo(room.desk.look().production, unit, stage, reviewer_of(request), language)
    return _after(room, unit, stage, language, "undo", "")


@router.post("/reviewer")
def sign(response: Response, name: Annotated[str, Form(max_length=500)]) -> str:
    """Remember who reviews in this browser."""
    introduce(response, name)
    response.headers["HX-Refresh"] = "true"
    return ""


def _after(room: Room, unit: str, stage: Stage, language: str, verdict: Decision, artifact: str) -> str:
    """Ask for what follows from the word, and lay the bench out again."""
    look = room.desk.look()
    tile = look.tile(unit, stage, language)
    off = call_off_here(look.production, tile.label) if verdict == "undo" else ""
    told = ". ".join(part for part in (SAID[verdict], off, _follow(room, look, tile, verdict)) if part)
    return render("bench.html", bench=lay_out(look, tile, artifact), queued="", told=f"{told}.", kind="done")


def _follow(room: Room, look: Look, tile: Tile, verdict: Decision) -> str:
    follow = what_follows(tile.step, verdict, served(look.production))
    if follow.asks:
        room.asker.ask(look.production, look.boards[tile.episode], tile.step)
    return follow.told
