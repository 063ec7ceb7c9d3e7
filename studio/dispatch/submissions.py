"""Submissions: what of a plan can be worked on now, as ranges of partitions for the queue."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from studio.dispatch.cells import DEAR, NOTHING, PER_SHOT, Order, Span, place_of, spans, spans_of, units_by_place
from studio.plan.history import Stage
from studio.plan.plans import Plan, Step
from studio.story.storyboard import Storyboard

ASSETS: dict[Stage, str] = {
    "panel": "panels", "final": "panel_finals", "page": "pages", "book": "books", "voice": "voices",
    "blockout": "keyframes", "background": "keyframes", "figure": "keyframes", "keyframe": "keyframes",
    "inbetween": "inbetweens", "inbetween_final": "inbetween_finals", "clip": "clips", "subtitles": "subtitles",
    "film": "films",
}
"""The asset of each stage; what keyframes are made from is made with them."""
GRIDS: tuple[Stage, ...] = ("panel", "final", "keyframe", "inbetween", "inbetween_final")
"""Stages whose partitions are cells; the others' are pages, shots or episodes."""
EPISODES: tuple[Stage, ...] = ("book", "subtitles", "film")
TRACKS: tuple[tuple[Stage, ...], ...] = (
    ("panel", "final", "page", "book"), ("voice",), ("keyframe", "inbetween", "inbetween_final", "clip"), ("subtitles",),
    ("film",),
)
"""Stages that follow each other; tracks go side by side."""
STARTS: tuple[tuple[Stage, Stage], ...] = (("panel", "final"), ("keyframe", "inbetween"))
"""Stages that a new storyboard begins with, and those that follow new pictures."""
TRACE, BY, POOL = "genga/trace", "genga/by", "genga/pool"
"""Run tags: one id from submission to delivery; who asked (`apply` asks for the following stages itself); whose devices draw."""
RANGE = "dagster/asset_partition_range"


@dataclass(frozen=True)
class Submission:
    """One run to ask for."""

    asset: str
    span: Span
    units: tuple[str, ...] = ()
    """Pictures that it is about; empty for what has no cells, where it is the whole span."""
    stale: bool = True
    """Also what exists, but from another recipe."""
    seconds: float = 0.0
    """Device seconds that it is expected to take."""
    pool: str = ""
    """Pool of what a model draws in it."""

    @property
    def tags(self) -> dict[str, str]:
        """The run tags that tell Dagster which partitions it is about, and which pool has to have room."""
        pool = {POOL: self.pool} if self.pool else {}
        if self.span.first == self.span.last and "|" not in self.span.first:
            return {"dagster/partition": self.span.first, **pool}
        return {f"{RANGE}_start": self.span.first, f"{RANGE}_end": self.span.last, **pool}

    @property
    def run_config(self) -> dict[str, object]:
        """Configuration of the run's steps."""
        if not self.units and self.stale:
            return {}
        work = {"units": list(self.units), "stale": self.stale}
        return {"ops": {self.asset: {"config": work}}}


def grid_runs(
    board: Storyboard, places: Iterable[str], order: Order, stage: Stage, units: tuple[str, ...] = (), stale: bool = True,
    seconds: Mapping[str, float] = NOTHING, pool: str = "",
) -> list[Submission]:
    """The fewest runs over these pages or shots, none longer than it may be; each only as many slots wide as its fullest one.
    Those that name their units may take some pages along that are up to date.

    seconds: what each place is expected to take. pool: whose devices draw it.
    """
    kind = "shots" if stage in PER_SHOT else "pages"
    sizes = {place: len(held) for place, held in units_by_place(board, kind, stage).items()}
    known = order.of(stage)
    runs: list[Submission] = []
    for span in spans_of(places, order, stage, seconds, sizes if units else ()):
        covered = known[known.index(span.first) : known.index(span.last) + 1]
        cells = span.cells(max(sizes[place] for place in covered))
        runs.append(Submission(ASSETS[stage], cells, units, stale, sum(seconds.get(place, 0.0) for place in covered), pool))
    return runs


def stage_runs(board: Storyboard, steps: list[Step], order: Order) -> list[Submission]:
    """The runs that make these steps, all of one stage."""
    if not steps:
        return []
    stage, seconds = steps[0].stage, seconds_of(steps)
    if stage in EPISODES:
        return [Submission(ASSETS[stage], Span(board.episode, board.episode), seconds=sum(seconds.values()))]
    if stage in GRIDS:
        return [run for pool, mine in by_pool(steps).items() for run in grid_runs(
            board, seconds_of(mine), order, stage, tuple(s.unit for s in mine), True, seconds_of(mine), pool)]
    return [Submission(ASSETS[stage], span) for span in spans(seconds, order.of(stage))]


def by_pool(steps: Iterable[Step]) -> dict[str, list[Step]]:
    """Steps of one stage by the pool whose devices draw them; nothing draws a final, whose pool is empty here."""
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.pool if step.stage in DEAR and step.wish else "", []).append(step)
    return found


def seconds_of(steps: Iterable[Step]) -> dict[str, float]:
    """Page or shot -> device seconds that its steps are expected to take."""
    found: dict[str, float] = {}
    for step in steps:
        found[step.place] = found.get(step.place, 0.0) + (step.seconds if step.renders else 0.0)
    return found


