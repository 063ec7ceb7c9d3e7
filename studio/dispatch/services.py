"""Services: the web server and the daemon of one show, started, found again and stopped without leaving orphans."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import yaml

from studio.dispatch import telemetry
from studio.dispatch.queue import LOCATION, Queue
from studio.dispatch.submissions import POOL
from studio.errors import OrchestrationError
from studio.render.farms import FARM
from studio.render.fleet.connecting import settings
from studio.render.fleet.head import ray_head
from studio.render.orphans import begin_child, end_group
from studio.story.prices import Pool
from studio.story.show import Show

ROOT = Path(__file__).parents[2]
"""Holds the Dagster side."""
START_SECONDS, STOP_SECONDS = 120.0, 20.0

DAGSTER_YAML = """\
# Written by genga. Limits of single pools come from show.yaml and stand in the instance.
nux:
  enabled: false
telemetry:
  enabled: false
event_log_storage:
  module: resources.event_log
  class: EventLog
  config:
    base_dir: {event_log}
run_coordinator:
  module: dagster._core.run_coordinator
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
concurrency:
  runs:
    max_concurrent_runs: 8
    tag_concurrency_limits:
      - key: genga/held
        value: "yes"
        limit: 0
{pools}  pools:
    default_limit: 1
    granularity: op
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  poll_interval_seconds: 5
  free_slots_after_run_end_seconds: 5
"""


@dataclass(frozen=True)
class Fleet:
    """A fleet of devices on this machine, to which others may join: `genga up --farm ray`."""

    devices: int = 1
    port: int = 0
    """Of the Ray head; 0 takes a free one."""


@dataclass
class Services:
    """Running children of this process."""

    url: str
    farm: Mapping[str, str] = field(default_factory=dict[str, str])
    """Environment that joins its processes to a farm of its own."""
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def check(self) -> None:
        """Raises OrchestrationError when a child has ended."""
        for child in self.children:
            if child.poll() is not None:
                name = Path(str(child.args[2] if isinstance(child.args, list) else child.args)).name
                raise OrchestrationError(f"{name} ended with status {child.returncode}",
                                         remedy="Its last words stand in out/dagster/logs/")

    def stop(self) -> None:
        """End all children and everything that they started."""
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, deadline - time.monotonic()))
            end_group(child)
            child.wait()


def home_of(show: Show) -> Path:
    """The show's DAGSTER_HOME."""
    return show.out / "dagster"


def token_of(show: Show) -> Path:
    """File of the token by which processes join the show's own farm."""
    return home_of(show) / "ray.token"


def environment(show: Show, sensors: bool = True, farm: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment of every Dagster process of `show`. farm: what joins them to one; as it is here if None."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {
        **os.environ, "DAGSTER_HOME": str(home_of(show)), "GENGA_SHOW": str(show.folder), "PYTHONPATH": path,
        "GENGA_SENSORS": "on" if sensors else "off", "DAGSTER_DISABLE_TELEMETRY": "1", "PYTHONUNBUFFERED": "1",
        **(farm or {}),
    }


def instance_settings(show: Show) -> str:
    """The instance's dagster.yaml. Where pools of the show's own share the assets of `image`, runs are counted by pool too."""
    limits = {"image": show.settings.pools.get("image", Pool()).limit, **show.shards} if show.shards else {}
    pools = "".join(f'      - key: {POOL}\n        value: "{name}"\n        limit: {limit}\n' for name, limit in limits.items())
    event_log = home_of(show) / "history" / "runs"
    return DAGSTER_YAML.format(event_log=json.dumps(str(event_log), ensure_ascii=False), pools=pools)


def prepare(show: Show, episodes: Sequence[str] = (), starting: bool = False) -> None:
    """Make the show's instance: settings, tables, pools, and the partitions of `episodes`. Raises OrchestrationError.

    starting: no services run, so that runs which seem to be at work were killed with them; they are ended.
    """
    home = home_of(show)
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "dagster.yaml"
    text = instance_settings(show)
    if not settings.is_file() or settings.read_text() != text:
        settings.write_text(text)
    words = [*(["--starting"] if starting else []), *episodes]
    done = subprocess.run(
        [sys.executable, "-m", "resources.instance", *words], cwd=ROOT, env=environment(show),
        capture_output=True, text=True, check=False,
    )
    if done.returncode:
        told = done.stderr.strip().splitlines() or ["no words"]
        raise OrchestrationError(f"the Dagster instance could not be made ready: {told[-1]}", file=home,
                                 remedy="'genga doctor' checks the installation; removing this folder starts afresh")


def running(show: Show) -> Queue | None:
    """The queue of the 'genga up' that serves this show now, if one does and answers."""
    url = served_at(show)
    queue = Queue(url) if url else None
    return queue if queue and queue.answers() else None


