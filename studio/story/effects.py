"""Effects: what happens to a shot's frames after they are drawn. A declared list, applied in its order."""

from typing import Annotated, Literal

from pydantic import Field

from studio.story.fields import Fraction, Point, Seconds, Text, Words
from studio.story.reading import Written

Ease = Literal["linear", "in", "out", "in_out"]
"""How a movement gains and loses speed."""
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Corner = Literal["top_left", "top_right", "bottom_left", "bottom_right"]


class Effect(Written):
    """What all effects say: when. The whole shot when both are left out."""

    at: Seconds = 0.0
    """Seconds from the shot's start."""
    seconds: Annotated[float, Field(gt=0, le=3600)] | None = None
    """How long; to the shot's end when left out."""


class Pan(Effect):
    """The camera moves: which point of the picture stands in the middle. Needs a zoom above 1, or there is nowhere to go."""

    kind: Literal["pan"] = "pan"
    start: Point = (0.5, 0.5)
    end: Point = (0.5, 0.5)
    zoom: Annotated[float, Field(ge=1, le=8)] = 1.25
    """How much of the picture is left out meanwhile: 2 shows half its width."""
    ease: Ease = "in_out"


class Zoom(Effect):
    """The camera nears or leaves: 1 shows the whole picture, 2 half its width."""

    kind: Literal["zoom"] = "zoom"
    start: Annotated[float, Field(ge=1, le=8)] = 1.0
    end: Annotated[float, Field(ge=1, le=8)] = 1.2
    focus: Point = (0.5, 0.5)
    """Point of the picture that stays where it is."""
    ease: Ease = "in_out"


class Shake(Effect):
    """The camera trembles, less and less when it fades."""

    kind: Literal["shake"] = "shake"
    amount: Annotated[float, Field(gt=0, le=0.2)] = 0.01
    """Largest movement, as a fraction of the picture's width."""
    hertz: Annotated[float, Field(gt=0, le=30)] = 8.0
    """Changes of direction a second."""
    fade: bool = True


class Grade(Effect):
    """Colours through a lookup table."""

    kind: Literal["grade"] = "grade"
    lut: str
    """A .cube file (3D), relative to the show."""
    amount: Fraction = 1.0


class Bloom(Effect):
    """Light parts glow."""

    kind: Literal["bloom"] = "bloom"
    amount: Fraction = 0.4
    threshold: Fraction = 0.75
    """Brightness from which a part glows."""
    radius: Annotated[float, Field(gt=0, le=0.2)] = 0.02
    """Width of the glow, as a fraction of the picture's width."""


class Grain(Effect):
    """Film grain, other in each frame."""

    kind: Literal["grain"] = "grain"
    amount: Fraction = 0.2
    """1 is a standard deviation of a tenth of full brightness."""


class Vignette(Effect):
    """Corners darken."""

    kind: Literal["vignette"] = "vignette"
    amount: Fraction = 0.4
    """Brightness lost in the corners."""
    radius: Annotated[float, Field(gt=0, le=1.5)] = 0.6
    """Where it begins, as a fraction of half the diagonal."""


class SpeedLines(Effect):
    """Lines that run towards a point, drawn anew every other drawing."""

    kind: Literal["speed_lines"] = "speed_lines"
    centre: Point = (0.5, 0.5)
    amount: Fraction = 0.5
    """How many and how long."""
    colour: Colour = "#ffffff"


class Title(Effect):
    """Words in the middle of the picture, faded in and out; over a plain colour when `card` is true."""

    kind: Literal["title"] = "title"
    text: Words | dict[str, Words]
    size: Annotated[float, Field(gt=0, le=0.5)] = 0.09
    """Height of the type, as a fraction of the picture's height."""
    colour: Colour = "#ffffff"
    card: bool = False
    background: Colour = "#000000"
    place: Point = (0.5, 0.5)


class Watermark(Effect):
    """A small mark in a corner: words or a picture."""

    kind: Literal["watermark"] = "watermark"
    text: Text = ""
    image: str | None = None
    """Picture file with transparency, relative to the show."""
    corner: Corner = "bottom_right"
    size: Annotated[float, Field(gt=0, le=0.5)] = 0.05
    """Height, as a fraction of the picture's height."""
    opacity: Fraction = 0.5


class Fade(Effect):
    """From or to a plain colour over the effect's length."""

    kind: Literal["fade"] = "fade"
    to: bool = False
    """False comes out of the colour, true goes into it."""
    colour: Colour = "#000000"


AnyEffect = Annotated[
    Pan | Zoom | Shake | Grade | Bloom | Grain | Vignette | SpeedLines | Title | Watermark | Fade, Field(discriminator="kind")
]
