"""Candidates: units that want the best of several takes have them drawn in turn, for all units at once, before one is picked."""

from studio.plan.history import Stage
from studio.production.making import Judge, Wanted, make_rendered
from studio.production.opening import Production
from studio.render.renderer import Run
from studio.story.storyboard import Storyboard


def draw_candidates(
    production: Production, board: Storyboard, run: Run, stage: Stage, wanted: Wanted, judge: Judge | None
) -> None:
    """Draw what is missing of the candidates of `stage`, measured; what fails is left to those who make the stage."""
    tried: set[str] = set()
    while True:
        plan = production.plan(board).where(lambda s: s.stage == stage and s.renders and wanted(s))
        more = {s.digest for s in plan.steps if s.wish and s.wish.candidates > 1 and s.digest not in tried}
        if not more:
            return
        tried |= more
        for _ in make_rendered(production, plan, stage, run, lambda s, more=more: s.digest in more, judge):
            pass