def served_at(show: Show) -> str | None:
    """Where the 'genga up' that serves this show now says it does, without asking there."""
    return _served(show).get("url")


def farm_of(show: Show) -> str | None:
    """What farm the 'genga up' that serves this show now uses: `here`, or `ray@HOST:PORT`; None when nothing serves it."""
    return _served(show).get("farm")


def refuse_second(show: Show) -> None:
    """Raises OrchestrationError where a genga serves this show already, with its addresses."""
    served = _served(show)
    if served:
        review = f", review page {served['review']}" if served.get("review") else ""
        raise OrchestrationError(f"genga serves this show already: {served['url']}{review}", file=show.folder,
                                 remedy=f"Use that one, or end it first (process {served['pid']})")


def _served(show: Show) -> dict[str, str]:
    """What the genga that serves this show now said of itself; empty where none does."""
    try:
        state = json.loads((home_of(show) / "up.json").read_text())
        os.kill(int(state["pid"]), 0)
        return {name: str(state[name]) for name in ("pid", "url", "review", "farm") if name in state}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


@contextmanager
def serving(
    show: Show, port: int = 0, sensors: bool = True, episodes: Sequence[str] = (), fleet: Fleet | None = None, review: str = ""
) -> Generator[Services]:
    """Web server and daemon for the length of a `with` block; both have answered when it begins.

    port: 0 takes a free one. fleet: devices to start with it, to which its runs give their work. review: where the review page is
    served beside them. Raises OrchestrationError: port taken, another genga serves this show, no answer.
    """
    with _only_one(show):
        port = free_port(port)
        prepare(show, episodes, starting=True)
        with _farm(show, fleet) as farm, TemporaryDirectory(prefix="genga-") as place:  # sockets have short names
            services = Services(f"http://127.0.0.1:{port}", farm)
            state = home_of(show) / "up.json"
            try:
                _start(services, show, port, sensors, Path(place) / "code")
                _await(services, lambda: Queue(services.url).answers())
                named = farm.get(FARM) or os.environ.get(FARM, "here")
                state.write_text(json.dumps({"pid": os.getpid(), "url": services.url, "review": review, "farm": named}))
                with telemetry.following(show.out / "ledger", show.name):
                    yield services
            finally:
                state.unlink(missing_ok=True)
                services.stop()


@contextmanager
def _farm(show: Show, fleet: Fleet | None) -> Generator[dict[str, str]]:
    """The environment that joins processes to the fleet that is wanted; empty where none is."""
    if fleet is None:
        yield {}
        return
    log, token = home_of(show) / "logs" / "ray.log", token_of(show)
    log.parent.mkdir(exist_ok=True)
    with ray_head(fleet.devices, log, token, fleet.port) as address:
        yield {FARM: f"ray@{address}", **settings(token)}


def _start(services: Services, show: Show, port: int, sensors: bool, socket: Path) -> None:
    """One code server for both: each would start its own otherwise, the daemon another one every minute."""
    home = home_of(show)
    (home / "logs").mkdir(exist_ok=True)
    workspace = home / "workspace.yaml"
    workspace.write_text(yaml.safe_dump({"load_from": [{"grpc_server": {"socket": str(socket), "location_name": LOCATION}}]}))

    def start(name: str, *words: str) -> None:
        with (home / "logs" / f"{name}.log").open("wb") as log:
            services.children.append(subprocess.Popen(
                [sys.executable, "-m", *words], cwd=ROOT, env=environment(show, sensors, services.farm), stdout=log,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=begin_child,
            ))

    start("code_server", "resources.code_server", str(socket))
    _await(services, socket.exists)
    start("dagster_webserver", "dagster_webserver", "-h", "127.0.0.1", "-p", str(port), "-w", str(workspace))
    start("dagster-daemon", "dagster._daemon", "run", "-w", str(workspace))


def _await(services: Services, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        services.check()
        if time.monotonic() > deadline:
            raise OrchestrationError(f"the Dagster web server did not answer within {START_SECONDS:.0f} s",
                                     remedy="See out/dagster/logs/; a busy machine may need a second try")
        time.sleep(0.2)


@contextmanager
def _only_one(show: Show) -> Generator[None]:
    """Two daemons on one instance would launch everything twice."""
    home_of(show).mkdir(parents=True, exist_ok=True)
    handle: IO[str] = (home_of(show) / "serving.lock").open("a")
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OrchestrationError("another genga serves this show right now", file=home_of(show),
                                     remedy="Wait until it has ended, or stop it") from None
        yield
    finally:
        handle.close()


def free_port(port: int) -> int:
    """`port` itself, or one that is free for 0. Raises OrchestrationError when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            raise OrchestrationError(f"port {port} is taken ({exc.strerror})", field="--port",
                                     remedy="Name another one, or 0 for a free one") from None
        return int(probe.getsockname()[1])
