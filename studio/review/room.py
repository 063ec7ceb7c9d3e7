"""Room: what all requests share, and who it is that asks."""

from dataclasses import dataclass, field
from threading import Event
from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import Depends, Request, Response

from studio.errors import GengaError, ReviewError
from studio.review.asking import Asker, News, served
from studio.review.desk import Desk
from studio.review.numbers import Numbers
from studio.review.showing import render
from studio.review.signing import cleaned, default_reviewer

COOKIE = "genga_reviewer"
YEAR = 365 * 24 * 3600


@dataclass
class Room:
    """One show being reviewed."""

    desk: Desk
    news: News
    asker: Asker
    token: str
    """Stands in every page; whoever cannot read the page cannot send it."""
    closing: Event
    numbers: Numbers = field(default_factory=Numbers)

    def page(self, request: Request, template: str, **values: Any) -> str:
        """A whole page, with what all of them carry."""
        known = request.cookies.get(COOKIE)
        try:
            look = self.desk.look()
            show, up = look.production.show.settings.title, served(look.production)
        except GengaError:  # the page that tells of a broken show must come up
            show, up = self.desk.folder.name, False
        return render(template, token=self.token, reviewer=reviewer_of(request), introduced=known is not None, show=show,
                      up=up, **values)


def room_of(request: Request) -> Room:
    """The application's room."""
    room: Room = request.app.state.room
    return room


InRoom = Annotated[Room, Depends(room_of)]


def reviewer_of(request: Request) -> str:
    """Who reviews: the name in the cookie, or that of this machine's user."""
    try:
        return cleaned(unquote(request.cookies.get(COOKIE, "")))
    except ReviewError:
        return default_reviewer()


def introduce(response: Response, name: str) -> None:
    """Remember the reviewer's name in the browser. Raises ReviewError."""
    response.set_cookie(COOKIE, quote(cleaned(name)), max_age=YEAR, httponly=True, samesite="strict")
