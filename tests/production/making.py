"""Making a show without a queue, as a run worker does, and looking at its plan."""

import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from studio.plan.plans import Plan
from studio.production.making import Made
from studio.production.opening import Production, open_production
from studio.production.pages import make_books, make_pages
from studio.production.panels import make_finals, make_panels
from studio.render.farm import Farm, InProcessFarm
from studio.render.renderer import Run
from studio.render.sources import ShowSources


def make_all(folder: Path, farm_maker: Callable[[], Farm] = InProcessFarm) -> list[Made]:
    """Bring everything up to date; what was made or failed."""
    production = open_production(folder, farm_maker)
    made: list[Made] = []
    for board in production.boards():
        for make in (make_panels, make_finals, make_pages, make_books):
            made += make(production, board, Run(trace="t"))
    return made


def plan_of(folder: Path, production: Production | None = None) -> Plan:
    """The plan of episode 01, everything read anew."""
    production = production or open_production(folder)
    return production.plan(production.boards("01")[0])


def states(plan: Plan, stage: str) -> dict[str, str]:
    """Unit -> state at one stage."""
    return {step.unit: step.state for step in plan.steps if step.stage == stage}


def stale(plan: Plan, stage: str = "panel") -> dict[str, list[str]]:
    """Unit -> causes, of what is stale at one stage."""
    return {s.unit: [r.cause for r in s.reasons] for s in plan.steps if s.stage == stage and s.state == "stale"}


class Held:
    """Counts the pictures that were decoded out of the store and are not let go yet; `most` is how many there ever were."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = self.most = 0
        real = ShowSources.picture

        def picture(sources: ShowSources, sha256: str) -> Image.Image:
            found = real(sources, sha256)
            self.now += 1
            self.most = max(self.most, self.now)
            weakref.finalize(found, self._gone)
            return found

        monkeypatch.setattr(ShowSources, "picture", picture)

    def _gone(self) -> None:
        self.now -= 1
