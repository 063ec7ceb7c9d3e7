"""From a dropped storyboard to a film through the real queue, and what survives accidents on the way."""

import copy
import os
import signal
from pathlib import Path

import pytest

from studio.cli import rendering
from studio.dispatch.services import Services
from studio.store.frames import count_frames

from .conftest import SEASON
from .making import alive, events, film, films, fresh, shot, wait_for, worker_pid, write_board

PATIENCE = 400
"""Seconds; a busy machine takes long, and waiting ends as soon as it is done."""
pytestmark = pytest.mark.timeout(1200)


def _filmed(folder: Path, episode: str) -> None:
    wait_for(lambda: fresh(folder, episode) and films(folder, episode), PATIENCE, f"film {episode} finished")


def test_shots_dropped_into_the_show_become_a_film_and_a_changed_effect_renders_nothing(
    folder: Path, services: Services
) -> None:
    _filmed(folder, "movie")
    assert count_frames(films(folder, "movie")[0]) == 48
    stages = [e["stage"] for e in events(folder, "take", "movie")]
    assert sorted(stages) == sorted(
        ["voice", *["keyframe"] * 4, *["inbetween"] * 2, *["inbetween_final"] * 2, *["clip"] * 2, "subtitles", "film"])

    changed = copy.deepcopy(next(data for data in SEASON if data["episode"] == "movie"))
    changed["shots"][0]["effects"] = [{"kind": "zoom"}]
    write_board(folder, changed)
    wait_for(lambda: len(events(folder, "take", "movie", "film")) == 2 and fresh(folder, "movie"), PATIENCE, "second film")
    assert [e["stage"] for e in events(folder, "take", "movie")[len(stages):]] == ["clip", "film"]


def test_a_worker_killed_between_keyframes_and_again_while_encoding_pays_for_no_frame_twice(
    folder: Path, services: Services
) -> None:
    write_board(folder, film("accident", *(shot(f"s{n}", 5) for n in range(3))))
    for stage, least in (("inbetween", 2), ("clip", 1)):
        done = wait_for(lambda stage=stage, least=least: (t := events(folder, "take", "accident", stage)) and len(t) >= least
                        and t, PATIENCE, f"first takes of {stage}")
        worker = worker_pid(done[-1], folder)
        if alive(worker):
            os.kill(worker, signal.SIGKILL)
            wait_for(lambda worker=worker: not alive(worker), 30, "the worker is gone")
        if stage == "inbetween":
            assert len(events(folder, "take", "accident", stage)) < 12
            rendering.apply(folder, episode="accident", unit=None, yes=True)
    rendering.apply(folder, episode="accident", yes=True)
    takes = events(folder, "take", "accident")
    assert len({t["recipe"] for t in takes}) == len(takes)
    assert len([t for t in takes if t["stage"] == "inbetween"]) == 12
    assert fresh(folder, "accident") and films(folder, "accident")
