"""Shots: keyframes with a place in time, the words spoken over them, and what the camera does."""

from typing import Annotated, Literal

from pydantic import Field

from studio.story.drawn import Drawn
from studio.story.effects import AnyEffect
from studio.story.fields import Fraction, Id, Seconds, Text, Words
from studio.story.reading import Written

MAX_KEYFRAMES = 24
"""Keyframes of one shot; the `slot` partitions 01..24."""

Quality = Literal["draft", "standard", "final"]
"""draft: optical flow, no model; standard: the model at half its steps; final: all of them."""
Reading = Literal["depth", "lines"]
"""How a ControlNet is shown depth frames: as they are, or as the lines along which depth jumps."""
FilmCodec = Literal["h264", "vp9", "av1", "prores"]
Gain = Annotated[float, Field(ge=-60, le=20)]
"""Decibels: 0 leaves it as loud as it is recorded."""


class Keyframe(Drawn):
    """One drawing that the others are led to: a picture at a moment of its shot."""

    at: Seconds | None = None
    """Seconds from the shot's start; spread evenly between its neighbours when left out."""
    from_previous: Annotated[float, Field(gt=0, le=1)] | None = None
    """Drawn over the keyframe before it (image-to-image) with this strength, so that the two belong together: 1 forgets
    it, near 0 keeps it. Drawn anew when left out."""
    mask: str | None = None
    """In a shot with a `background`: picture file, white where the figure is. Cut out of its plain ground when left out."""


class Background(Drawn):
    """What stands behind a shot's figures: drawn once, without them; then each keyframe is joined with it."""

    plain: Words = "simple background"
    """Words added to each keyframe's prompt, so that its figure is drawn on a ground that it can be cut out of."""
    strength: Annotated[float, Field(gt=0, le=1)] = 0.35
    """How far a figure may change while it is drawn together with its background: near 0 pastes it."""
    feather: Annotated[int, Field(ge=0, le=64)] = 4
    """Pixels over which a figure's edge runs out."""


class Blockout(Written):
    """Depth frames, of a 3D scene or anything, that fix a shot's camera and layout through a ControlNet."""

    model: Id
    """Name of a ControlNet's model card."""
    frames: str
    """Folder of pictures in the order of their names, or a video, relative to the show; spread evenly over the shot."""
    read: Reading = "depth"
    invert: bool = False
    """The frames are white where it is far; ControlNets for depth want white to be near."""
    weight: Annotated[float, Field(ge=0, le=2)] = 1.0
    start: Fraction = 0.0
    end: Fraction = 1.0


class Line(Written):
    """Something said in a shot."""

    id: Id
    text: Words | dict[str, Words]
    speaker: Id | None = None
    """Character who says it; the narrator when left out."""
    at: Seconds | None = None
    """Seconds from the shot's start; right after the line before it when left out."""
    voice: str | dict[str, str] | None = None
    """Recorded sound file, one or one per language, relative to the show. It always wins over a synthetic voice."""
    gain_db: Gain = 0.0


class Sound(Written):
    """An effect or music: a sound file laid under the picture."""

    file: str
    """Sound file, relative to the show."""
    at: Seconds = 0.0
    """Seconds from the start of the shot (a shot's sounds) or of the film (music)."""
    gain_db: Gain = 0.0
    fade: Seconds = 0.0
    """Seconds of fading in and out."""


class Transition(Written):
    """How a shot follows the one before it."""

    kind: Literal["cut", "dissolve"] = "cut"
    seconds: Annotated[float, Field(gt=0, le=10)] = 0.5
    """Of a dissolve: how long both are seen. The film is shorter by as much."""


class Shot(Written):
    """One take of the camera: keyframes in order of time, and what leads from each to the next."""

    id: Id
    seconds: Annotated[float, Field(gt=0, le=3600)]
    keyframes: tuple[Keyframe, ...]
    """2 to 24."""
    preset: Id | None = None
    """Look of all its keyframes that name none themselves; the show's default when left out."""
    quality: Quality | None = None
    """The preset's when left out."""
    background: Background | None = None
    """Drawn apart from the figures; a changed figure draws no background again, and the other way round."""
    blockout: Blockout | None = None
    lines: tuple[Line, ...] = ()
    sounds: tuple[Sound, ...] = ()
    effects: tuple[AnyEffect, ...] = ()
    """After the preset's own, in their order."""
    transition: Transition = Transition()
    scene: Text = ""
    """Heading of the scene it belongs to; a new heading begins a chapter of the film."""
    note: Text = ""
    """What happens, for people; nothing is drawn from it."""


class Film(Written):
    """How an episode's shots become a film."""

    music: tuple[Sound, ...] = ()
    subtitles: Literal["soft", "burnt", "none"] = "soft"
    codec: FilmCodec = "h264"
    lufs: Annotated[float, Field(ge=-40, le=-5)] = -16.0
    """Loudness of the finished sound, LUFS (EBU R128)."""
    duck_db: Annotated[float, Field(ge=0, le=40)] = 9.0
    """Decibels by which music steps back while somebody speaks."""


class Voice(Written):
    """How a character sounds when no recording is given."""

    name: Text = ""
    """Variant of the synthetic voice, such as `m3` or `f2`; chosen from the language when left out."""
    speed: Annotated[int, Field(ge=80, le=400)] = 165
    """Words a minute."""
    pitch: Annotated[int, Field(ge=0, le=99)] = 50
    volume: Fraction = 1.0
