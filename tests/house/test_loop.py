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


def test_a_loss_that_is_no_number_stops_the_training_and_says_where(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="the loss is nan at step 1; resume with a smaller rate"):
        train(LineJob(tmp_path / "x.safetensors", diverges=True), tmp_path / "x", Plan(steps=3, batch=8, rate=0.1))


def test_the_rate_rises_stays_and_falls() -> None:
    plan = Plan(steps=100, batch=1, rate=1.0, warmup=10, decay=0.2)
    assert [round(plan.rate_at(step), 2) for step in (0, 9, 50, 80, 90, 99)] == [0.1, 1.0, 1.0, 1.0, 0.5, 0.05]
