"""Sweeping: a sweep's cells drawn round by round, ranked, laid out in a sheet; its winners refined."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import url2pathname

from studio.errors import GengaError, RenderError
from studio.judge.catalogue import make_scorer
from studio.judge.policies import check_scorer
from studio.judge.sheets import Tile, contact_sheet, small
from studio.plan.history import PastTake
from studio.plan.plans import Plan, Step
from studio.plan.predict import Predictor
from studio.plan.price import paid_said
from studio.plan.ranking import Column, ranked
from studio.plan.stepping import Stepper
from studio.plan.sweeps import SweepPlanner, keeps
from studio.production.crafting import Crafted, make_crafted
from studio.production.making import Made, everything, make_rendered
from studio.production.measuring import Look, measure
from studio.production.opening import Production
from studio.production.outlook import outlook
from studio.render.lineart import make_line_art
from studio.render.renderer import Run
from studio.store.artifacts import write_atomically
from studio.story.reading import Source
from studio.story.sweep_places import in_sweep
from studio.story.sweeps import Rung, Settings, Sweep


@dataclass(frozen=True)
class Standing:
    """One cell in a sweep's ranking."""

    cell: str
    settings: Settings
    place: int
    """1 is the best."""
    score: float
    """0..1: the weighted mean of its places by each scorer."""
    numbers: dict[str, float | None]
    """Scorer -> its number."""
    take: PastTake


def sweep_planner(production: Production, sweep: Sweep) -> SweepPlanner:
    """The sweep as it stands now: its recipes compared with what the ledger knows."""
    history = production.history()
    stepper = Stepper(production.show, history, production.artifacts.has, Predictor(history))
    return SweepPlanner(production.show, production.library, stepper, sweep, production.boards() if sweep.unit else ())


def make_sweep(
    production: Production, sweep: Sweep, run: Run, watch: Callable[[Made], None] = lambda made: None
) -> Iterator[Made]:
    """Draw all cells; in successive halving each round draws only what the one before it left. One Made per cell.

    watch: told of each picture the moment it is there, in every round.

    Raises StoryError for more cells than the ceiling, a take that cannot be locked or a scorer that cannot rank, PresetError for
    what a look does not open.
    """
    planner = sweep_planner(production, sweep)
    check_sweep(production, planner)
    _lock(production, planner, run)
    alive = list(planner.cells())
    for rung in sweep.rungs:
        steps = _steps(production, sweep, alive, rung)
        # what a rung draws is measured and used by nobody: a cell's picture is the one that is drawn to the end
        rendered = make_rendered(production, _plan(production, steps), "sweep", run, everything, None, use=False)
        made = {_cell(m.step): m for m in _watched(rendered, watch)}
        drawn = [(cell, made[cell]) for cell in alive if made[cell].take]
        order = _order(production, sweep, run, [Look(m.step, m.take) for _, m in drawn if m.take])
        kept = {drawn[i][0] for i in order[: max(1, math.ceil(len(drawn) * rung.keep))]}
        yield from (made[cell] for cell in alive if cell not in kept)
        alive = [cell for cell in alive if cell in kept]
    steps = _steps(production, sweep, alive)
    yield from _watched(make_rendered(production, _plan(production, steps), "sweep", run, everything, None), watch)


def _watched(rendered: Iterable[Made], watch: Callable[[Made], None]) -> Iterator[Made]:
    for made in rendered:
        watch(made)
        yield made


def check_sweep(production: Production, planner: SweepPlanner) -> None:
    """Raises what make_sweep raises, before anything is drawn: what cannot be ranked is not drawn."""
    planner.check()
    sweep = planner.sweep
    for i, rank in enumerate(sweep.rank):
        if sweep.file:
            check_scorer(Source(sweep.file), rank.scorer, rank.parameters, ("rank", i))
        try:
            production.stamp(rank.scorer, rank.parameters)
        except GengaError as exc:
            raise in_sweep(exc, sweep, ("rank", i, "parameters")) from None


def _lock(production: Production, planner: SweepPlanner, run: Run) -> None:
    """Make the line art of the take that the sweep keeps. Raises what kept it from being made."""
    locked = planner.locked
    if locked is None or locked.lines is None:
        return
    picture = locked.take.artifact
    made = make_crafted(production, locked.lines, run,
                        lambda step: Crafted(make_line_art(production.sources.picture(picture)), ".png"))
    if made.error:
        raise made.error


