"""App: the web application of one show. Imported only to be served: FastAPI takes its time to load."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from studio.errors import GengaError, ReviewError
from studio.review import files, views, words
from studio.review.asking import Asker, Asking, News, ask
from studio.review.desk import Desk
from studio.review.guard import Guard
from studio.review.room import Room
from studio.review.showing import STATIC, render

CONFLICTS = ("state", "artifact")
"""Fields of a ReviewError that say: it was fine when the page was loaded."""


@dataclass
class Application:
    """What a server serves."""

    room: Room
    asgi: ASGIApp = field(repr=False)


def make_app(folder: Path, asking: Asking = ask) -> Application:
    """The application for the show in `folder`. asking: another way to ask for the next take."""
    news = News()
    room = Room(Desk(folder), news, Asker(news, asking), secrets.token_urlsafe(32), Event())
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.room = room
    for router in (views.router, words.router, files.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_exception_handler(GengaError, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _fault)
    return Application(room, Guard(app, room.token))


def _told(request: Request, error: Exception) -> HTMLResponse:
    """An error in its own words: beside the form where a form was sent, as a page otherwise."""
    assert isinstance(error, GengaError)
    room: Room = request.app.state.room
    if not isinstance(error, ReviewError):
        return _answer(request, room, error.render(), 500)
    conflict = error.field in CONFLICTS
    if conflict:
        room.desk.forget()
    told = ". ".join(part for part in (error.message, error.remedy) if part)  # the field is the page's business
    return _answer(request, room, f"{told}.", 404 if request.method == "GET" else 409 if conflict else 422)


def _fault(request: Request, error: Exception) -> HTMLResponse:
    """What nobody foresaw. It is raised again, so that the terminal shows where."""
    told = f"{type(error).__name__}: {error}. This is a fault of genga: report what its terminal prints."
    return _answer(request, request.app.state.room, told, 500)


def _invalid(request: Request, error: Exception) -> HTMLResponse:
    """A form or an address that does not hold what it must."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    told = f"{'.'.join(str(part) for part in first['loc'][1:])}: {first['msg']}"
    return _answer(request, request.app.state.room, told, 422)


def _answer(request: Request, room: Room, told: str, status: int) -> HTMLResponse:
    if request.headers.get("hx-request"):
        return HTMLResponse(render("told.html", told=told, kind="error", anew=status == 409), status)
    return HTMLResponse(room.page(request, "error.html", told=told, title="That did not work"), status)
