"""Graph: which take was made from which bytes. Every recipe in the ledger names its inputs by sha256."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.plan.history import History, PastTake
from studio.plan.reasons import Kind

Path_ = tuple[str | int, ...]
"""Where in a recipe something stands: `("controls", 0, "image")`."""
WORDS = frozenset({"page", "paper", "texture", "titles", "facts", "cues", "effects", "prompt", "negative", "text", "kind"})
"""Fields of recipes that hold an author's words and settings, and no digest."""
WEIGHTS = frozenset({"model", "vae", "adapter", "fonts"})
"""Fields that hold weights and letter shapes; all others hold pictures, sounds and tables."""


def inputs_of(body: Mapping[str, Any]) -> Iterator[tuple[Path_, str]]:
    """Every sha256 that a recipe names, and where it stands in it."""
    for name, value in body.items():
        if value and name not in WORDS:
            yield from _walk((name,), value)


def _walk(path: Path_, value: Any) -> Iterator[tuple[Path_, str]]:
    if isinstance(value, str):
        if len(value) == 64:
            yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk((*path, name), inner)
    elif isinstance(value, (list, tuple)):
        for i, inner in enumerate(value):
            yield from _walk((*path, i), inner)


def kind_at(path: Path_) -> Kind:
    """Which kind of stale follows when what stands there changes: a picture of the show is content, weights are recipe."""
    return "recipe" if path[-1] in WEIGHTS else "content"


def at(body: Mapping[str, Any], path: Path_) -> Any:
    """What stands at `path`; None where nothing does."""
    found: Any = body
    for part in path:
        try:
            found = found[part]
        except (KeyError, IndexError, TypeError):
            return None
    return found


@dataclass
class Graph:
    """The takes of a ledger, joined by the bytes that they make and are made from."""

    takes: dict[str, PastTake]
    inputs: dict[str, tuple[tuple[Path_, str], ...]] = field(default_factory=dict[str, tuple[tuple[Path_, str], ...]])
    """Recipe -> what it names."""
    users: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """sha256 -> recipes that name it."""
    makers: dict[str, str] = field(default_factory=dict[str, str])
    """sha256 -> the recipe whose take it is, also as one of its further files."""

    def holding(self, shas: Iterable[str]) -> set[str]:
        """Recipes that name one of these bytes themselves."""
        return {recipe for sha in shas for recipe in self.users.get(sha, ())}

    def above(self, recipes: Iterable[str], stopping: Collection[str] = ()) -> set[str]:
        """These recipes and all that is made from their takes, however far up; what is made from `stopping` is not followed."""
        seen, waiting = set[str](), list(recipes)
        while waiting:
            recipe = waiting.pop()
            if recipe in seen:
                continue
            seen.add(recipe)
            if recipe not in stopping:
                take = self.takes[recipe]
                waiting += (user for sha in (take.artifact, *take.extras.values()) for user in self.users.get(sha, ()))
        return seen

    def below(self, recipes: Iterable[str]) -> set[str]:
        """These recipes and all whose takes they are made from."""
        seen, waiting = set[str](), [recipe for recipe in recipes if recipe in self.takes]
        while waiting:
            recipe = waiting.pop()
            if recipe not in seen:
                seen.add(recipe)
                waiting += (maker for _, sha in self.inputs[recipe] if (maker := self.makers.get(sha)))
        return seen


def graph_of(history: History) -> Graph:
    """The graph of everything that was ever made."""
    graph = Graph(history.takes)
    users: defaultdict[str, list[str]] = defaultdict(list)
    for recipe, take in history.takes.items():
        graph.inputs[recipe] = found = tuple(inputs_of(take.body))
        for _, sha in found:
            users[sha].append(recipe)
        graph.makers[take.artifact] = recipe
        for sha in take.extras.values():
            graph.makers[sha] = recipe
    graph.users = users
    return graph
