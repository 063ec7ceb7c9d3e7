"""genga up: what keeps it from starting."""

import socket
from pathlib import Path

from ..story.making import write_show
from .test_commands import MISTAKE, genga


def test_with_both_ports_taken_the_ui_s_is_named(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "show")
    with socket.socket() as ui, socket.socket() as review:
        for taken in (ui, review):
            taken.bind(("127.0.0.1", 0))
            taken.listen()
        port, other = ui.getsockname()[1], review.getsockname()[1]
        told = genga("up", "--port", port, "--review-port", other, "--show", folder)
    assert told.exit_code == MISTAKE
    assert f"--port: port {port} is taken" in " ".join(told.stderr.split()) and str(other) not in told.stderr