def next_runs(
    plan: Plan, board: Storyboard, order: Order, tried: frozenset[str] = frozenset()
) -> tuple[list[Submission], list[Step]]:
    """On each track the earliest stage with something to do that was not tried yet: its runs, and the steps they cover.

    Whatever is made from something is asked for once that exists; keyframes drawn over each other go in one run.
    """
    runs: list[Submission] = []
    covered: list[Step] = []
    todo = [s for s in plan.steps if s.todo and s.key not in tried and (s.recipe is not None or s.stage == "keyframe")]
    for track in TRACKS:
        steps = next(filter(None, ([s for s in todo if s.stage == stage] for stage in track)), list[Step]())
        runs += stage_runs(board, steps, order)
        covered += steps
    return runs, covered


def counts(steps: Iterable[Step]) -> str:
    """`18 panels, 4 pages`."""
    found = Counter(s.stage for s in steps)
    return ", ".join(f"{found[stage]} {named(stage, found[stage])}" for stage in ASSETS if found[stage])


def named(stage: str, count: int) -> str:
    """`panel` or `panels`, `inbetween final`; subtitles are many already."""
    return stage.replace("_", " ") + "s" * (count != 1 and not stage.endswith("s"))


def newcomers(plan: Plan, board: Storyboard, order: Order, moved: set[str]) -> list[Submission]:
    """What a new or changed storyboard may start unasked: whatever does not exist yet, and cheap work.

    moved: pages and shots whose slots hold other units than before; their cells are reported anew. Nothing that exists
    from another recipe is rendered: stale is still usable, and rendering costs money.
    """
    ready = [s for s in plan.steps if s.todo and s.recipe is not None]
    runs: list[Submission] = []
    busy: set[str] = set()
    for first, then in STARTS:
        missing = {s.place for s in plan.steps if s.stage == first and s.state == "missing"}
        drawn = {place for place in moved if place in order.of(first)} | missing
        # after new pictures the rest follows by itself; where nothing is drawn, nothing sets it off
        following = {s.place for s in ready if s.stage == then and s.state == "missing"} - drawn
        runs += _first_runs(board, [s for s in plan.steps if s.stage == first and s.place in drawn], order)
        runs += grid_runs(board, following, order, then, stale=False)
        busy |= drawn | following
    cheap = [s for s in ready if s.stage in ("page", "voice", "inbetween_final", "clip") and s.place not in busy]
    runs += _cheap(board, [s for s in cheap if s.stage != "inbetween_final" or _follows(s)], order)
    runs += _cheap(board, [s for s in ready if s.stage == "voice" and s.place in busy], order)
    return runs or _bindings(board, ready)


def _first_runs(board: Storyboard, steps: list[Step], order: Order) -> list[Submission]:
    """Runs over everything on some pages or shots: one for each pool, which names its own where there are several."""
    pools = by_pool(steps)
    return [
        run for pool, mine in pools.items() for run in grid_runs(
            board, {s.place for s in mine}, order, steps[0].stage, tuple(s.unit for s in mine) if len(pools) > 1 else (), False,
            seconds_of(mine), pool)
    ]


def followers(
    plan: Plan, board: Storyboard, order: Order, places: set[str], failed: frozenset[str] = frozenset()
) -> list[Submission]:
    """What became possible on these pages and shots after a run over them ended. failed: assets that it tried in vain, which are
    not asked for again by themselves: the same would fail the same way, and cost money each time.

    Only what follows from new pictures: a final whose preset changed is stale, and waits for `genga apply`. Inbetweens
    cost money: they follow by themselves only where there were none.
    """
    ready = [s for s in plan.steps if s.todo and s.recipe is not None and ASSETS[s.stage] not in failed]
    here = [s for s in ready if s.place in places]
    drawn = [s for s in here if s.stage in ("final", "inbetween_final") and _follows(s)]
    drawn += [s for s in here if s.stage == "inbetween" and s.state == "missing"]
    busy = {s.place for s in drawn}
    runs = _cheap(board, drawn, order)
    runs += _cheap(board, [s for s in here if s.stage in ("page", "clip") and s.place not in busy], order)
    return runs or _bindings(board, ready)


def _cheap(board: Storyboard, steps: list[Step], order: Order) -> list[Submission]:
    """The runs of these steps, stage by stage."""
    return [run for stage in ASSETS for run in stage_runs(board, [s for s in steps if s.stage == stage], order)]


def _bindings(board: Storyboard, ready: list[Step]) -> list[Submission]:
    """What is made of the whole episode, once nothing is left to do before it."""
    return [run for stage in EPISODES for run in stage_runs(board, [s for s in ready if s.stage == stage], Order())]


def _follows(step: Step) -> bool:
    return step.state == "missing" or any(reason.cause == "upstream" for reason in step.reasons)


def places_in(tags: Mapping[str, str], order: Order) -> set[str]:
    """The pages or shots that a run with these tags was about; partitions that are gone are left out."""
    first, last = (tags.get(f"{RANGE}_{end}") or tags.get("dagster/partition", "") for end in ("start", "end"))
    first, last = place_of(first), place_of(last)
    known = order.around(first)
    if last not in known:
        return set()
    return set(known[known.index(first) : known.index(last) + 1])
