"""Making a show without a queue, as a run worker does, and looking at its plan."""

from collections.abc import Callable
from pathlib import Path

from studio.plan.plans import Plan
from studio.production.making import Made
from studio.production.opening import Production, open_production
from studio.production.pages import make_books, make_pages
from studio.production.panels import make_finals, make_panels
from studio.render.farm import Farm, InProcessFarm
from studio.render.renderer import Run


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
