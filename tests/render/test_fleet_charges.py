"""Who pays for device time that came to nothing: the recipe that hung or killed its workers, once; never its neighbours."""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from studio.errors import TooSlow
from studio.plan.recipes import Recipe
from studio.render.claims import Claims
from studio.render.engine import Sources
from studio.render.farm import FarmResult, Terms
from studio.render.fleet.dispatcher import HANG_SECONDS, Dispatcher
from studio.render.fleet.tasks import MOST_DEATHS
from studio.render.fleet.worker import Answer
from studio.render.renderer import Order, Renderer, Run
from studio.store.artifacts import LocalArtifacts
from studio.store.ledger import Ledger
from studio.story.prices import Rate

from .clockwork import Died, FakeFleet, FakeWorker, answer, batch, never, results, submit
from .shelf import Shelf, faked

FIRST, GUILTY, LAST = (faked(seed=seed) for seed in range(3))
TOGETHER = (FIRST, GUILTY, LAST)
LIMIT = 30.0
"""Device seconds that the three may take together."""
PATIENCE, PATIENCE_ALONE = 3 * LIMIT + HANG_SECONDS, LIMIT + HANG_SECONDS
DEATH = 7.0
"""After so many seconds a worker dies."""


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> FakeFleet:
    """One device."""
    return FakeFleet(monkeypatch, "only")


async def die() -> None:
    """The worker is gone, as of a fault in a driver."""
    await asyncio.sleep(DEATH)
    raise Died("the worker died")


def harmed(*guilty: Recipe, by: Callable[[], Coroutine[Any, Any, None]]) -> Callable[..., Coroutine[Any, Any, Answer]]:
    """Workers that come to harm by these recipes; other batches take a second for each recipe."""
    async def draw(worker: FakeWorker, recipes: Sequence[Recipe]) -> Answer:
        if any(recipe in guilty for recipe in recipes):
            await by()
        await asyncio.sleep(len(recipes))
        return answer(recipes)

    return draw


def rendered(fleet: FakeFleet) -> list[FarmResult]:
    """What comes of the three, each once."""
    async def story(dispatcher: Dispatcher) -> list[FarmResult]:
        await submit(dispatcher, batch(*TOGETHER, limit=LIMIT))
        found = await results(dispatcher, "d", len(TOGETHER))
        await asyncio.sleep(10)
        assert await dispatcher.leave("d") == [], "nothing comes twice"
        return found

    found = fleet.play(story)
    assert {r.recipe for r in found} == set(TOGETHER)
    return found


def seconds(found: list[FarmResult], recipe: Recipe) -> float:
    """Device seconds that stand to a recipe's charge."""
    (charge,) = [r.seconds for r in found if r.recipe == recipe]
    return charge


def test_what_hangs_is_charged_for_all_the_time_that_it_held_devices(fleet: FakeFleet) -> None:
    fleet.render = harmed(GUILTY, by=never)
    found = rendered(fleet)
    assert seconds(found, GUILTY) == pytest.approx(PATIENCE + PATIENCE_ALONE, abs=0.1)


def test_the_neighbours_of_what_hangs_are_made_and_charged_for_themselves_only(fleet: FakeFleet) -> None:
    fleet.render = harmed(GUILTY, by=never)
    found = rendered(fleet)
    assert [type(r.error) for r in found if r.error] == [TooSlow]
    assert [seconds(found, recipe) for recipe in (FIRST, LAST)] == [1.0, 1.0]


def test_what_hangs_alone_is_given_up_at_once(fleet: FakeFleet) -> None:
    fleet.render = harmed(GUILTY, by=never)

    async def story(dispatcher: Dispatcher) -> list[FarmResult]:
        await submit(dispatcher, batch(GUILTY, limit=LIMIT))
        return await results(dispatcher, "d", 1)

    (failed,) = fleet.play(story)
    assert isinstance(failed.error, TooSlow)
    assert failed.seconds == pytest.approx(PATIENCE, abs=0.1)


def test_what_kills_its_workers_is_charged_for_every_one_of_them(fleet: FakeFleet) -> None:
    fleet.render = harmed(GUILTY, by=die)
    found = rendered(fleet)
    assert seconds(found, GUILTY) == pytest.approx(MOST_DEATHS * DEATH, abs=0.1)


def test_the_neighbours_of_what_kills_are_made_and_charged_for_themselves_only(fleet: FakeFleet) -> None:
    fleet.render = harmed(GUILTY, by=die)
    found = rendered(fleet)
    assert [r.recipe for r in found if r.error] == [GUILTY]
    assert [seconds(found, recipe) for recipe in (FIRST, LAST)] == [1.0, 1.0]


def test_the_time_that_two_guilty_ones_wasted_together_is_billed_once(fleet: FakeFleet) -> None:
    fleet.render = harmed(GUILTY, LAST, by=die)
    found = rendered(fleet)
    alone = (MOST_DEATHS - 1) * DEATH
    assert seconds(found, GUILTY) + seconds(found, LAST) == pytest.approx(DEATH + 2 * alone, abs=0.1)
    assert seconds(found, FIRST) == 1.0


def test_a_worker_that_died_of_something_else_is_charged_to_nobody(fleet: FakeFleet) -> None:
    async def story(dispatcher: Dispatcher) -> list[FarmResult]:
        await submit(dispatcher, batch(*TOGETHER))
        await asyncio.sleep(2)
        fleet.workers[0].die()
        return await results(dispatcher, "d", len(TOGETHER))

    found = fleet.play(story)
    assert [(r.error, r.seconds) for r in found] == [(None, 1.0)] * len(TOGETHER)


class Told:
    """A farm that tells what became of recipes elsewhere."""

    def __init__(self, found: list[FarmResult]) -> None:
        self._found = found

    def render(self, recipes: Sequence[Recipe], sources: Sources, terms: Terms | None = None) -> Generator[FarmResult]:
        """See Farm."""
        yield from self._found


def test_the_ledger_holds_one_line_for_each_recipe_and_the_guilty_one_pays(fleet: FakeFleet, tmp_path: Path) -> None:
    fleet.render = harmed(GUILTY, by=never)
    ledger = Ledger(tmp_path / "ledger")
    farm, claims = Told(rendered(fleet)), Claims(tmp_path / "claims")
    renderer = Renderer("show", LocalArtifacts(tmp_path / "artifacts"), ledger, farm, Shelf(), claims, Run("t", "r"))
    rate = Rate(usd_per_hour=3600.0, purchase="on_demand")
    list(renderer.render([Order(f"01.p{r.seed}", "panel", r, rate=rate) for r in TOGETHER]))
    lines = sorted((event["unit"], event["event"], round(event["usd"])) for _, _, event in ledger.lines() if event)
    assert lines == [
        ("01.p0", "take", 1), ("01.p1", "failure", round(PATIENCE + PATIENCE_ALONE)), ("01.p2", "take", 1),
    ]
