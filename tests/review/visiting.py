"""Visiting the review page over HTTP, as a browser does."""

import os
import re
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx2

from studio.dispatch.services import home_of
from studio.production.opening import open_production

OPEN: list[httpx2.Client] = []
"""Closed after each test."""


@dataclass
class Visitor:
    """A browser with cookies of its own."""

    url: str
    client: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx2.Client(base_url=self.url, timeout=60)
        OPEN.append(self.client)

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.client.get(path, headers=headers)

    def fields(self, unit: str, **asked: str) -> dict[str, str]:
        """What the form on a unit's page would send."""
        page = self.client.get(f"/unit/{unit}", params=asked).text
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
        return {name: unescape(value) for name, value in hidden}

    def token(self) -> str:
        found = re.search(r"X-Genga-Token&#34;: &#34;([^&]+)&#34;|X-Genga-Token\": \"([^\"]+)\"", self.get("/").text)
        assert found
        return found[1] or found[2]

    def post(self, path: str, data: dict[str, Any], **headers: str) -> httpx2.Response:
        """As htmx does; `headers` replaces some of its headers, and an empty text leaves one out."""
        sent = {"Origin": self.url, "Sec-Fetch-Site": "same-origin", "X-Genga-Token": self.token(), "HX-Request": "true",
                **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.post(path, data=data, headers={name: value for name, value in sent.items() if value})

    def say(self, unit: str, verdict: str, **more: Any) -> httpx2.Response:
        """Look at a unit, and say something about the take that is shown."""
        return self.post("/review", {**self.fields(unit), "verdict": verdict, **more})


def words_in(folder: Path, unit: str, stage: str = "panel", language: str = "") -> list[tuple[str, str]]:
    """(reviewer, verdict) of what is kept about a unit."""
    words = open_production(folder).history().reviews.get((unit, stage, language), [])  # type: ignore[arg-type]
    return [(word.reviewer, word.verdict) for word in words]


def pretend_to_be_served(folder: Path) -> None:
    """Leave behind what a running 'genga up' does."""
    home = home_of(open_production(folder).show)
    home.mkdir(parents=True, exist_ok=True)
    (home / "up.json").write_text(f'{{"pid": {os.getpid()}, "url": "http://127.0.0.1:9", "review": "http://127.0.0.1:8"}}')
