"""RayFarm on a real cluster: a head with a device, a second node with another."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from studio.errors import OrchestrationError
from studio.plan.limits import Limit
from studio.plan.recipes import ImageRecipe
from studio.render.claims import Claims
from studio.render.contract import check_farm
from studio.render.farm import FarmResult, Terms
from studio.render.farms import farm_here
from studio.render.fleet.connecting import settings
from studio.render.fleet.farm import RayFarm, fleet_state
from studio.render.fleet.head import ray_head
from studio.render.fleet.states import DeviceState
from studio.render.renderer import Order, Renderer, Run
from studio.store.artifacts import LocalArtifacts
from studio.store.ledger import Ledger

from .fleet_faults import DEADLY, HANGING, DeadlyShelf
from .shelf import Shelf, between, enlarged, faked, gradient

ROOT = Path(__file__).parents[2]
READY_SECONDS = 400
"""A busy machine takes that long to import torch twice."""
SECONDS = 0.4
"""What each fake picture takes."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of two nodes with a device each, under a home in which an earlier Ray left its token."""
    place = tmp_path_factory.mktemp("fleet")
    (place / ".ray").mkdir()
    (place / ".ray" / "auth_token").write_text("of another cluster")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENGA_FAKE_SECONDS", str(SECONDS))
        patch.setenv("HOME", str(place))
        patch.chdir(ROOT)
        patch.setenv("RAY_AUTH_TOKEN_PATH", str(place / "token"))
        with ray_head(1, place / "head.log", place / "token") as found, second_node(found, place / "node.log"):
            wait(both_idle(found), READY_SECONDS)
            yield found
            import ray  # not before: it reads the environment

            ray.shutdown()


@contextmanager
def second_node(address: str, log: Path) -> Iterator[None]:
    """Another machine, as far as Ray can tell; gone when the block ends. Ray gives up where a busy one takes half a minute."""
    while True:
        with log.open("wb") as out:
            node = subprocess.Popen(
                [sys.executable, "-m", "ray.scripts.scripts", "start", f"--address={address}", "--block",
                 '--resources={"genga": 1}'],
                env={**os.environ, **settings()}, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )
        wait(lambda node=node: node.poll() is not None or len(devices(address)) == 2, READY_SECONDS)
        if node.poll() is None:
            break
    try:
        yield
    finally:
        for process in psutil.Process(node.pid).children(recursive=True):
            process.kill()
        node.kill()
        node.wait()


def both_idle(address: str) -> Callable[[], bool]:
    """Whether both devices wait for work."""
    return lambda: [d.state for d in devices(address)] == ["idle", "idle"]


def devices(address: str) -> list[DeviceState]:
    """The fleet's devices now."""
    return list(fleet_state(address).devices)


