import multiprocessing
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from house.train.loop import Arrays, Job, Plan, train


@dataclass
class LineJob(Job):
    """Fits a line; dies at a step, or answers with something that is no number."""

    out: Path
    dies: int = -1
    diverges: bool = False

    def open(self) -> nn.Module:
        self.steps = 0
        return nn.Linear(3, 1)

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        self.steps += 1
        if self.steps == self.dies:
            raise RuntimeError("the power is gone")
        x = torch.from_numpy(dice.normal(size=(batch, 3)).astype(np.float32))
        loss = (module(x) - x.sum(1, keepdim=True) + 0.1 * torch.randn(batch, 1)).square().mean()
        return loss * float("nan") if self.diverges else loss

    def save(self, module: nn.Module) -> None:
        save_file(module.state_dict(), self.out)


def test_a_training_that_died_ends_as_one_that_did_not(tmp_path: Path) -> None:
    plan = Plan(steps=12, batch=8, rate=0.05, warmup=2, save_seconds=0)
    train(LineJob(tmp_path / "whole.safetensors"), tmp_path / "whole", plan)
    with pytest.raises(Exception, match="the power is gone"):
        train(LineJob(tmp_path / "broken.safetensors", dies=7), tmp_path / "broken", plan)
    train(LineJob(tmp_path / "broken.safetensors"), tmp_path / "broken", plan)
    whole, broken = (load_file(tmp_path / f"{name}.safetensors") for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], broken[name]) for name in whole)


@dataclass
class SlowJob(LineJob):
    """Says on every step that it lives."""

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        (self.out / str(os.getpid())).touch()
        time.sleep(0.05)
        return super().loss(module, batch, dice)


def _train_slowly(folder: Path) -> None:
    train(SlowJob(folder), folder / "work", Plan(steps=100_000, batch=8, rate=0.1))


def test_workers_do_not_outlive_a_training_that_was_killed(tmp_path: Path) -> None:
    parent = multiprocessing.get_context("spawn").Process(target=_train_slowly, args=(tmp_path,))
    parent.start()
    while not (workers := [int(file.name) for file in tmp_path.iterdir() if file.is_file()]):
        assert parent.is_alive()
        time.sleep(0.1)
    os.kill(parent.pid or 0, signal.SIGKILL)
    parent.join()
    until = time.monotonic() + 60
    while any(Path(f"/proc/{worker}").exists() for worker in workers) and time.monotonic() < until:
        time.sleep(0.2)
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


def test_a_loss_that_is_no_number_stops_the_training_and_says_where(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="the loss is nan at step 1; resume with a smaller rate"):
        train(LineJob(tmp_path / "x.safetensors", diverges=True), tmp_path / "x", Plan(steps=3, batch=8, rate=0.1))


def test_the_rate_rises_stays_and_falls() -> None:
    plan = Plan(steps=100, batch=1, rate=1.0, warmup=10, decay=0.2)
    assert [round(plan.rate_at(step), 2) for step in (0, 9, 50, 80, 90, 99)] == [0.1, 1.0, 1.0, 1.0, 0.5, 0.05]
