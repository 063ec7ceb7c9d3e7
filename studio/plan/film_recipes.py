"""Recipes of a shot's way to the film: inbetweens, finals, voices, clips, subtitles, films."""

from typing import Annotated, Any, Literal

from pydantic import Field

from studio.plan.refs import LoraRef, Precision, Sampler, Scheduler, Sha
from studio.record import Record
from studio.story.shots import Reading


class SequenceRef(Record):
    """A ControlNet and one map per frame: a `frames` artifact."""

    model: Sha
    frames: Sha
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0


SeedMode = Literal["one", "per_frame"]
"""one: a single noise for all frames, as motion adapters were trained; per_frame: frame i draws from seed + i."""


class InbetweenRecipe(Record):
    """The frames from one keyframe to the next, both included. Engines without weights leave all that follows `height` out."""

    kind: Literal["inbetween"] = "inbetween"
    engine: str
    contract: int
    first: Sha
    last: Sha
    """Keyframe pictures: the first and the last frame are these, to the byte."""
    frames: Annotated[int, Field(ge=2)]
    width: int
    height: int
    model: Sha | None = None
    vae: Sha | None = None
    loras: tuple[LoraRef, ...] = ()
    adapter: Sha | None = None
    """Motion adapter."""
    motion_loras: tuple[LoraRef, ...] = ()
    """At most two."""
    prompt: str = ""
    negative: str = ""
    sampler: Sampler = "ddim"
    scheduler: Scheduler = "model"
    steps: int = 0
    guidance: float = 0.0
    clip_skip: int = 1
    strength: float = 0.0
    """How far the frames may leave the draft that optical flow makes of the keyframes: 0 keeps it, 1 forgets it."""
    window: int = 0
    """Frames that are denoised together; longer gaps slide a window of this length over them."""
    stride: int = 0
    """Frames from one window to the next; less than `window`, so that neighbours share frames."""
    overlap: float = 0.0
    """Share of a window's latents that are carried over from the one before it (the sources' 20 % rule); 0 is off."""
    seed: int = 0
    seed_mode: SeedMode = "one"
    control: SequenceRef | None = None
    precision: Precision = "fp32"


class BlockoutRecipe(Record):
    """A shot's depth frames as control maps: a picture for each keyframe and a sequence for each gap."""

    kind: Literal["blockout"] = "blockout"
    engine: Literal["blockout"] = "blockout"
    contract: int
    source: tuple[Sha, ...]
    """Pictures in their order, or one video."""
    read: Reading
    invert: bool
    width: int
    height: int
    drawings: int
    """Of the shot; the frames are spread evenly over them."""
    keys: tuple[int, ...]
    """The drawing at which each keyframe stands."""
    fps: int
    """Drawings a second."""


class FramesFinalRecipe(Record):
    """A sequence at final size: each frame enlarged, cleaned, its lines sharpened."""

    kind: Literal["frames_final"] = "frames_final"
    engine: str
    contract: int
    model: Sha | None = None
    frames: Sha
    count: int = 0
    """How many frames that sequence holds; 0 where it is not said."""
    scale: Annotated[int, Field(ge=1, le=8)]
    tile: int = 256
    overlap: int = 16
    denoise: float = 0.0
    """0 leaves noise, 1 removes all that an edge-keeping filter finds."""
    sharpen: float = 0.0
    """Amount of unsharp masking."""
    sharpen_limit: float = 0.1
    """Most that sharpening may change a pixel, as a fraction of full brightness."""
    precision: Precision = "fp32"


class VoiceRecipe(Record):
    """One spoken line: synthetic, or a recording brought to the project's format."""

    kind: Literal["voice"] = "voice"
    engine: Literal["espeak", "recorded"]
    contract: int
    text: str
    language: str
    voice: str = ""
    speed: int = 165
    pitch: int = 50
    volume: float = 1.0
    recording: Sha | None = None


class ClipRecipe(Record):
    """One shot's picture: its frames with effects, encoded. No sound: films bring it."""

    kind: Literal["clip"] = "clip"
    engine: Literal["clip"] = "clip"
    contract: int
    gaps: tuple[Sha, ...]
    """Frame sequences in order; each but the first leaves out its first frame, which ended the one before it."""
    drawings: int
    hold: int
    frames: int
    """Film frames, exactly."""
    fps: int
    width: int
    height: int
    effects: tuple[dict[str, Any], ...] = ()
    files: dict[str, Sha] = Field(default_factory=dict)
    """Name that an effect uses (a LUT, a watermark) -> its sha256."""
    language: str = ""
    """Of words in the picture; empty where there are none."""
    fonts: Sha | None = None
    codec: str = "h264"
    seed: int = 0


class Cue(Record):
    """A subtitle: seconds from the film's start, who speaks, what is said."""

    start: float
    end: float
    speaker: str
    text: str


class SubtitlesRecipe(Record):
    """An episode's subtitles in one language, as .srt and .ass."""

    kind: Literal["subtitles"] = "subtitles"
    engine: Literal["subtitles"] = "subtitles"
    contract: int
    cues: tuple[Cue, ...]
    language: str
    title: str
    width: int
    height: int


class ClipRef(Record):
    """A clip in a film."""

    clip: Sha
    unit: str
    """The shot, for the edit list."""
    frames: int
    dissolve: int = 0
    """Frames that it shares with the clip before it; 0 is a cut."""
    chapter: str = ""
    """Title of the chapter that begins here; empty where none does."""


class SoundRef(Record):
    """A sound in a film."""

    sound: Sha
    suffix: str
    role: Literal["voice", "effect", "music"]
    start: float
    """Seconds from the film's start."""
    gain_db: float = 0.0
    fade: float = 0.0
    name: str = ""


class FilmRecipe(Record):
    """One episode's film in one language."""

    kind: Literal["film"] = "film"
    engine: Literal["film"] = "film"
    contract: int
    clips: tuple[ClipRef, ...]
    sounds: tuple[SoundRef, ...] = ()
    cues: tuple[Cue, ...] = ()
    subtitles: Literal["soft", "burnt", "none"] = "soft"
    codec: str = "h264"
    fps: int
    width: int
    height: int
    lufs: float
    duck_db: float
    language: str
    facts: dict[str, Any]
    """Title, show, author, episode."""
    fonts: Sha | None = None
    """Only when words are burnt in."""
