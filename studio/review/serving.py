"""Serving: the review page on this machine, in a thread beside whatever else genga does."""

import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from studio.errors import OrchestrationError
from studio.review.asking import Asking, ask

LOOPBACK = "127.0.0.1"
START_SECONDS, STOP_SECONDS = 30.0, 10.0


@contextmanager
def reviewing(folder: Path, port: int = 0, asking: Asking = ask) -> Generator[str]:
    """Serve the review of the show in `folder` for the length of a `with` block; its address.

    port: 0 takes a free one. asking: another way to ask for the next take. Raises OrchestrationError when it is taken.
    """
    import uvicorn

    from studio.review.app import make_app

    with _bound(port) as listening:
        app = make_app(folder, asking)
        server = uvicorn.Server(uvicorn.Config(
            app.asgi, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False,
            timeout_graceful_shutdown=2,
        ))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="review", daemon=True)
        thread.start()
        try:
            _await(server, thread)
            yield f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        finally:
            app.room.closing.set()  # pages that listen for events would keep the server waiting
            server.should_exit = True
            thread.join(STOP_SECONDS)


def _await(server: object, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not getattr(server, "started", False):
        if not thread.is_alive() or time.monotonic() > deadline:
            raise OrchestrationError("the review page could not be served",
                                     remedy="'genga doctor' checks the installation; 'genga --debug' tells more")
        time.sleep(0.02)


def _bound(port: int) -> socket.socket:
    """A socket that only this machine can reach."""
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
    except OSError as exc:
        listening.close()
        raise OrchestrationError(f"port {port} is taken ({exc.strerror})", field="--review-port",
                                 remedy="Name another one, or 0 for a free one") from None
    return listening
