"""Connecting: this process to a running Ray head, and to the dispatcher that lives there."""

import logging
import os
import socket
import time
from pathlib import Path
from typing import Any

from studio.errors import OrchestrationError

NAMESPACE, NAME = "genga", "dispatcher"
TOKEN_FILE = "RAY_AUTH_TOKEN_PATH"  # noqa: S105 (a name)
KNOCK_SECONDS, JOIN_SECONDS = 5.0, 60.0


def dispatcher(address: str, start: bool = False) -> Any:
    """The fleet's dispatcher as a Ray actor; `start` makes it where there is none, and waits until it answers.

    address: HOST:PORT of the head. Raises OrchestrationError: Ray not installed, nobody answers, another version, no dispatcher.
    """
    ray = import_ray()
    _knock(address)
    if not ray.is_initialized():
        _join(ray, address)
    if start:
        from studio.render.fleet.dispatcher import Dispatcher

        actor = ray.remote(Dispatcher).options(  # one loop, thousands of waiting calls
            name=NAME, namespace=NAMESPACE, lifetime="detached", get_if_exists=True, num_cpus=0, max_concurrency=10_000,
        ).remote()
        ray.get(actor.open.remote(), timeout=60)
        return actor
    try:
        return ray.get_actor(NAME, namespace=NAMESPACE)
    except ValueError:
        raise OrchestrationError(f"no fleet is at work at {address}", field="GENGA_FARM",
                                 remedy="Start it with 'genga up --farm ray'") from None


def settings(token: Path | None = None) -> dict[str, str]:
    """Environment of whatever speaks to Ray. token: file of the head's token, that of this process' environment if None.

    Ray listens at every address of the machine and runs what it is sent, so each head of ours has a token of its own. One that
    another Ray left in the home folder is never used.
    """
    named = str(token) if token else os.environ.get(TOKEN_FILE, "")
    shown = {"RAY_AUTH_MODE": "token", TOKEN_FILE: named} if named else {"RAY_AUTH_MODE": "disabled"}
    return {**shown, "RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


def import_ray() -> Any:
    """The module, with its settings made before. Raises OrchestrationError where it is not installed."""
    try:
        os.environ.update(settings())  # read when ray is imported
        import ray
    except ImportError:
        raise OrchestrationError("Ray is not installed", field="--farm",
                                 remedy="Install it with: pip install 'genga[ray]'") from None
    return ray


def _knock(address: str) -> None:
    """Where nobody answers, Ray would end this process instead of saying so."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=KNOCK_SECONDS):
            pass
    except (OSError, ValueError) as exc:
        raise OrchestrationError(f"no Ray head answers at {address} ({exc})", field="GENGA_FARM",
                                 remedy="Start it with 'genga up --farm ray', or name another HOST:PORT") from None


def _join(ray: Any, address: str) -> None:
    end = time.monotonic() + JOIN_SECONDS
    while True:
        try:
            ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.ERROR)
            return
        except ConnectionError as exc:  # it listens, but may be too busy to answer
            if time.monotonic() > end or "InvalidAuthToken" in str(exc.__cause__):
                raise _refused(address, exc) from exc
        except Exception as exc:
            raise _refused(address, exc) from exc


def _refused(address: str, exc: Exception) -> OrchestrationError:
    told = " ".join(str(exc.__cause__ or exc).split())
    if "Version mismatch" in told:
        return OrchestrationError(f"the Ray head at {address} is of another version: {told}", field="GENGA_FARM",
                                  remedy="Install the same genga and Python there and here, and restart 'genga up'")
    if "auth" in told.lower() or "token" in told.lower():
        return OrchestrationError(f"the Ray head at {address} wants another token: {told}", field=TOKEN_FILE,
                                  remedy="Name the file ray.token in out/dagster of the show that is served there")
    return OrchestrationError(f"Ray at {address} cannot be joined: {told}", field="GENGA_FARM",
                              remedy="Restart 'genga up --farm ray'; this machine must be a node of that cluster")
