"""Makers for motion's tests: drawings, sequences, recipes, and what a video really holds."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from house.draw.clips import clip_scene, motion_at
from house.draw.picture import draw
from studio.motion.effects.applying import Effects
from studio.motion.effects.stage import Stage
from studio.plan.film_recipes import ClipRecipe
from studio.record import sha256
from studio.store.frames import write_frames

WIDE, TALL, FPS = 160, 90, 24


@cache
def drawing(frame: int = 0, frames: int = 9) -> np.ndarray:
    """A drawing of a girl who moves, (90, 160, 3) uint8."""
    scene, kind = clip_scene(3)
    square = draw(scene, WIDE, motion_at(kind, frame, frames))
    return square[:TALL].copy()


def light(frame: int = 0) -> np.ndarray:
    """The same as float32 in 0..1."""
    return drawing(frame).astype(np.float32) / np.float32(255)


def effects(*written: dict[str, Any], frames: int = 48, seed: int = 5, language: str = "en", files: dict[str, Path] | None = None,
            size: tuple[int, int] = (WIDE, TALL)) -> Effects:
    """Effects of a clip of `frames` at 24 fps."""
    return Effects(written, Stage(*size, language, files), frames, FPS, seed)


def played(*written: dict[str, Any], frames: int = 48, **more: Any) -> list[np.ndarray]:
    """What becomes of a still drawing, frame by frame, held for three frames."""
    made = effects(*written, frames=frames, **more)
    return [made.apply(light(), i, i // 3) for i in range(frames)]


def sequences(place: Path, *lengths: int) -> list[Path]:
    """Frame sequences whose first frame is the last of the one before; frame n of all is `numbered(n)`."""
    files, start = [], 0
    for i, length in enumerate(lengths):
        files.append(place / f"gap{i}.mkv")
        write_frames(files[-1], (numbered(start + n) for n in range(length)), 8)
        start += length - 1
    return files


def numbered(n: int, size: tuple[int, int] = (WIDE, TALL)) -> np.ndarray:
    """A plain grey picture that says which it is: brightness 16 + 8 n."""
    return np.full((size[1], size[0], 3), 16 + 8 * n, np.uint8)


def number_of(frame: np.ndarray) -> int:
    """Which `numbered` picture this is."""
    return round((float(frame.mean()) - 16) / 8)


def recipe(files: list[Path], **changed: Any) -> ClipRecipe:
    """A clip of two seconds on threes from `files`."""
    given: dict[str, Any] = {"contract": 1, "gaps": tuple(sha256(f.read_bytes()) for f in files), "drawings": 16, "hold": 3,
                             "frames": 48, "fps": FPS, "width": WIDE, "height": TALL}
    return ClipRecipe(**{**given, **changed})


@dataclass
class Seen:
    """What a video holds."""

    frames: list[np.ndarray]
    times: list[Fraction]
    """Seconds at which each frame begins."""
    seconds: Fraction
    """Of the whole stream."""
    tags: tuple[int, ...]
    """Primaries, transfer curve, matrix, range."""
    size: tuple[int, int]


def look(file: Path) -> Seen:
    """Decode a whole video."""
    with av.open(str(file)) as source:
        stream: Any = source.streams.video[0]
        decoded = list(source.decode(video=0))
        context = stream.codec_context
        tags = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
        seconds = Fraction(source.duration, 1_000_000) if stream.duration is None else stream.duration * stream.time_base
        exact = "BICUBIC"
        return Seen([f.to_ndarray(format="rgb24", interpolation=exact) for f in decoded],
                    [f.pts * f.time_base for f in decoded], seconds, tags, (stream.width, stream.height))
