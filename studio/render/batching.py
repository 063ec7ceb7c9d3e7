"""Batching: recipes cut into batches that share weights and shape, each kind of weights visited once."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from studio.errors import GengaError, RenderError
from studio.plan.recipes import Recipe
from studio.render.engine import Engine

T = TypeVar("T")


@dataclass(frozen=True)
class Batch:
    """Recipes of one engine and group, at most the engine's batch size of them."""

    engine: Engine
    recipes: tuple[Recipe, ...]


@dataclass(frozen=True)
class Refused:
    """A recipe that no batch can hold, and why."""

    recipe: Recipe
    error: GengaError


def pad(items: Sequence[T], size: int) -> list[T]:
    """`items` with the last one repeated up to `size`: a batch of constant shape, whoever is in it."""
    return [*items, *[items[-1]] * (size - len(items))]


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Consecutive pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def cut(recipes: Sequence[Recipe], engine_of: Callable[[str], Engine]) -> tuple[list[Batch], list[Refused]]:
    """Batches, ordered by weights, then shape, then the order given; and the recipes that an engine refuses.

    A recipe of another contract version than its engine's is refused: it would give other pixels under its digest.
    """
    refused: list[Refused] = []
    shelves: dict[Hashable, dict[Hashable, list[Recipe]]] = {}
    engines: dict[str, Engine] = {}
    for recipe in recipes:
        try:
            engine = engines[recipe.engine] = engine_of(recipe.engine)
            _check_contract(recipe, engine)
            group = engine.group(recipe)
        except GengaError as exc:
            refused.append(Refused(recipe, exc))
            continue
        shelf = shelves.setdefault((recipe.engine, getattr(recipe, "model", None)), {})
        shelf.setdefault((recipe.engine, group), []).append(recipe)
    batches = [
        Batch(engines[members[0].engine], tuple(piece))
        for shelf in shelves.values()
        for members in shelf.values()
        for piece in chunks(members, engines[members[0].engine].batch_size(members[0]))
    ]
    return batches, refused


def _check_contract(recipe: Recipe, engine: Engine) -> None:
    if recipe.contract != engine.contract:
        raise RenderError(
            f"the recipe was made for contract {recipe.contract} of engine '{engine.name}', this is {engine.contract}",
            field="recipe.contract", remedy="Plan the unit again, or install the genga version that rendered it",
        )


def refuse_kind(engine: str, recipe: Any, kinds: str) -> RenderError:
    """The error for a recipe that an engine does not make."""
    return RenderError(f"engine '{engine}' makes {kinds} recipes, not {getattr(recipe, 'kind', type(recipe).__name__)}",
                       field="recipe.engine", remedy="Name another engine in the preset")
