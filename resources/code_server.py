"""`python -m resources.code_server SOCKET`: Dagster's code server of a show, whose runs begin at once.

Dagster gives each run a new process that imports Dagster, genga and, where it draws itself, torch and diffusers: 3 to 12 s of a
processor before its first panel. Here runs are forks of one process that has imported all of it (`anime_assets.imported`).
"""

import logging
import multiprocessing
import os
import sys
import threading
from contextlib import suppress
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

from dagster._core.origin import get_python_environment_entry_point
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.utils import FuturesAwareThreadPoolExecutor
from dagster._grpc.server import DagsterApiServer, DagsterGrpcServer
from dagster._utils.interrupts import setup_interrupt_handlers
from dagster._utils.log import configure_loggers

from studio.dispatch.queue import LOCATION

DEFINITIONS, IMPORTED = "anime_assets.definitions", "anime_assets.imported"
GRACE = "1"
"""Seconds for calls that are under way at the end, once its runs have ended. Dagster's minute is for servers that others share;
here a call that lasts is a stream to a web server or daemon that ends too."""
FORKED = sys.platform == "linux"
"""Elsewhere libraries of the system do not survive a fork; runs are new processes there, as Dagster has them."""


class CodeServer(DagsterApiServer):
    """Dagster's, but for where its runs come from."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if FORKED:
            self._mp_ctx = multiprocessing.get_context("forkserver")


def main(socket: str) -> None:
    """Serves until it is ended. Does what `dagster api grpc --socket` does, with a server of its own."""
    if FORKED:  # first, so that it imports while this process does
        forkserver.set_forkserver_preload([IMPORTED])
        forkserver.ensure_running()
    setup_interrupt_handlers()
    configure_loggers(log_level="INFO")
    logger = logging.getLogger("dagster.code_server")
    ended, threads = threading.Event(), FuturesAwareThreadPoolExecutor()
    servicer = CodeServer(
        server_termination_event=ended, logger=logger, server_threadpool_executor=threads, location_name=LOCATION,
        loadable_target_origin=LoadableTargetOrigin(
            executable_path=sys.executable, module_name=DEFINITIONS, working_directory=str(Path(__file__).parents[1])),
        entry_point=get_python_environment_entry_point(sys.executable),
    )
    server = DagsterGrpcServer(server_termination_event=ended, dagster_api_servicer=servicer, port=None, socket=socket,
                               host="localhost", logger=logger, threadpool_executor=threads)
    os.environ.setdefault("DAGSTER_GRPC_SHUTDOWN_GRACE_PERIOD", GRACE)
    with suppress(KeyboardInterrupt):  # how it is told to end
        server.serve()


if __name__ == "__main__":
    main(sys.argv[1])
