"""One training loop for every part: steps, averaging, checkpoints, and as many workers as there are cores.

A job knows its modules and how a batch becomes a loss.  The loop knows the rest.  What a step draws at random depends on
(seed, step, worker) alone, so that a training that was killed goes on as if it had not been.

On CPU each core is a process of its own with one thread (gloo averages the gradients): two such processes are half again as
fast as one with two threads.  On a GPU there is one process.  Where the device computes in bfloat16, autocast does.
"""

import copy
import json
import math
import os
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn

Arrays = np.random.Generator
STATE = "state.pt"
"""Name of a checkpoint."""


@dataclass(frozen=True)
class Plan:
    """How long and how fast: steps of batch pictures (all workers together), peak learning rate, and seconds between saves.

    The rate rises over warmup steps, stays, and falls to nothing over the last share that decay names.
    """

    steps: int
    batch: int
    rate: float
    warmup: int = 100
    decay: float = 0.3
    weight_decay: float = 0.01
    clip: float = 1.0
    average: float = 0.998
    save_seconds: float = 120.0
    seed: int = 0

    def rate_at(self, step: int) -> float:
        """The learning rate of a step, counted from zero."""
        fall = self.steps * self.decay
        return self.rate * min(1.0, (step + 1) / self.warmup, max((self.steps - step) / fall, 0.01))


class Job(ABC):
    """What is trained.  Made anew in every worker, so it must pickle: keep paths in the constructor, load in open()."""

    device: torch.device

    def prepare(self) -> None:  # noqa: B027 - most jobs need nothing but what open() loads
        """Make what the data on disk lacks; called once, before the workers open it."""

    @abstractmethod
    def open(self) -> nn.Module:
        """Load the data, and make the module whose trainable parameters are trained (and averaged)."""

    @abstractmethod
    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        """The loss of batch random examples; torch's own generator is seeded too."""

    @abstractmethod
    def save(self, module: nn.Module) -> None:
        """Write the averaged module in the form that is shipped."""


def train(job: Job, folder: Path, plan: Plan) -> Path:
    """Train job to plan.steps, from folder's checkpoint if there is one, and save what is shipped; returns the checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / f"{plan.steps}.done").exists():
        return folder / STATE
    job.prepare()
    if torch.cuda.is_available():
        _work(0, 1, job, folder, plan)
        return folder / STATE
    workers = len(os.sched_getaffinity(0))
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "OMP_NUM_THREADS": "1"}
    mp.spawn(_work, args=(workers, job, folder, plan), nprocs=workers)  # pyright: ignore[reportPrivateImportUsage]
    return folder / STATE


def _free_port() -> int:
    import socket

    with socket.socket() as ear:
        ear.bind(("127.0.0.1", 0))
        return ear.getsockname()[1]


def _work(rank: int, workers: int, job: Job, folder: Path, plan: Plan) -> None:
    job.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if job.device.type == "cpu":
        torch.set_num_threads(1)
        os.nice(10)
    if workers > 1:
        dist.init_process_group("gloo", rank=rank, world_size=workers)
    torch.manual_seed(plan.seed)
    _Worker(rank, workers, job, folder, plan).run()
    if workers > 1:
        dist.destroy_process_group()


def computes_in_half(device: torch.device) -> bool:
    """Whether the device multiplies in bfloat16 by itself; emulated, it is slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


class _Worker:
    """One process of a training."""

    def __init__(self, rank: int, workers: int, job: Job, folder: Path, plan: Plan) -> None:
        self.rank, self.workers, self.job, self.folder, self.plan = rank, workers, job, folder, plan
        self.module = job.open().to(job.device)
        self.half = computes_in_half(job.device)
        self.parameters = [p for p in self.module.parameters() if p.requires_grad]
        self.averaged = copy.deepcopy(self.module).eval()
        self.kept = [p for p in self.averaged.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in self.parameters if p.ndim > 1], "weight_decay": plan.weight_decay},
            {"params": [p for p in self.parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, plan.rate, betas=(0.9, 0.98), eps=1e-7, fused=True)
        self.parent = os.getppid()
        self.step = 0
        self.seconds = 0.0
        self._resume()
        self.started = time.monotonic()

    def run(self) -> None:
        """Train, telling and saving on the way."""
        told, saved, losses, first = self.started, self.started, [], self.step
        while self.step < self.plan.steps:
            if os.getppid() != self.parent:  # whoever started this was killed: a second training would fight over the checkpoint
                raise SystemExit(f"{self.folder.name}: stopped at step {self.step}, for its parent process is gone")
            losses.append(self._advance())
            now = time.monotonic()
            if self.rank == 0 and now - told > 20:
                speed = (self.step - first) * self.plan.batch / (now - self.started)
                left = (self.plan.steps - self.step) * self.plan.batch / speed
                self._tell(float(np.mean(losses)), speed, left)
                told, losses = now, []
            if self.rank == 0 and now - saved > self.plan.save_seconds:
                self._keep()
                saved = now
        if self.rank == 0:
            self._keep()
            self.job.save(self.averaged)
            (self.folder / f"{self.plan.steps}.done").touch()
            spent = (self.seconds + time.monotonic() - self.started) / 60
            print(f"{self.folder.name}: {self.step} steps, {spent:.0f} minutes on {self.workers} workers", flush=True)

    def _advance(self) -> float:
        plan, share = self.plan, self.plan.batch // self.workers
        for group in self.optimizer.param_groups:
            group["lr"] = plan.rate_at(self.step)
        number = (plan.seed * 1_000_003 + self.step) * 64 + self.rank
        torch.manual_seed(number)
        with torch.autocast(self.job.device.type, torch.bfloat16, enabled=self.half):
            loss = self.job.loss(self.module, share, np.random.default_rng(number))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.workers > 1:
            self._average_gradients()
        torch.nn.utils.clip_grad_norm_(self.parameters, plan.clip)
        self.optimizer.step()
        self.step += 1
        memory = min(plan.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(self.kept, self.parameters, 1 - memory)
        value = loss.item()
        if not math.isfinite(value):
            raise FloatingPointError(f"{self.folder}: the loss is {value} at step {self.step}; resume with a smaller rate")
        return value

    def _average_gradients(self) -> None:
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in self.parameters]
        flat = torch.cat([g.reshape(-1) for g in gradients])
        dist.all_reduce(flat)
        flat /= self.workers
        for p, piece in zip(self.parameters, flat.split([g.numel() for g in gradients]), strict=True):
            p.grad = piece.view_as(p)

    def _tell(self, loss: float, speed: float, left: float) -> None:
        line = {"step": self.step, "loss": round(loss, 5), "per_second": round(speed, 1), "minutes_left": round(left / 60, 1)}
        print(f"{self.folder.name}: {json.dumps(line)}", flush=True)
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(json.dumps(line | {"at": round(time.time())}) + "\n")

    def _keep(self) -> None:
        """Write the checkpoint under another name first: a kill while writing costs nothing."""
        state = {
            "step": self.step,
            "batch": self.plan.batch,
            "seconds": self.seconds + time.monotonic() - self.started,
            "module": self.module.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(state, self.folder / "state.new")
        (self.folder / "state.new").replace(self.folder / STATE)

    def _resume(self) -> None:
        file = self.folder / STATE
        if not file.exists():
            return
        state = torch.load(file, map_location=self.job.device, weights_only=True)
        self.step, self.seconds = state["step"], state.get("seconds", 0.0)
        self.module.load_state_dict(state["module"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.rank == 0:
            print(f"{self.folder.name}: goes on from step {self.step} of {self.plan.steps}", flush=True)
