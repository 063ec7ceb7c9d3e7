"""What recipes name: weights, pictures and sounds by sha256, with how they are used."""

from typing import Annotated, Literal

from pydantic import Field

from studio.record import Record

Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Precision = Literal["fp32", "fp16", "bf16"]
Sampler = Literal["euler", "euler_a", "ddim", "dpmpp_2m", "dpmpp_2m_karras", "dpmpp_sde", "unipc", "lcm"]
"""Samplers under their A1111 / ComfyUI names."""
Scheduler = Literal["model", "normal", "karras", "exponential", "trailing"]
"""How noise levels are spaced; `model` leaves it to the weights' own scheduler file."""


class LoraRef(Record):
    """One LoRA file and how strongly it is mixed in."""

    model: Sha
    weight: float


class ControlRef(Record):
    """One ControlNet, its map, and from which fraction of the steps to which it acts."""

    model: Sha
    image: Sha
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0


class InitRef(Record):
    """Image-to-image: first picture, optional mask (white is repainted), strength 0..1."""

    image: Sha
    mask: Sha | None = None
    strength: float
