"""Makers for the tests of sound and film: tones, voices, coloured clips, recipes, and what a film really holds."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import wavfile

from studio.motion.encode import encode
from studio.motion.voice import RATE, speak
from studio.plan.film_recipes import ClipRef, Cue, FilmRecipe, SoundRef, VoiceRecipe
from studio.record import sha256

RED, BLUE, GREEN = (200, 40, 40), (40, 60, 200), (40, 160, 60)
LINE = "Who floats on the river in a peach?"


def voice(**changed: Any) -> VoiceRecipe:
    """A spoken line."""
    return VoiceRecipe(**{"engine": "espeak", "contract": 1, "text": LINE, "language": "en", **changed})


def spoken(place: Path, **changed: Any) -> Path:
    """The line as a file."""
    file = place / "voice.wav"
    file.write_bytes(_said(voice(**changed)))
    return file


@cache
def _said(recipe: VoiceRecipe) -> bytes:
    return speak(recipe)


def tone(file: Path, seconds: float, loud: float = 0.2, hertz: float = 220, rate: int = RATE, channels: int = 2) -> Path:
    """A steady tone."""
    wave = loud * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    wavfile.write(file, rate, np.repeat(np.rint(wave * 32767).astype(np.int16)[:, None], channels, axis=1))
    return file


def clip(place: Path, colour: tuple[int, int, int], frames: int, size: tuple[int, int] = (64, 48)) -> Path:
    """A clip of one colour."""
    file = place / f"{colour[0]}-{colour[1]}-{frames}.mp4"
    picture = np.full((size[1], size[0], 3), colour, np.uint8)
    encode(file, (picture for _ in range(frames)), "h264", 24)
    return file


def named(*files: Path) -> dict[str, Path]:
    """Files by their sha256."""
    return {sha(file): file for file in files}


def sha(file: Path) -> str:
    """sha256 of a file."""
    return sha256(file.read_bytes())


def part(file: Path, frames: int, dissolve: int = 0, **more: Any) -> ClipRef:
    """A clip in a film."""
    return ClipRef(clip=sha(file), unit=f"01.{file.stem}", frames=frames, dissolve=dissolve, **more)


def heard(file: Path, role: Any, start: float = 0.0, **more: Any) -> SoundRef:
    """A sound in a film."""
    return SoundRef(sound=sha(file), suffix=file.suffix, role=role, start=start, name=more.pop("name", file.stem), **more)


def cue(start: float, end: float, text: str = LINE, speaker: str = "Momo") -> Cue:
    """A subtitle."""
    return Cue(start=start, end=end, speaker=speaker, text=text)


def film(**changed: Any) -> FilmRecipe:
    """A film of 64 x 48 pixels at 24 fps."""
    return FilmRecipe(**{"contract": 1, "clips": (), "fps": 24, "width": 64, "height": 48, "lufs": -16.0, "duck_db": 9.0,
                         "language": "en", "facts": {"title": "Momo", "show": "momotaro", "author": "K.", "episode": "01"},
                         **changed})
