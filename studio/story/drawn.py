"""Drawn: what an author says of any picture that a model draws, on a page or in a shot."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from studio.story.fields import Fraction, Id, Text, Value, Words
from studio.story.reading import Written

Joint = Literal[
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist", "right_hip",
    "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye", "right_ear", "left_ear",
]
"""The eighteen points of OpenPose's COCO body model, in its order; right and left are the figure's own."""
PoseStyle = Literal["openpose", "lines"]
"""openpose: coloured limbs on black, as pose ControlNets were trained; lines: a mannequin's white outline on black, for line art
ControlNets.
"""


LOCKS = "locks"
"""Folder of a show for pictures that units are drawn along because a variation round locked their composition."""
Near = tuple[Annotated[float, Field(ge=-1, le=2)], Annotated[float, Field(ge=-1, le=2)]]
"""A point in or around the picture, fractions from its top left."""


class LoraUse(Written):
    """A LoRA asked for by name."""

    model: Id
    weight: Annotated[float, Field(ge=-2, le=2)] = 0.8


class ControlUse(Written):
    """A ControlNet and its map: a picture, or a pose that is drawn from joints."""

    model: Id
    image: str | None = None
    """Picture file, relative to the show."""
    pose: tuple[dict[Joint, Near], ...] = ()
    """Instead of a picture, one figure after the other: joint -> place in the picture; hidden joints are left out. A joint may
    lie outside: a bust has its hips below the picture.
    """
    style: PoseStyle = "openpose"
    """How a pose is drawn."""
    weight: Annotated[float, Field(ge=0, le=2)] = 1.0
    start: Fraction = 0.0
    end: Fraction = 1.0

    @model_validator(mode="after")
    def _one_map(self) -> "ControlUse":
        if (self.image is None) == (not self.pose):
            raise ValueError("a control has either an image or a pose" + (", and this one has both" if self.pose else ""))
        if any(not figure for figure in self.pose):
            raise ValueError("pose: a figure needs at least one joint")
        return self


class InitUse(Written):
    """Image-to-image: where the picture starts from."""

    image: str
    """Picture file, relative to the show."""
    mask: str | None = None
    """Picture file; white is repainted, black is kept."""
    strength: Annotated[float, Field(gt=0, le=1)] = 0.6
    """1 forgets the picture, near 0 keeps it."""


class Drawn(Written):
    """A picture in words, with everything that may decide its pixels."""

    id: Id
    prompt: Words
    characters: tuple[Id, ...] = ()
    preset: Id | None = None
    negative: Text = ""
    """Added to the preset's negative prompt."""
    override: dict[str, Value] = Field(default_factory=dict)
    """Preset fields changed for this picture; only those that the preset declares open, within its bounds."""
    loras: tuple[LoraUse, ...] = ()
    control: tuple[ControlUse, ...] = ()
    init: InitUse | None = None
    take: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Another number is an explicit new seed."""
    candidates: Annotated[int, Field(ge=1, le=16)] | None = None
    """Takes that are drawn, the best of which within the gates is used; the show's when left out."""
    seed_offset: Annotated[int, Field(ge=0, lt=2**32)] = 0
    seed_namespace: Id | None = None
    """Whose seed base is used; the first character's when left out."""