def wait(done: Callable[[], bool], seconds: float = 60) -> None:
    """Until it is so."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.1)


def busy(address: str) -> DeviceState:
    """A device that is at work."""
    wait(lambda: any(d.state == "busy" for d in devices(address)))
    return next(d for d in devices(address) if d.state == "busy")


def test_the_fleet_keeps_the_contract_of_farms(address: str) -> None:
    check_farm(lambda: RayFarm(address), [faked(seed=s) for s in range(4)], Shelf())


def test_frames_come_back_as_files_of_this_machine(address: str) -> None:
    shelf = Shelf()
    first, last = (shelf.put_picture(gradient(64, 64)) for _ in range(2))
    farm = RayFarm(address)
    (result,) = farm.render([between(first, last)], shelf)
    assert result.frames is not None
    assert result.frames.parent == farm.scratch
    assert result.frames.stat().st_size > 0


def test_both_devices_share_the_work_and_stay_warm_for_the_next_driver(address: str) -> None:
    before = {d.name: (d.pictures, d.pid) for d in devices(address)}
    for _ in range(2):  # two drivers, one after the other
        assert all(r.error is None for r in RayFarm(address).render([faked(seed=s, batch_size=1) for s in range(4)], Shelf()))
    after = {d.name: (d.pictures, d.pid) for d in devices(address)}
    assert {name: pid for name, (_, pid) in after.items()} == {name: pid for name, (_, pid) in before.items()}
    assert all(after[name][0] > before[name][0] for name in before)


def test_a_driver_that_was_taken_for_dead_hands_in_again_what_is_left(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wait(both_idle(address), READY_SECONDS)
    farm = RayFarm(address)
    monkeypatch.setattr("studio.render.fleet.farm.uuid.uuid4", lambda: SimpleNamespace(hex="me"))
    results = farm.render([faked(seed=300 + s, batch_size=1) for s in range(6)], Shelf())
    found = [next(results)]
    farm._ask("leave", "me")
    found += results
    assert sorted(r.recipe.seed for r in found) == list(range(300, 306))  # type: ignore[union-attr]
    assert {r.error for r in found} == {None}


def test_what_was_finished_when_a_driver_stops_is_kept(address: str) -> None:
    wait(both_idle(address), READY_SECONDS)
    rescued: list[FarmResult] = []
    results = RayFarm(address).render([faked(seed=320 + s) for s in range(8)], Shelf(), Terms(rescue=rescued.append))
    next(results)
    wait(lambda: all(d.state == "idle" for d in devices(address)))
    results.close()
    assert len(rescued) == 7 and all(r.picture for r in rescued)


def test_a_worker_that_is_killed_costs_nothing_but_time(address: str, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    artifacts, claims = LocalArtifacts(tmp_path / "artifacts"), Claims(tmp_path / "claims")
    renderer = Renderer("show", artifacts, ledger, RayFarm(address), Shelf(), claims, Run("t", "r"))
    orders = [Order(f"01.p{s}", "panel", faked(seed=s, batch_size=2)) for s in range(6)]
    outcomes = renderer.render(orders)
    found = [next(outcomes)]
    os.kill(busy(address).pid, signal.SIGKILL)
    found += outcomes
    assert [o.error for o in found] == [None] * 6
    events = [event for _, _, event in ledger.lines() if event]
    assert sorted(e["unit"] for e in events) == sorted(o.unit for o in orders)  # a take each, no failure, nothing paid twice
    wait(both_idle(address), READY_SECONDS)
    assert any("died" in d.trouble for d in devices(address))


def test_what_kills_every_worker_is_given_up_and_the_rest_of_its_batch_is_made(address: str) -> None:
    shelf = DeadlyShelf()
    sound = shelf.put_picture(gradient(16, 16))
    results = list(RayFarm(address).render([enlarged(DEADLY, engine="fake"), enlarged(sound, engine="fake")], shelf))
    failed = {r.recipe.image: r.error.render() for r in results if r.error}  # type: ignore[union-attr]
    assert list(failed) == [DEADLY]
    assert "3 workers died while they rendered it" in failed[DEADLY]
    assert len(results) == 2


def test_a_batch_beyond_its_limit_is_stopped_and_its_worker_stays(address: str) -> None:
    wait(both_idle(address), READY_SECONDS)
    before = {d.pid for d in devices(address)}
    (result,) = RayFarm(address).render([faked(seed=90)], Shelf(), Terms(limits=lambda recipe: Limit(SECONDS / 4)))
    assert result.error is not None
    assert "it took longer than its limit and was stopped" in result.error.render()
    assert {d.pid for d in devices(address)} == before


def test_a_worker_that_hangs_is_replaced(address: str) -> None:
    hanging = [enlarged(HANGING, engine="fake")]
    (result,) = RayFarm(address).render(hanging, DeadlyShelf(), Terms(limits=lambda recipe: Limit(2 * SECONDS)))
    assert result.error is not None
    assert re.search("hung: its batch was to take .* raise 'limits' in show.yaml", result.error.render())
    assert any("stopped after" in d.trouble for d in devices(address))


def test_the_devices_of_a_driver_that_was_killed_are_free_within_a_minute(address: str) -> None:
    wait(lambda: any(d.state == "idle" for d in devices(address)), READY_SECONDS)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.render.fleet_faults", "drive", address], cwd=ROOT, stdout=subprocess.PIPE,
    ) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == b"first\n"
        driver.kill()
    killed = time.monotonic()
    wait(lambda: not fleet_state(address).drivers, 60)
    wait(lambda: all(d.state != "busy" for d in devices(address)), 60)
    assert time.monotonic() - killed < 60
    assert not fleet_state(address).queues


def test_a_node_that_is_lost_leaves_its_work_to_others(address: str) -> None:
    wait(both_idle(address), READY_SECONDS)
    results = RayFarm(address).render([faked(seed=200 + s, batch_size=1) for s in range(6)], Shelf())
    found = [next(results)]
    lost = second_raylet(address)
    lost.kill()
    found += results
    assert [r.error for r in found] == [None] * 6
    wait(lambda: len(devices(address)) == 1)


def second_raylet(address: str) -> psutil.Process:
    """The raylet of this cluster that is not the head's."""
    port = address.rpartition(":")[2]
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or [""]
        mine = any(word.startswith("--gcs-address=") and word.endswith(f":{port}") for word in words)
        if words[0].endswith("raylet") and mine and not any("__internal_head__" in word for word in words):
            return process
    raise AssertionError("there is no second raylet")


