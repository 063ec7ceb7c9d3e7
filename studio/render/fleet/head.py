"""Head: a Ray head of our own, for the length of a `with` block. `python -m studio.render.fleet.head ADDRESS` opens its fleet."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from studio.errors import OrchestrationError
from studio.render.environment import threads
from studio.render.fleet.connecting import dispatcher, settings
from studio.render.fleet.nodes import DEVICES
from studio.render.orphans import begin_child

HERE = "127.0.0.1"
START_SECONDS, STOP_SECONDS = 120.0, 3.0


@contextmanager
def ray_head(devices: int, log: Path, token: Path, port: int = 0) -> Generator[str]:
    """A head on this machine that lends `devices` devices; its dispatcher answers when the block begins. Yields HOST:PORT.

    token: file that whoever wants to join must know; it is written anew. port: 0 takes a free one. Raises OrchestrationError: Ray
    not installed, port taken, no answer.
    """
    _installed()
    address = f"{HERE}:{_free(port)}"
    token.unlink(missing_ok=True)
    token.touch(mode=0o600)
    token.write_text(secrets.token_hex(32))
    place = tempfile.mkdtemp(prefix="genga-ray-")  # short: Unix sockets lie in it
    try:
        head = _started(address, devices, place, log, token)
        try:
            yield address
        finally:
            _end(head)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _started(address: str, devices: int, place: str, log: Path, token: Path) -> "subprocess.Popen[bytes]":
    """A head whose dispatcher answers. Ray gives its own processes half a minute; on a busy machine that takes a second try."""
    for last in (False, False, True):
        with log.open("wb") as out:
            head = subprocess.Popen(
                _command(address, devices, place), env=_environment(devices, token), stdout=out, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=begin_child,
            )
        told = _open(address, token, head)
        if not told:
            return head
        died = head.poll() is not None
        _end(head)
        if last or not died:
            raise OrchestrationError(f"the farm did not start: {told}", file=log, remedy="See this file, and try again")
    raise AssertionError


def _command(address: str, devices: int, place: str) -> list[str]:
    return [
        sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", f"--port={address.rpartition(':')[2]}",
        f"--temp-dir={place}", "--include-dashboard=false", "--disable-usage-stats", f'--resources={{"{DEVICES}": {devices}}}',
    ]


def _environment(devices: int, token: Path) -> dict[str, str]:
    """Devices on one CPU share its processors; how many threads each has decides bits, so it is settled here, once."""
    import torch

    shared = 1 if torch.cuda.is_available() else max(1, devices)
    return {**os.environ, "GENGA_THREADS": str(max(1, threads() // shared)), **settings(token)}


def _open(address: str, token: Path, head: "subprocess.Popen[bytes]") -> str:
    """Make the dispatcher; empty when it answers, else what went wrong."""
    end = time.monotonic() + START_SECONDS
    while not _listens(address):
        if head.poll() is not None or time.monotonic() > end:
            return "Ray does not listen"
        time.sleep(0.1)
    done = subprocess.run(  # in a process of its own: who was once a driver cannot be one of another cluster
        [sys.executable, "-m", __name__, address], env={**os.environ, **settings(token)}, capture_output=True, text=True,
        check=False,
    )
    return (done.stderr.strip().splitlines() or ["no words"])[-1] if done.returncode else ""


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with suppress(OSError), socket.create_connection((host, int(port)), 1):
        return True
    return False


def _end(head: "subprocess.Popen[bytes]") -> None:
    """Stop the head and everything in its process group and its children's."""
    import psutil

    family: list[psutil.Process] = []
    with suppress(psutil.Error):
        family = psutil.Process(head.pid).children(recursive=True)
    head.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):  # it would wait half a minute for work that nobody fetches any more
        head.wait(STOP_SECONDS)
    for process in family:
        with suppress(psutil.Error):
            process.kill()
    with suppress(ProcessLookupError):
        os.killpg(head.pid, signal.SIGKILL)
    head.wait()


def _installed() -> None:
    from importlib.util import find_spec

    if sys.modules.get("ray", find_spec) is None or find_spec("ray") is None:
        raise OrchestrationError("Ray is not installed", field="--farm", remedy="Install it with: pip install 'genga[ray]'")


def _free(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HERE, port))
        except OSError as exc:
            raise OrchestrationError(f"port {port} is taken ({exc.strerror})", field="--ray-port",
                                     remedy="Name another one, or 0 for a free one") from None
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    dispatcher(sys.argv[1], start=True)
