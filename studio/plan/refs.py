"""What recipes name: weights, pictures and sounds by sha256, with how they are used."""

from typing import Annotated, Literal

from pydantic import Field

from studio.record import Record
from studio.story.drawn import Joint, PoseStyle

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



class PoseRef(Record):
    """One ControlNet whose map is drawn from joints, and from which fraction of the steps to which it acts."""

    model: Sha
    figures: tuple[dict[Joint, tuple[float, float]], ...]
    """Joint -> (x, y), fractions of the picture from the top left; joints that are hidden are left out."""
    style: PoseStyle = "openpose"
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0


class InitRef(Record):
    """Image-to-image: first picture, optional mask (white is repainted), strength 0..1."""

    image: Sha
    mask: Sha | None = None
    strength: float


class LayersRef(Record):
    """A figure and a background that were drawn apart, joined by a mask in latents and drawn together from `strength` on."""

    image: Sha
    """The figure."""
    ground: Sha
    """The background; outside the mask it stands to the byte."""
    mask: Sha | None = None
    """White where the figure is; cut out of the figure's plain ground when None."""
    feather: int = 4
    """Pixels over which the mask's edge runs out, in the picture."""
    strength: float
    """1 draws the figure anew on its background, near 0 pastes it."""
