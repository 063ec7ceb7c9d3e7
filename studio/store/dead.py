"""Dead storage: what is kept though nothing that lives names it. It is told of, and never deleted here."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from studio.plan.history import History, PastTake
from studio.plan.impact.graph import Graph, graph_of
from studio.plan.impact.radius import APART

Why = Literal["replaced", "gone", "trial", "input", "unnamed"]
TOLD: dict[Why, str] = {
    "replaced": "takes that their unit does not use any more, or never did",
    "gone": "of units that are in no storyboard any more",
    "trial": "of sweeps and canaries, neither chosen nor approved",
    "input": "files of the show from which only such takes were made",
    "unnamed": "no line of the ledger names them",
}
"""In the order in which they are told."""


@dataclass(frozen=True)
class Storage:
    """What a store keeps, and how much of it nothing needs."""

    artifacts: int
    bytes: int
    dead: Mapping[Why, tuple[int, int]]
    """Why -> artifacts and bytes."""

    @property
    def dead_artifacts(self) -> int:
        """How many nothing names."""
        return sum(count for count, _ in self.dead.values())

    @property
    def dead_bytes(self) -> int:
        """Their bytes, previews included."""
        return sum(size for _, size in self.dead.values())

    @property
    def share(self) -> float:
        """Dead of all bytes, 0 to 1; 0 for an empty store."""
        return self.dead_bytes / self.bytes if self.bytes else 0.0


def dead_storage(sizes: Mapping[str, int], history: History, is_there: Callable[[str], bool]) -> Storage:
    """What of the artifacts `sizes` (sha256 -> bytes) is dead. is_there: is this unit in a storyboard?

    Alive is what a unit in a storyboard uses, or might pick next among like candidates; what is published, the last edition of
    each file; what is approved; and all that these are made from, however far down.
    """
    graph = graph_of(history)
    alive = alive_now(history, graph, is_there)
    makers = {sha: take for take in [*history.again.values(), *history.takes.values()] for sha in _made(take)}
    dead: defaultdict[Why, list[int]] = defaultdict(list)
    for sha, size in sizes.items():
        if sha not in alive:
            dead[_why(sha, makers, graph, is_there)].append(size)
    return Storage(len(sizes), sum(sizes.values()), {why: (len(dead[why]), sum(dead[why])) for why in TOLD if why in dead})


def alive_now(history: History, graph: Graph, is_there: Callable[[str], bool]) -> set[str]:
    """sha256 of everything that is named by what lives."""
    picks = [(key, pick) for key, pick in history.picks.items() if key[1] in APART or is_there(key[0])]
    recipes = {pick.recipe for _, pick in picks} | _published(history) | _candidates(history, is_there)
    alive = {sha for _, pick in picks for sha in (pick.artifact, *pick.extras.values())}
    for approval in history.approvals.values():
        alive |= {picture.artifact for picture in approval.pictures.values()}
        recipes |= {picture.recipe for picture in approval.pictures.values()}
    for recipe in graph.below(recipes):
        alive.update(_made(graph.takes[recipe]), (sha for _, sha in graph.inputs[recipe]))
    return alive


def _published(history: History) -> set[str]:
    """Recipes of the editions that lie there now: a later one takes the place of its files."""
    last = {file: past.recipe for past in sorted(history.published.values(), key=lambda past: past.at) for file in past.files}
    return set(last.values())


def _candidates(history: History, is_there: Callable[[str], bool]) -> set[str]:
    """Recipes that differ from the one in use by their seed alone: another gate may pick them, unless a person said no."""
    alike: defaultdict[Any, list[PastTake]] = defaultdict(list)
    for take in history.takes.values():
        if take.seed is not None:
            alike[take.unit, take.stage].append(take)
    found = set[str]()
    for (unit, stage, language), pick in history.picks.items():
        used, takes = history.takes.get(pick.recipe), alike.get((unit, stage), [])
        if used and len(takes) > 1 and is_there(unit):
            refused = history.rejected(unit, stage, language)
            found |= {take.recipe for take in takes if take.artifact not in refused and _seedless(take) == _seedless(used)}
    return found


def _seedless(take: PastTake) -> dict[str, Any]:
    return {name: value for name, value in take.body.items() if name != "seed"}


def _made(take: PastTake) -> Iterator[str]:
    yield take.artifact
    yield from take.extras.values()


def _why(sha: str, makers: Mapping[str, PastTake], graph: Graph, is_there: Callable[[str], bool]) -> Why:
    take = makers.get(sha)
    if take is None:
        return "input" if sha in graph.users else "unnamed"
    if take.stage in APART:
        return "trial"
    return "replaced" if is_there(take.unit) else "gone"
