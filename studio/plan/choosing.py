"""Choosing: which take of a picture a unit asks for, once people have spoken. What was rejected is never asked for again."""

from collections.abc import Callable
from itertools import count

from studio.plan.history import History, Stage
from studio.plan.recipes import ImageRecipe

SeedOf = Callable[[int], int]
"""Take number -> seed."""


def reviewed(recipe: ImageRecipe, unit: str, stage: Stage, history: History, seed_of: SeedOf, take: int) -> ImageRecipe:
    """`recipe`, which is the unit's at `take`, with the seed that people's words ask for.

    A take that was accepted is asked for as long as all but the seed is as it was then. Otherwise takes that were rejected are
    passed over, so that a rejection asks for the next seed and always for the same one. Where all takes share one seed (a
    locked show) nothing can be passed over.
    """
    accepted, rejected = history.accepted(unit, stage), history.rejected(unit, stage)
    if accepted:
        pinned = next((t.seed for t in history.takes.values() if t.artifact == accepted and t.seed is not None), None)
        again = recipe.model_copy(update={"seed": pinned}) if pinned is not None else recipe
        if history.takes.get(again.digest()):
            return again
    if not rejected:
        return recipe
    for number in count(take):
        again = recipe.model_copy(update={"seed": seed_of(number)})
        made = history.takes.get(again.digest())
        if made is None or made.artifact not in rejected or seed_of(number + 1) == again.seed:
            return again
    raise AssertionError("takes have no end")
