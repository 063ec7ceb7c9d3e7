"""Choosing: which take of a picture a unit asks for. People's words come first, then the gates, then the scorers of the pick."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from studio.plan.history import History, PastTake, Stage
from studio.plan.ranking import Column, ranked
from studio.plan.recipes import ImageRecipe

SeedOf = Callable[[int], int]
"""Take number -> seed."""


@dataclass(frozen=True)
class Choice:
    """What a unit asks for."""

    recipe: ImageRecipe
    missing: tuple[int, ...] = ()
    """Seeds of candidates that are still to be drawn before the best can be told, this one's first."""


def choose(
    recipe: ImageRecipe, unit: str, stage: Stage, history: History, seed_of: SeedOf, take: int, candidates: int = 1
) -> Choice:
    """`recipe`, which is the unit's at `take`, with the seed that is asked for.

    A take that was accepted is asked for as long as all but the seed is as it was then. Otherwise takes that were rejected are
    passed over, so that a rejection asks for the next seed and always for the same one. Where all takes share one seed (a
    locked show) nothing can be passed over. Of several candidates those that are not drawn yet are asked for in turn, then the
    one within the gates that the show's pick ranks first.
    """
    accepted = history.accepted(unit, stage)
    if accepted:
        pinned = next((t.seed for t in history.takes.values() if t.artifact == accepted and t.seed is not None), None)
        again = recipe.model_copy(update={"seed": pinned}) if pinned is not None else recipe
        kept = history.takes.get(again.digest())
        if kept and kept.artifact == accepted:  # under other words the seed alone means nothing
            return Choice(again)
    asked = _asked(recipe, unit, stage, history, seed_of, take, candidates)
    if candidates == 1:
        return Choice(asked[0])
    made = {one.digest(): history.takes.get(one.digest()) for one in asked}
    missing = [one for one in asked if made[one.digest()] is None]
    if missing:
        return Choice(missing[0], tuple(one.seed for one in missing))
    drawn = [(one, kept) for one in asked if (kept := made[one.digest()])]
    within = [pair for pair in drawn if not history.blocking(pair[1].artifact)]
    pick = history.picks.get((unit, stage, ""))
    return Choice(_best(within, history, pick.artifact if pick else "") if within else asked[0])


def _asked(
    recipe: ImageRecipe, unit: str, stage: Stage, history: History, seed_of: SeedOf, take: int, candidates: int
) -> list[ImageRecipe]:
    """The first `candidates` takes from `take` on that nobody rejected; at least one, and fewer where seeds repeat."""
    rejected = history.rejected(unit, stage)
    if not rejected and candidates == 1:
        return [recipe]
    found: list[ImageRecipe] = []
    for again in _takes(recipe, seed_of, take):
        made = history.takes.get(again.digest())
        if made is None or made.artifact not in rejected:
            found.append(again)
        if len(found) == candidates:
            break
    return found or [recipe]


def _takes(recipe: ImageRecipe, seed_of: SeedOf, take: int) -> Iterator[ImageRecipe]:
    """The recipe's takes from `take` on, as long as they differ."""
    for number in count(take):
        yield recipe.model_copy(update={"seed": seed_of(number)})
        if seed_of(number + 1) == seed_of(number):
            return


def _best(drawn: list[tuple[ImageRecipe, PastTake]], history: History, used: str) -> ImageRecipe:
    """The candidate that is ranked first; of equals the one in use, then the earliest."""
    drawn = sorted(drawn, key=lambda pair: pair[1].artifact != used)
    columns = [
        Column(merit.asked, values, merit.better, merit.weight)
        for merit in history.merits if (values := _values(history, drawn, merit.asked))
    ]
    return drawn[ranked(columns)[0][0]][0] if columns else drawn[0][0]


def _values(history: History, drawn: list[tuple[ImageRecipe, PastTake]], asked: str) -> list[float | None]:
    """A scorer's numbers; empty where they were not all measured by the same weights, and say nothing beside each other."""
    numbers = [history.numbers.get(take.artifact, {}).get(asked) for _, take in drawn]
    if len({number.stamp for number in numbers if number}) != 1:
        return []
    return [number.value if number else None for number in numbers]
