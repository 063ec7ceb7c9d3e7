"""What `genga apply` does through the queue, and what survives accidents."""

import os
import signal
from pathlib import Path

import pytest
import typer

from studio.cli import rendering
from studio.dispatch.services import Services
from studio.errors import BudgetError

from .making import (
    alive,
    board,
    books,
    events,
    fresh,
    opened,
    panel,
    wait_for,
    worker_pid,
    write_board,
    write_weights,
)

PATIENCE = 400
"""Seconds; a busy machine takes long, and waiting ends as soon as it is done."""
pytestmark = pytest.mark.timeout(1200)


def test_a_replaced_lora_file_makes_exactly_its_users_stale_and_apply_renders_only_them(
    folder: Path, services: Services
) -> None:
    wait_for(lambda: books(folder, "ink") and fresh(folder, "ink"), PATIENCE, "the first book")

    write_weights(folder / "models" / "ink.safetensors", "lora_unet.w", 99)
    production = opened(folder)
    plan = production.plan(production.boards("ink")[0])
    stale = {s.unit for s in plan.steps if s.stage == "panel" and s.state == "stale"}
    assert stale == {"ink.inked", "ink.too"}
    assert all(str(r).startswith("LoRA file") for s in plan.steps if s.unit in stale and s.stage == "panel" for r in s.reasons)

    with pytest.raises(BudgetError, match="nothing was submitted"):
        rendering.apply(folder, episode="ink", max_usd=0.0, yes=True)
    rendering.apply(folder, episode="ink", yes=True)
    assert fresh(folder, "ink")
    panels = events(folder, "take", "ink", "panel")
    assert [t["unit"] for t in panels[:3]] and sorted(t["unit"] for t in panels[3:]) == ["ink.inked", "ink.too"]
    traces = {t["trace"] for t in panels[3:]}
    assert len(traces) == 1 and all(len(trace) == 16 for trace in traces)


def test_a_killed_run_worker_loses_nothing_that_it_finished_and_nothing_is_paid_twice(
    folder: Path, services: Services
) -> None:
    write_board(folder, board("kill", [panel(f"k{n}", n) for n in range(12)]))
    done = wait_for(lambda: (t := events(folder, "take", "kill", "panel")) and len(t) >= 3 and t, PATIENCE, "three takes")
    worker = worker_pid(done[0], folder)
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: not alive(worker), 30, "the worker is gone")
    kept = events(folder, "take", "kill", "panel")
    assert 3 <= len(kept) < 12

    rendering.apply(folder, episode="kill", yes=True)
    takes = events(folder, "take", "kill", "panel")
    assert len({t["recipe"] for t in takes}) == len(takes) == 12
    assert takes[: len(kept)] == kept and {t["run"] for t in kept}.isdisjoint(t["run"] for t in takes[len(kept) :])
    assert fresh(folder, "kill") and books(folder, "kill")


def test_one_bad_panel_fails_alone_and_the_next_apply_renders_only_it(folder: Path, services: Services) -> None:
    wait_for(lambda: len(events(folder, "take", "bad", "final")) == 2, PATIENCE, "both good panels are final")
    assert {t["unit"] for t in events(folder, "take", "bad", "panel")} == {"bad.good", "bad.fine"}
    wait_for(lambda: events(folder, "take", "bad", "page"), PATIENCE, "the whole page is lettered")
    assert [t["unit"] for t in events(folder, "take", "bad", "page")] == ["bad.p2"]
    with pytest.raises(typer.Exit):
        rendering.apply(folder, episode="bad", yes=True)

    write_weights(folder / "models" / "absent.safetensors", "model.diffusion_model.w", 7)
    rendering.apply(folder, episode="bad", yes=True)
    assert [t["unit"] for t in events(folder, "take", "bad", "panel")[2:]] == ["bad.bad"]
    assert fresh(folder, "bad") and books(folder, "bad")


def test_nothing_to_do_is_said_without_the_queue(folder: Path, services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    wait_for(lambda: books(folder, "house") and fresh(folder, "house"), PATIENCE, "the book")
    before = len(events(folder, "take", "house"))
    rendering.apply(folder, episode="house", yes=True)
    assert "Nothing to do" in capsys.readouterr().out
    assert len(events(folder, "take", "house")) == before
