"""A show whose pictures are drawn by devices that stay warm: the real queue, a real Ray head, two devices."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studio.cli import rendering
from studio.dispatch.services import Fleet, serving
from studio.story.show import open_show

from .making import board, books, events, fresh, panel, wait_for, write_board, write_show

pytestmark = pytest.mark.timeout(1200)
PATIENCE = 400
GENGA = Path(sys.executable).parent / "genga"


def farm(folder: Path) -> list[dict[str, Any]]:
    """What `genga farm` tells of each device."""
    told = subprocess.run([GENGA, "farm", "--show", folder, "--json"], check=True, capture_output=True, text=True).stdout
    return json.loads(told)["devices"]


def test_an_episode_is_drawn_by_two_devices_that_outlive_its_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENGA_FAKE_SECONDS", "0.5")
    folder = write_show(tmp_path / "small")
    write_board(folder, board("fleet", [panel(f"a{n}", n) for n in range(6)]))
    with serving(open_show(folder), sensors=False, episodes=("fleet",), fleet=Fleet(2)):
        wait_for(lambda: [d["state"] for d in farm(folder)] == ["idle", "idle"], PATIENCE, "both devices are ready")
        rendering.apply(folder, yes=True)
        devices = farm(folder)
    assert fresh(folder, "fleet") and books(folder, "fleet")
    drawn = events(folder, "take", "fleet", "panel")
    assert sorted({take["host"].rpartition("/")[2] for take in drawn}) == ["0", "1"], "each take names its device"
    assert sum(d["pictures"] for d in devices) == len(drawn) + len(events(folder, "take", "fleet", "final")) == 12
