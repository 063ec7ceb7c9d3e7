"""Devices that work on what nobody wants any more: they are freed after half a minute, and of what they made nothing is taken."""

import asyncio
from collections.abc import Sequence

import pytest

from studio.plan.recipes import Recipe
from studio.render.fleet.dispatcher import EVICT_SECONDS, SILENCE_SECONDS, Dispatcher
from studio.render.fleet.seats import FIRST_PAUSE
from studio.render.fleet.worker import Answer

from .clockwork import FakeFleet, FakeWorker, answer, batch, device, never, results, submit
from .shelf import faked

ENDLESS = 1
"""Seed of a picture that is never done."""


async def draw(worker: FakeWorker, recipes: Sequence[Recipe]) -> Answer:
    """As long as its prompt says; the endless one for ever."""
    if recipes[0].seed == ENDLESS:  # type: ignore[union-attr]
        await never()
    await asyncio.sleep(float(recipes[0].prompt))  # type: ignore[union-attr]
    return answer(recipes)


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> FakeFleet:
    """One device."""
    fleet = FakeFleet(monkeypatch, "only")
    fleet.render = draw
    return fleet


async def begin(dispatcher: Dispatcher, seconds: float) -> None:
    """The device is at work for a driver on a picture that takes so long; 0 for ever."""
    await submit(dispatcher, batch(faked(prompt=str(seconds), seed=2 if seconds else ENDLESS), driver="goes"))
    await asyncio.sleep(0.1)
    assert (await device(dispatcher, "only")).state == "busy"


def test_a_batch_that_nobody_wants_any_more_frees_its_device_after_half_a_minute(fleet: FakeFleet) -> None:
    async def story(dispatcher: Dispatcher) -> None:
        await begin(dispatcher, 0)
        await dispatcher.leave("goes")
        await asyncio.sleep(EVICT_SECONDS - 0.1)
        assert not fleet.workers[0].dead, "most end soon, and keep their weights warm"
        await asyncio.sleep(0.2)
        assert fleet.workers[0].dead
        freed = await device(dispatcher, "only")
        assert (freed.state, freed.trouble) == ("resting", "its batch was wanted no more")
        await asyncio.sleep(FIRST_PAUSE + 0.5)
        assert (await device(dispatcher, "only")).state == "idle"

    fleet.play(story)


def test_who_waits_is_served_by_the_device_that_was_freed(fleet: FakeFleet) -> None:
    async def story(dispatcher: Dispatcher) -> None:
        await begin(dispatcher, 0)
        await submit(dispatcher, batch(faked(prompt="1"), driver="waits"))
        await dispatcher.leave("goes")
        (made,) = await results(dispatcher, "waits", 1)
        assert made.error is None
        assert made.waited_seconds == pytest.approx(EVICT_SECONDS + FIRST_PAUSE, abs=1)

    fleet.play(story)


def test_a_driver_that_fell_silent_wants_its_batch_no_more_one_that_only_beats_does(fleet: FakeFleet) -> None:
    async def story(dispatcher: Dispatcher) -> None:
        await begin(dispatcher, 0)
        for _ in range(40):
            await asyncio.sleep(5)
            await dispatcher.beat("goes")
        assert not fleet.workers[0].dead
        await asyncio.sleep(SILENCE_SECONDS + EVICT_SECONDS - 1)
        assert not fleet.workers[0].dead
        await asyncio.sleep(2)
        assert fleet.workers[0].dead

    fleet.play(story)


def test_a_batch_that_ends_in_time_keeps_its_worker_and_nothing_of_it_is_taken(fleet: FakeFleet) -> None:
    async def story(dispatcher: Dispatcher) -> None:
        await begin(dispatcher, EVICT_SECONDS - 5)
        await submit(dispatcher, batch(faked(prompt="60"), driver="waits"))
        await dispatcher.leave("goes")
        (made,) = await results(dispatcher, "waits", 1)
        assert made.error is None, "the device was not taken from its next batch"
        assert await dispatcher.leave("goes") == []
        assert (await dispatcher.state()).refused == 1

    fleet.play(story)
    assert len(fleet.workers) == 1


def test_what_a_driver_hands_in_again_is_taken_once_and_the_answer_to_its_first_try_refused(fleet: FakeFleet) -> None:
    async def story(dispatcher: Dispatcher) -> None:
        await begin(dispatcher, 20)
        await dispatcher.leave("goes")
        await submit(dispatcher, batch(faked(prompt="20", seed=2), driver="goes"))
        (made,) = await results(dispatcher, "goes", 1)
        assert made.waited_seconds == pytest.approx(20, abs=1), "it is of the second try"
        await asyncio.sleep(60)
        assert await dispatcher.leave("goes") == []
        assert (await dispatcher.state()).refused == 1

    fleet.play(story)


def test_an_answer_that_was_on_its_way_when_its_worker_was_stopped_frees_no_device_before_the_next_worker_is_there(
    fleet: FakeFleet,
) -> None:
    async def story(dispatcher: Dispatcher) -> None:
        await begin(dispatcher, 0)
        fleet.workers[0].last_words = answer([faked(seed=ENDLESS)])
        await submit(dispatcher, batch(faked(prompt="1"), driver="waits"))
        await dispatcher.leave("goes")
        (made,) = await results(dispatcher, "waits", 1)
        assert made.error is None
        only = await device(dispatcher, "only")
        assert (only.restarts, only.pictures, only.trouble) == (1, 1, "its batch was wanted no more")

    fleet.play(story)
    assert len(fleet.workers) == 2
