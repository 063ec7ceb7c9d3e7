"""Voices: a spoken line as a WAV, 48 kHz, mono, 16 bit; recorded by a person, or synthetic until there is a recording.

espeak-ng reads Japanese kana but no kanji: for each it says "Chinese letter". `unreadable` tells which characters of a line those
are, so that they are noticed before anybody hears them; a recording, or the line in kana, mends it.
"""

import difflib
import io
import subprocess
import sys
import unicodedata
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import RenderError, StoreError
from studio.motion.espeak import NO_ESPEAK, UNKNOWN_VOICE
from studio.plan.film_recipes import VoiceRecipe

if TYPE_CHECKING:
    import numpy as np

CONTRACT = 1
"""Raised when the same recipe gives another sound."""
RATE = 48_000
"""Samples a second of every sound in a film."""
EDGE = 0.05
"""Seconds of silence that a synthetic line keeps before and after itself."""
FADE = 0.005
"""Seconds over which its ends rise and fall, so that they do not click."""
SILENT = 10 ** (-50 / 20)
"""Under this part of the loudest sample a synthetic line is silent."""
REST = 0.5
"""Seconds of silence for a line without a letter, such as `……`."""
SECONDS_TO_WAIT = 20.0
"""For the synthesiser, and a second more for each hundred letters."""


def speak(recipe: VoiceRecipe, recording: Path | None = None) -> bytes:
    """The line of `recipe` as a WAV file, 48 kHz, mono, 16 bit; `recording` is the file that engine `recorded` brings there.

    Raises RenderError for an empty text, a language or voice that espeak-ng does not know (naming the nearest) or a synthesiser
    that fails or hangs, StoreError for a recording that is missing or cannot be decoded.
    """
    if recipe.engine == "recorded":
        if recording is None:
            raise StoreError("a recorded line has no recording", field="voice", remedy="Name a sound file as the line's voice")
        return _recorded(recording)
    if not recipe.text.strip():
        raise RenderError("there is nothing to say", field="text", remedy="Write the line, or leave it out")
    if not any(unicodedata.category(c)[0] in "LN" for c in recipe.text):
        return _wav(bytes(2 * round(REST * RATE)))
    return _wav(_finished(_synthetic(recipe)))


def seconds_of(wav: bytes | Path) -> float:
    """Length of a sound. A WAV says it itself; other files are decoded. Raises StoreError when it is none, naming the file."""
    try:
        with wave.open(io.BytesIO(wav) if isinstance(wav, bytes) else str(wav), "rb") as sound:
            return sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError, OSError) as exc:
        if isinstance(wav, bytes):
            raise StoreError("these bytes are no WAV", remedy="Make the voice again") from exc
        return sum(block.shape[0] for block in decode(wav, "mono")) / RATE


def unreadable(recipe: VoiceRecipe) -> str:
    """Characters of the line that its synthetic voice cannot read, each once: kanji in Japanese. Empty for recordings."""
    if recipe.engine == "recorded" or recipe.language.split("-")[0] != "ja":
        return ""
    return "".join(dict.fromkeys(c for c in recipe.text if unicodedata.name(c, "").startswith("CJK UNIFIED")))


def decode(file: Path, layout: str) -> "Iterator[np.ndarray]":
    """Any sound file as blocks of (samples, channels) float32 at 48 kHz; `layout` is `mono` or `stereo`.

    Stereo becomes mono as the mean of both, so that nothing clips; mono becomes stereo with equal power, 3 dB less on each side.
    Raises StoreError, naming the file, when it is missing, holds no sound or cannot be decoded.
    """
    import av
    from av.error import FFmpegError

    if not file.is_file():
        raise StoreError("this sound file does not exist", file=file, field="voice", remedy="Put it there, or name another")
    count = 0
    try:
        with av.open(str(file)) as source:
            if not source.streams.audio:
                raise StoreError("there is no sound in this file", file=file, remedy="Name a WAV, FLAC, MP3, Ogg or M4A file")
            narrow = layout == "mono" and source.streams.audio[0].codec_context.channels == 1
            to = av.AudioResampler("flt", "mono" if narrow else "stereo", RATE)
            for frame in _with_end(source.decode(audio=0)):
                for block in to.resample(frame):
                    count += block.samples
                    values = block.to_ndarray().reshape(block.samples, -1)
                    yield values.mean(axis=1, keepdims=True) if layout == "mono" else values
    except (FFmpegError, OSError) as exc:
        raise StoreError(f"the sound cannot be decoded after {count / RATE:.2f} s ({exc})", file=file,
                         remedy="Export it again, as WAV if need be") from exc
    if not count:
        raise StoreError("the sound is empty", file=file, remedy="Record or export it again")


