"""Cause: why a take had to be paid for, in one word, so that money can be counted by what it was spent on. Pure."""

from dataclasses import dataclass
from typing import Literal

from studio.plan.history import Cause, History
from studio.plan.plans import Step

TakeCause = Literal[
    "first", "retry", "lost", "rejected", "model", "preset", "engine", "control", "prompt", "seed", "edit", "upstream", "sweep",
    "canary",
]
"""first: the unit had no picture. retry: it had none because the last try failed. lost: it was made before, and its bytes are
gone. rejected: a person said no. Then what was changed: weights; look; engine version; what guides the picture; words of the
author or the cast; an explicit take number; layout, words or time of what is made from pictures; a picture that it is made
from. sweep and canary are not made for a unit of the story."""

_BY_REASON: dict[TakeCause, tuple[str, ...]] = {
    "model": ("model file", "VAE file", "LoRA file", "LoRA", "motion adapter file", "motion LoRA"),
    "preset": ("preset template", "sampler", "scheduler", "steps", "guidance", "clip skip", "precision", "batch size", "size",
               "negative prompt", "upscale", "motion strength", "window", "seed mode", "line sharpening", "denoising"),
    "engine": ("engine", "engine version"),
    "control": ("control", "init picture", "depth frames", "blockout"),
    "prompt": ("prompt", "character tags"),
    "seed": ("seed",),
    "upstream": ("upstream",),
}
_CAUSE_OF: dict[str, TakeCause] = {reason: cause for cause, reasons in _BY_REASON.items() for reason in reasons}
_FIRST: tuple[TakeCause, ...] = ("model", "preset", "engine", "control", "prompt", "seed", "edit", "upstream")
"""Of several changes the one that reaches furthest: it would have asked for the take by itself."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a step is worked on."""

    cause: TakeCause
    rejected_for: tuple[Cause, ...] = ()
    """What the person said who rejected the take before; only with `rejected`."""


def why_made(step: Step, history: History) -> Why:
    """Why `step`, which has something to do, is rendered and not found."""
    if step.stage in ("sweep", "refinement", "refinement_final"):
        return Why("sweep")
    if step.stage == "canary":
        return Why("canary")
    key = (step.unit, step.stage, step.language)
    pick = history.picks.get(key)
    if step.digest in history.takes or (pick and step.state == "missing"):
        return Why("lost")
    if pick is None:
        return Why("retry" if key in history.failures else "first")
    return _changed(step, history, pick.artifact)


def _changed(step: Step, history: History, artifact: str) -> Why:
    """A unit that has a picture, but of another recipe."""
    found: set[str] = {_CAUSE_OF.get(reason.cause, "edit") for reason in step.reasons}
    rejection = history.rejected(step.unit, step.stage, step.language).get(artifact)
    if rejection and found <= {"seed"}:  # the next seed is what a rejection asks for
        return Why("rejected", rejection.reasons)
    changes: list[TakeCause] = [cause for cause in _FIRST if cause in found]
    return Why(changes[0] if changes else "edit")
