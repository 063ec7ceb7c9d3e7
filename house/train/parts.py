"""The parts of the house family in the order in which they are trained, each with its job and plan."""

from collections.abc import Callable
from pathlib import Path

import typer

from house.cards import remember_training
from house.draw.looks import CHARACTER
from house.shelf import pipeline
from house.train.loop import Plan, train

PICTURES = 24_000
SMALL_STEPS = 2400
"""Steps at half the native size, before those at the native size."""
LORA_STEPS = {CHARACTER: 500, "screentone manga": 2000, "woodblock print": 900}
"""Dots and the loss of all colour take longest to learn."""


def _autoencoder(work: Path, models: Path) -> Path | None:
    from house.train.autoencoder import SIZE, AutoencoderJob

    folder = work / "autoencoder"
    train(AutoencoderJob(work, models), folder, Plan(steps=3000, batch=16, rate=2e-3, weight_decay=1e-4, decay=0.05))
    # whole pictures at the end: normalisation sees other means in a crop, and colours drift
    whole = AutoencoderJob(work, models, crop=SIZE)
    return train(whole, folder, Plan(steps=6000, batch=8, rate=1.2e-3, weight_decay=1e-4, decay=0.3))


def _words(work: Path, models: Path) -> Path | None:
    from house.train.words import make_tokenizer

    # once: equal counts fall out in another order each time, and a trained text encoder knows only its own token numbers
    if not (pipeline(models) / "tokenizer" / "tokenizer.json").exists():
        make_tokenizer(models)
    return None


def _judge(work: Path, models: Path) -> Path | None:
    from house.train.judge import JudgeJob

    return train(JudgeJob(work, models, PICTURES), work / "judge", Plan(steps=7500, batch=32, rate=1.5e-3, weight_decay=0.02))


def _critic(work: Path, models: Path) -> Path | None:
    from house.train.critic import CriticJob

    job = CriticJob(work, models, {128: PICTURES, (160, 104): PICTURES // 2, (104, 160): PICTURES // 2})
    return train(job, work / "critic", Plan(steps=3500, batch=32, rate=2e-3, weight_decay=0.02))


def _diffusion(work: Path, models: Path) -> Path | None:
    from house.train.diffusion import DiffusionJob

    folder = work / "diffusion"
    small = DiffusionJob(work, models, PICTURES, {64: 1})
    train(small, folder, Plan(steps=SMALL_STEPS, batch=64, rate=1e-3, decay=0.01))
    native = DiffusionJob(work, models, PICTURES, {128: 2, (160, 104): 1, (104, 160): 1}, detail=True)
    return train(native, folder, Plan(steps=SMALL_STEPS + 9_600, batch=32, rate=6e-4, decay=0.2))


def _control(work: Path, models: Path) -> Path | None:
    from house.train.control import ControlJob

    return train(ControlJob(work, models, 6000), work / "control", Plan(steps=1500, batch=32, rate=1e-3))


def _motion(work: Path, models: Path) -> Path | None:
    from house.train.motion import MotionJob

    train(MotionJob(work, models, 700, 64), work / "motion", Plan(steps=1200, batch=4, rate=8e-4, decay=0.1))
    return train(MotionJob(work, models, 300, 128), work / "motion", Plan(steps=1500, batch=2, rate=4e-4))


def _loras(work: Path, models: Path) -> list[Path]:
    from house.train.lora import CharacterJob, LoraJob

    states: list[Path] = []
    for name, steps in LORA_STEPS.items():
        folder = work / f"lora-{name.replace(' ', '-')}"
        job = CharacterJob if name == CHARACTER else LoraJob
        states.append(train(job(work, models, name), folder, Plan(steps=steps, batch=16, rate=2e-3, warmup=20)))
    return states


def _clip(work: Path, models: Path) -> Path | None:
    from house.train.clip import ClipJob

    return train(ClipJob(work, models, PICTURES), work / "clip", Plan(steps=1300, batch=96, rate=1.2e-3, weight_decay=0.05))


def _faces(work: Path, models: Path) -> Path | None:
    from house.train.faces import FacesJob

    return train(FacesJob(work, models, 8000), work / "faces", Plan(steps=3000, batch=32, rate=2e-3))


def _upscaler(work: Path, models: Path) -> Path | None:
    from house.train.upscaler import UpscalerJob

    return train(UpscalerJob(work, models), work / "upscaler", Plan(steps=2500, batch=16, rate=2e-3))


PARTS: dict[str, Callable[[Path, Path], Path | list[Path] | None]] = {
    "autoencoder": _autoencoder,
    "words": _words,
    "judge": _judge,
    "clip": _clip,
    "critic": _critic,
    "diffusion": _diffusion,
    "faces": _faces,
    "control": _control,
    "motion": _motion,
    "loras": _loras,
    "upscaler": _upscaler,
}


def train_parts(only: str | None, work: Path, models: Path) -> None:
    """Train one part or all; a part that is done is skipped by its own checkpoint."""
    if only is not None and only not in PARTS:
        raise typer.BadParameter(f"no part is called {only!r}; there are {', '.join(PARTS)}")
    for name in [only] if only else PARTS:
        states = PARTS[name](work, models)
        if states:
            remember_training(name, models, states if isinstance(states, list) else [states])
