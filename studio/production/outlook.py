"""Outlook: how far a sweep is, which cells its rule dropped, and what is still to draw. Told by the ledger alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from studio.judge.catalogue import make_scorer
from studio.judge.policies import asked_of
from studio.plan.plans import Step, filled
from studio.plan.price import total
from studio.plan.ranking import Column, ranked
from studio.plan.sweeps import SweepPlanner, keeps
from studio.story.sweeps import Rung

UNKNOWN = "0" * 64
"""Stands for the sha256 of a picture that is not drawn yet."""


@dataclass
class Outlook:
    """A sweep as it stands."""

    steps: Mapping[str, Step]
    """Cell -> its picture, drawn to the end."""
    dropped: dict[str, int] = field(default_factory=dict[str, int])
    """Cell -> the round of successive halving (from 1) that dropped it."""
    todo: list[Step] = field(default_factory=list[Step])
    """What is still to be rendered in all rounds, winners included; which cells go on is a guess where no round told yet."""

    @property
    def drawn(self) -> int:
        """Cells that are drawn to the end."""
        return sum(step.state == "fresh" for step in self.steps.values())

    @property
    def changed(self) -> list[Step]:
        """Cells that were drawn to the end, but of another unit or look than today's."""
        return [step for cell, step in self.steps.items() if step.state == "stale" and cell not in self.dropped]

    def state(self, cell: str) -> str:
        """fresh, stale, missing, blocked or dropped."""
        return "dropped" if cell in self.dropped else self.steps[cell].state

    def told(self) -> str:
        """`12 cells, 4 drawn, 8 dropped by the rule; nothing to draw`, or how much at what price."""
        parts = [_counted(len(self.steps), "cell"), f"{self.drawn} drawn"]
        if self.dropped:
            parts.append(f"{len(self.dropped)} dropped by the rule")
        stuck = [step for step in self.steps.values() if step.state == "blocked"]
        if stuck:
            parts.append(f"{len(stuck)} cannot be drawn ({'; '.join(str(reason) for reason in stuck[0].reasons)})")
        seconds, usd = sum(step.seconds for step in self.todo), total((step.usd, step.pool) for step in self.todo).said(4)
        price = f"{_counted(len(self.todo), 'picture')} to draw: about {seconds:.0f} s of device time, {usd}"
        return f"{', '.join(parts)}; {price if self.todo else 'nothing to draw'}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def outlook(planner: SweepPlanner) -> Outlook:
    """How far the sweep is. Raises what its cells raise."""
    cells = list(planner.cells())
    found = Outlook({cell: planner.step(cell) for cell in cells})
    alive = cells
    for number, rung in enumerate(planner.sweep.rungs, 1):
        steps = [planner.step(cell, rung) for cell in alive]
        found.todo += filled(step for step in steps if step.renders)
        order = _order(planner, steps)
        kept = _kept(alive, order, rung)
        if order is not None:
            found.dropped |= {cell: number for cell in alive if cell not in kept}
        alive = kept
    found.todo += filled(found.steps[cell] for cell in alive if found.steps[cell].renders)
    if planner.sweep.refine:
        order = _order(planner, [found.steps[cell] for cell in alive]) or range(len(alive))
        best = sorted((alive[i] for i in order), key=lambda cell: not keeps(planner.cells()[cell]))
        winners = [planner.refinement(cell) for cell in best[: planner.sweep.refine.top]]
        # an enlargement's price follows from the size of the picture, whichever it will be
        enlarged = [planner.final(replace(step, artifact=step.artifact or UNKNOWN)) for step in winners]
        enlarged = enlarged if planner.sweep.refine.upscale else []
        found.todo += filled(step for step in (*winners, *enlarged) if step.renders)
    return found


def _kept(alive: Sequence[str], order: Sequence[int] | None, rung: Rung) -> list[str]:
    """The cells that go on from a round; the first so many where nobody knows which."""
    count = max(1, math.ceil(len(alive) * rung.keep))
    best = set((order or range(len(alive)))[:count])
    return [cell for i, cell in enumerate(alive) if i in best]


def _order(planner: SweepPlanner, steps: Sequence[Step]) -> list[int] | None:
    """Indices of a round's pictures, best first; None where one is not drawn, or a scorer was not asked yet."""
    if any(step.artifact is None for step in steps):
        return None
    columns: list[Column] = []
    for rank in planner.sweep.rank:
        asked = asked_of(rank.scorer, rank.parameters)
        numbers = [planner.stepper.history.numbers.get(step.artifact or "", {}).get(asked) for step in steps]
        if not any(numbers):
            return None
        better = make_scorer(rank.scorer, dict(rank.parameters)).better
        columns.append(Column(rank.scorer, [number.value if number else None for number in numbers], better, rank.weight))
    return [i for i, _ in ranked(columns)]