def test_a_head_is_gone_when_who_held_it_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.render.fleet_faults", "hold", str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        held = holder.stdout.readline().decode().strip()
        family = psutil.Process(holder.pid).children(recursive=True)
        assert len(family) > 2
        holder.kill()
    _, left = psutil.wait_procs(family, timeout=60)
    assert left == []
    with pytest.raises(OrchestrationError, match="no Ray head answers"):
        fleet_state(held)


def test_an_address_at_which_nobody_is_says_what_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENGA_FARM", "ray@127.0.0.1:1")
    with pytest.raises(OrchestrationError, match="no Ray head answers at 127.0.0.1:1.*genga up --farm ray"):
        list(farm_here().render([faked()], Shelf()))


@pytest.mark.parametrize("name", ["moon", "ray", "ray@here", "slurm@a:1"])
def test_a_farm_that_is_none_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENGA_FARM", name)
    with pytest.raises(OrchestrationError, match=r"GENGA_FARM: '.*' names no farm. Write 'here' or 'ray@HOST:PORT'"):
        farm_here()


def test_without_ray_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(OrchestrationError, match=r"Ray is not installed. Install it with: pip install 'genga\[ray\]'"):
        fleet_state("127.0.0.1:1")
    with pytest.raises(OrchestrationError, match="Ray is not installed"), ray_head(1, tmp_path / "log", tmp_path / "token"):
        pass


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = f"--ray-port: port {port} is taken"
        with pytest.raises(OrchestrationError, match=told), ray_head(1, tmp_path / "log", tmp_path / "token", port):
            pass


def test_a_driver_with_another_token_is_refused(address: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0" * 64)
    done = subprocess.run(
        [sys.executable, "-c", f"from studio.render.fleet.connecting import dispatcher; dispatcher({address!r})"], cwd=ROOT,
        env={**os.environ, "RAY_AUTH_TOKEN_PATH": str(tmp_path / "token")}, capture_output=True, text=True, check=False,
    )
    assert "wants another token" in done.stderr


def test_a_head_of_another_version_is_refused(address: str) -> None:
    code = (
        "import os; from studio.render.fleet.connecting import dispatcher, settings; os.environ.update(settings());"
        f"import ray; ray.__version__ = '1.0.0'; dispatcher({address!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode
    assert "is of another version" in done.stderr
    assert "restart 'genga up'" in done.stderr


def test_recipes_keep_their_order_of_urgency_within_a_driver(address: str) -> None:
    """A later driver of higher priority is served before what an earlier one has left."""
    wait(lambda: any(d.state == "idle" for d in devices(address)), READY_SECONDS)
    early = RayFarm(address).render([faked(seed=300 + s, batch_size=1) for s in range(8)], Shelf())
    first: ImageRecipe = next(early).recipe  # type: ignore[assignment]
    assert first.seed >= 300
    urgent = list(RayFarm(address).render([faked(seed=400, batch_size=1)], Shelf(), Terms(priority=10)))
    assert urgent[0].error is None
    assert fleet_state(address).queues, "the earlier driver still waits for the rest of its own"
    early.close()
    wait(lambda: not fleet_state(address).queues)
