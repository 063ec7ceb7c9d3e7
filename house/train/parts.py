"""The parts of the house model in the order in which they are trained, each with its job and plan."""

from collections.abc import Callable
from pathlib import Path

import typer

from house.train.autoencoder import AutoencoderJob
from house.train.diffusion import DiffusionJob
from house.train.judge import JudgeJob
from house.train.loop import Plan, train
from house.train.words import make_tokenizer

PICTURES = 24_000


def _autoencoder(work: Path, model: Path) -> None:
    train(AutoencoderJob(work, model), work / "autoencoder", Plan(steps=4600, batch=16, rate=2e-3, weight_decay=1e-4))
    whole = AutoencoderJob(work, model, crop=128)
    train(whole, work / "autoencoder", Plan(steps=5000, batch=8, rate=4e-4, weight_decay=1e-4, decay=0.08))


def _words(work: Path, model: Path) -> None:
    make_tokenizer(model)


def _judge(work: Path, model: Path) -> None:
    train(JudgeJob(work, model, PICTURES), work / "judge", Plan(steps=4000, batch=32, rate=1.5e-3, weight_decay=0.02))


def _diffusion(work: Path, model: Path) -> None:
    train(DiffusionJob(work, model, PICTURES), work / "diffusion", Plan(steps=12000, batch=64, rate=8e-4))


PARTS: dict[str, Callable[[Path, Path], None]] = {
    "autoencoder": _autoencoder,
    "words": _words,
    "judge": _judge,
    "diffusion": _diffusion,
}


def train_parts(only: str | None, work: Path, model: Path) -> None:
    """Train one part or all; a part that is done is skipped by its own checkpoint."""
    if only is not None and only not in PARTS:
        raise typer.BadParameter(f"no part is called {only!r}; there are {', '.join(PARTS)}")
    for name in [only] if only else PARTS:
        PARTS[name](work, model)
