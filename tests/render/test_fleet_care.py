"""How the fleet looks after its devices: what goes wrong on one is no other's affair, and it is tried again after a pause."""

import asyncio
from itertools import pairwise

import pytest

from studio.render.fleet import nodes
from studio.render.fleet.dispatcher import PROBE_SECONDS, Dispatcher
from studio.render.fleet.seats import FIRST_PAUSE, LONGEST_PAUSE
from studio.render.fleet.worker import Health

from .clockwork import Died, FakeFleet, FakeWorker, batch, device, never, now, results, submit
from .shelf import faked

TICK = 0.3
"""Devices are looked after four times a second."""


def pauses(tries: list[float]) -> list[float]:
    """Between one try and the next."""
    return [later - earlier for earlier, later in pairwise(tries)]


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> FakeFleet:
    """Two devices; the broken one is looked after first."""
    return FakeFleet(monkeypatch, "broken", "sound")


def refuse(name: str) -> None:
    """Ray starts nothing on the broken device."""
    if name == "broken":
        raise ConnectionError("Ray cannot be reached")


async def stick(worker: FakeWorker) -> Health:
    """The broken device never ends its tiny picture."""
    return await never() if worker.device == "broken" else Health("host", "cpu", 1, 1)


async def fail(worker: FakeWorker) -> Health:
    """The broken device makes no tiny picture."""
    if worker.device == "broken":
        raise Died("no driver\nand a long trace")
    return Health("host", "cpu", 1, 1)


def test_a_device_that_cannot_be_started_keeps_nobody_from_caring_for_the_others(fleet: FakeFleet) -> None:
    fleet.start = refuse

    async def story(dispatcher: Dispatcher) -> None:
        await submit(dispatcher, batch(faked()))
        (made,) = await results(dispatcher, "d", 1)
        assert made.host == "host/sound"
        fleet.workers[0].die()
        await submit(dispatcher, batch(faked(), driver="e"))
        (made,) = await results(dispatcher, "e", 1)
        assert made.error is None, "a new worker made it"
        broken = await device(dispatcher, "broken")
        assert (broken.state, broken.trouble) == ("resting", "Ray cannot be reached")

    fleet.play(story)


def test_a_device_that_cannot_be_started_is_tried_again_after_longer_pauses_until_it_can(fleet: FakeFleet) -> None:
    fleet.start = refuse

    async def story(dispatcher: Dispatcher) -> None:
        await asyncio.sleep(1000)
        fleet.start = lambda name: None
        await asyncio.sleep(LONGEST_PAUSE + 1)
        assert (await device(dispatcher, "broken")).state == "idle"

    fleet.play(story)
    waited = pauses(fleet.tries["broken"])
    assert waited[:4] == pytest.approx([FIRST_PAUSE * 2**n for n in range(4)], abs=TICK)
    assert waited[-1] == pytest.approx(LONGEST_PAUSE, abs=TICK)
    assert len(fleet.tries["sound"]) == 1


def test_while_ray_cannot_name_its_nodes_the_devices_that_are_known_are_looked_after(
    fleet: FakeFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = nodes.seats

    def lost() -> None:
        raise ConnectionError("Ray cannot be reached")

    async def story(dispatcher: Dispatcher) -> None:
        monkeypatch.setattr(nodes, "seats", lost)
        fleet.workers[0].die()
        await submit(dispatcher, batch(faked(), faked(seed=8)))
        assert len(await results(dispatcher, "d", 2)) == 2
        await asyncio.sleep(60)
        assert [(await device(dispatcher, name)).state for name in fleet.devices] == ["idle", "idle"]
        fleet.devices.append("new")
        monkeypatch.setattr(nodes, "seats", known)
        await asyncio.sleep(5)
        assert (await device(dispatcher, "new")).state == "idle"

    fleet.play(story)
    assert len(fleet.tries["broken"]) == 2


def test_a_device_that_makes_no_tiny_picture_gets_no_work_and_is_tried_again_after_longer_pauses(fleet: FakeFleet) -> None:
    fleet.probe = fail

    async def story(dispatcher: Dispatcher) -> None:
        await submit(dispatcher, batch(faked(), driver="d"))
        await submit(dispatcher, batch(faked(), driver="e"))
        hosts = {made.host for driver in "de" for made in await results(dispatcher, driver, 1)}
        assert hosts == {"host/sound"}
        await asyncio.sleep(30)
        broken = await device(dispatcher, "broken")
        assert (broken.state, broken.trouble) == ("resting", "no driver")

    fleet.play(story)
    assert pauses(fleet.tries["broken"])[:4] == pytest.approx([FIRST_PAUSE * 2**n for n in range(4)], abs=TICK)


def test_a_worker_that_died_is_told_of_in_plain_words_with_its_time(fleet: FakeFleet) -> None:
    async def dead(worker: FakeWorker) -> Health:
        if len(fleet.tries["broken"]) == 1 and worker.device == "broken":
            raise Died("The actor died unexpectedly before finishing this task.\nand where")
        return Health("host", "cpu", 1, 1)

    fleet.probe = dead

    async def story(dispatcher: Dispatcher) -> None:
        await asyncio.sleep(60)
        broken = await device(dispatcher, "broken")
        assert (broken.state, broken.trouble) == ("idle", "its worker died")
        assert broken.trouble_seconds == pytest.approx(60, abs=2)
        assert (await device(dispatcher, "sound")).trouble_seconds == 0.0

    fleet.play(story)


def test_a_device_whose_tiny_picture_does_not_end_in_time_is_started_anew_after_longer_pauses(fleet: FakeFleet) -> None:
    fleet.probe = stick

    async def story(dispatcher: Dispatcher) -> None:
        begun = fleet.tries["broken"][0]
        await asyncio.sleep(begun + PROBE_SECONDS - 1 - now())
        assert not fleet.workers[0].dead, "a busy machine takes minutes to import torch"
        assert (await device(dispatcher, "broken")).state == "starting"
        await asyncio.sleep(1.5)
        assert fleet.workers[0].dead
        broken = await device(dispatcher, "broken")
        assert (broken.state, broken.trouble) == ("resting", "its tiny picture did not end in 900 s")
        await asyncio.sleep(3 * PROBE_SECONDS)

    fleet.play(story)
    waited = [pause - PROBE_SECONDS for pause in pauses(fleet.tries["broken"])]
    assert waited == pytest.approx([FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE], abs=TICK)
    assert [w.dead for w in fleet.workers if w.device == "broken"] == [True] * 3 + [False], "one at a time holds the device"


def test_a_device_is_given_no_work_before_its_tiny_picture_came(fleet: FakeFleet) -> None:
    async def late(worker: FakeWorker) -> Health:
        await asyncio.sleep(PROBE_SECONDS - 60)
        return Health("host", "cpu", 1, 1)

    fleet.probe = late

    async def story(dispatcher: Dispatcher) -> None:
        await submit(dispatcher, batch(faked()))
        (made,) = await results(dispatcher, "d", 1)
        assert made.error is None
        assert made.waited_seconds == pytest.approx(PROBE_SECONDS - 60, abs=2)

    fleet.play(story)
    assert len(fleet.workers) == 2, "it was waited for"