def _with_end(frames: Iterator[Any]) -> Iterator[Any]:
    yield from frames
    yield None  # the resampler gives what it still holds


def run_child(command: Sequence[str], text: str, wait: float) -> subprocess.CompletedProcess[bytes]:
    """Run a synthesiser on `text` for at most `wait` seconds. Raises RenderError, naming the line, when it hangs."""
    try:
        return subprocess.run(command, input=text.encode(), capture_output=True, timeout=wait, check=False)
    except subprocess.TimeoutExpired as exc:
        raise RenderError(f"the voice of \"{_shown(text)}\" was not ready after {wait:g} s", field="text",
                          remedy="Try again; shorten the line or record it if that does not help") from exc


def _synthetic(recipe: VoiceRecipe) -> bytes:
    """What espeak-ng says, a WAV at its own rate."""
    voice = "+".join(filter(None, (recipe.language.lower(), recipe.voice)))
    numbers = [str(n) for n in (recipe.speed, recipe.pitch, round(100 * recipe.volume))]
    done = run_child([sys.executable, "-m", "studio.motion.espeak", voice, *numbers], recipe.text,
                     SECONDS_TO_WAIT + len(recipe.text) / 100)
    return heard(done, recipe)


def heard(done: subprocess.CompletedProcess[bytes], recipe: VoiceRecipe) -> bytes:
    """The WAV that a synthesiser wrote. Raises RenderError, naming the line, when it ended in any other way."""
    if done.returncode == UNKNOWN_VOICE:
        raise _unknown(recipe, done.stdout.decode().split("\n"))
    if done.returncode == NO_ESPEAK:
        raise RenderError("espeak-ng is not on this machine", field="voice",
                          remedy="Install the PyPI package espeakng_loader or the program espeak-ng, or record the line")
    if done.returncode or not done.stdout.startswith(b"RIFF"):
        why = (done.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
        raise RenderError(f"the synthetic voice failed at \"{_shown(recipe.text)}\" (exit {done.returncode}: {why})",
                          field="text", remedy="Write the line in other words, or record it")
    return done.stdout


def _unknown(recipe: VoiceRecipe, known: list[str]) -> RenderError:
    """Which half of the voice is unknown, and what is nearest to it."""
    languages = [name for name in known if name and not name.startswith("+")]
    variants = [name[1:] for name in known if name.startswith("+")]
    language = recipe.language.lower()
    if language not in languages:
        base = language.split("-")[0]
        alike = sorted(difflib.get_close_matches(language, languages, 20, 0.3), key=lambda name: name[0] != language[:1])
        near = [base] if base in languages else alike[:3] or ["en"]
        return RenderError(f"espeak-ng does not speak '{recipe.language}'", field="language",
                           remedy=f"Nearest are {', '.join(near)}; or record the line")
    near = difflib.get_close_matches(recipe.voice, variants, 3, 0.3) or variants[:3]
    return RenderError(f"espeak-ng has no voice '{recipe.voice}'", field="voice", remedy=f"Nearest are {', '.join(near)}")


def _shown(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _finished(wav: bytes) -> bytes:
    """16 bit samples at 48 kHz of a synthetic line: silence at the ends cut to EDGE, ends faded."""
    import numpy as np
    from scipy.signal import resample_poly

    with wave.open(io.BytesIO(wav), "rb") as sound:
        rate = sound.getframerate()
        values = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.float64)
    values = resample_poly(values, RATE, rate) if rate != RATE else values
    loud = np.flatnonzero(np.abs(values) > SILENT * np.abs(values).max(initial=0))
    if loud.size:
        edge = round(EDGE * RATE)
        values = values[max(0, loud[0] - edge) : loud[-1] + 1 + edge]
    n = min(round(FADE * RATE), values.size // 2)
    ramp = np.linspace(0, 1, n, endpoint=False)
    values[:n] *= ramp
    values[values.size - n :] *= ramp[::-1]
    return np.rint(values).clip(-32768, 32767).astype("<i2").tobytes()


def _recorded(file: Path) -> bytes:
    """A recording as a WAV, its silences as they are: when a line is said is the speaker's affair."""
    import numpy as np

    return _wav(b"".join(np.rint(b * 32767).clip(-32768, 32767).astype("<i2").tobytes() for b in decode(file, "mono")))


def _wav(samples: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples)
    return file.getvalue()