def standings(production: Production, sweep: Sweep, run: Run) -> list[Standing]:
    """The cells that were drawn to the end, best first. Raises RenderError when there is none."""
    planner = sweep_planner(production, sweep)
    history = production.history()
    looks: dict[str, Look] = {}
    for cell in planner.cells():
        step = planner.step(cell)
        pick = history.picks.get((step.unit, "sweep", ""))
        if pick and pick.recipe == step.digest and pick.recipe in history.takes:
            looks[cell] = Look(step, history.takes[pick.recipe])
    if not looks:
        raise RenderError(f"no cell of sweep '{sweep.sweep}' is drawn yet", field="sweep",
                          remedy=f"Run 'genga sweep run {sweep.sweep}' first")
    cells, columns = list(looks), _columns(production, sweep, run, list(looks.values()))
    found = ranked(columns)
    # what was drawn without the lock is there for comparison, and wins nothing
    found.sort(key=lambda pair: not keeps(planner.cells()[cells[pair[0]]]))
    return [
        Standing(cells[i], planner.cells()[cells[i]], place, score,
                 {column.name: column.values[i] for column in columns}, looks[cells[i]].take)
        for place, (i, score) in enumerate(found, 1)
    ]


def publish_ranking(production: Production, sweep: Sweep, found: Sequence[Standing]) -> tuple[Path, Path]:
    """Write out/sweeps/NAME.png, the contact sheet, and NAME.json, the table; their paths."""
    planner = sweep_planner(production, sweep)
    refined = {one.cell: refined_of(production, planner, one.cell) for one in found}
    tiles = [tile_of(production, one, "refined" if refined[one.cell] else "") for one in found]
    dropped = [dict(planner.cells()[cell]) for cell in outlook(planner).dropped]
    folder = production.show.out / "sweeps"
    picture, table = folder / f"{sweep.sweep}.png", folder / f"{sweep.sweep}.json"
    write_atomically(picture, contact_sheet(sweep.title or sweep.sweep, sweep.axes, tiles, dropped))
    rows = [{"cell": s.cell, **dict(s.settings), "place": s.place, "score": round(s.score, 4), **s.numbers,
             "seconds": s.take.seconds, "usd": s.take.usd, "artifact": s.take.artifact, "recipe": s.take.recipe,
             **refined[s.cell]} for s in found]
    write_atomically(table, json.dumps(rows, indent=1, ensure_ascii=False).encode())
    return picture, table


def refined_of(production: Production, planner: SweepPlanner, cell: str) -> dict[str, str]:
    """Where a winner's refined picture lies (`refined`), and the same enlarged (`enlarged`), as far as they are made."""
    if planner.sweep.refine is None:
        return {}
    step = planner.refinement(cell)
    steps = {"refined": step}
    if planner.sweep.refine.upscale and step.artifact:
        steps["enlarged"] = planner.final(step)
    return {name: place_of(production, step) for name, step in steps.items() if step.state == "fresh"}


def place_of(production: Production, step: Step) -> str:
    """File or address of the picture that a fresh step uses."""
    assert step.artifact is not None
    url = production.artifacts.url(step.artifact, ".png")
    return url2pathname(url.removeprefix("file://")) if url.startswith("file://") else url


def tile_of(production: Production, one: Standing, more: str = "") -> Tile:
    """A cell with its place, score and cost, as sheets show it."""
    return Tile(dict(one.settings), small(production.sources.picture(one.take.artifact)), f"{one.place}. {one.score:.2f}",
                f"{one.take.seconds:.1f} s  {paid_said(one.take.usd, 4)} {more}".strip(), one.place == 1)


def refine(production: Production, sweep: Sweep, run: Run) -> Iterator[Made]:
    """Draw the best cells as the sweep's `refine` says, and enlarge them."""
    if sweep.refine is None:
        return
    winners = [one.cell for one in standings(production, sweep, run)[: sweep.refine.top]]
    planner = sweep_planner(production, sweep)
    steps = [planner.refinement(cell) for cell in winners]
    made = list(make_rendered(production, _plan(production, steps), "refinement", run, everything, None))
    yield from made
    if sweep.refine.upscale:
        planner = sweep_planner(production, sweep)
        refined = [planner.refinement(_cell(m.step)) for m in made if m.take]
        finals = [planner.final(step) for step in refined]
        yield from make_rendered(production, _plan(production, finals), "refinement_final", run, everything, None)


def _order(production: Production, sweep: Sweep, run: Run, looks: list[Look]) -> list[int]:
    """Indices of `looks`, best first."""
    return [i for i, _ in ranked(_columns(production, sweep, run, looks))] if looks else []


def _columns(production: Production, sweep: Sweep, run: Run, looks: list[Look]) -> list[Column]:
    columns: list[Column] = []
    known = production.ledger.history().numbers
    for rank in sweep.rank:
        numbers = measure(production, run, looks, rank.scorer, rank.parameters, known)
        better = make_scorer(rank.scorer, dict(rank.parameters)).better
        columns.append(Column(rank.scorer, [m.value if m else None for m in numbers], better, rank.weight))
    return columns


def _steps(production: Production, sweep: Sweep, cells: Sequence[str], rung: Rung | None = None) -> list[Step]:
    planner = sweep_planner(production, sweep)
    return [planner.step(cell, rung) for cell in cells]


def _plan(production: Production, steps: Sequence[Step]) -> Plan:
    return Plan(production.show.name, "", tuple(steps))


def _cell(step: Step) -> str:
    return step.unit.rsplit(".", 1)[1]

