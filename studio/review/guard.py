"""Guard: answers only people on this machine who look at the page itself, never another site in the same browser.

Anything in the browser can send requests to 127.0.0.1. What it cannot do is choose the Host that a rebound name brings along,
lie about its Origin, or read the token that stands in our pages (OWASP, Cross-Site Request Forgery Prevention).
"""

import hmac
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN = "x-genga-token"  # noqa: S105 -- a header's name
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.ASCII)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin", "cross-origin-opener-policy": "same-origin", "x-frame-options": "DENY",
}
"""On every answer."""


def refusal(method: str, headers: list[tuple[str, str]], token: str) -> str | None:
    """Why a request is not answered; None where it is."""
    hosts = [value for name, value in headers if name == "host"]
    if len(hosts) != 1 or not _LOOPBACK.fullmatch(hosts[0]):
        return "This page is for this machine only: open it as http://127.0.0.1, with the port that genga printed"
    if method in ("GET", "HEAD"):
        return None
    given = dict(headers)
    origin, site = given.get("origin"), given.get("sec-fetch-site")
    if origin is None and site is None:
        return "A change has to come from the page itself: neither Origin nor Sec-Fetch-Site says so"
    if origin not in (None, f"http://{hosts[0]}") or site not in (None, "same-origin"):
        return "A change has to come from the page itself, not from another site"
    if not hmac.compare_digest(given.get(TOKEN, "").encode(), token.encode()):
        return "genga was started anew since this page was loaded: load it again"
    return None


class Guard:
    """Stands before the application."""

    def __init__(self, app: "ASGIApp", token: str) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Refuse, or let through and say on the answer what a browser may do with it."""
        if scope["type"] != "http":
            return
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        why = refusal(scope["method"], headers, self._token)

        async def answer(message: "Message") -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                more = {**HEADERS, "cache-control": "no-store"}
                message["headers"] = [*message["headers"], *(
                    (name.encode(), value.encode()) for name, value in more.items() if name.encode() not in given
                )]
            await send(message)

        if why is None:
            await self._app(scope, receive, answer)
            return
        page = [(b"content-type", b"text/html; charset=utf-8")]
        await answer({"type": "http.response.start", "status": 403, "headers": page})
        told = f'<p id="told" class="told error" role="status">{why}.</p>'  # our own words only, put where pages show errors
        await answer({"type": "http.response.body", "body": told.encode()})
