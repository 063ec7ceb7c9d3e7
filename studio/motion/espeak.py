"""espeak-ng at arm's length: `python -m studio.motion.espeak`, text on stdin, WAV on stdout.

espeak-ng is GPL, so it runs in a process of its own and only text and sound cross the border; a crash or a hang stays there.
The PyPI package `espeakng_loader` comes first, as it is one version everywhere and so gives one sound; the `espeak-ng` program
on PATH is asked only where there is no such package for the machine.

Ends with 2 when the voice is unknown (the known ones, one a line, on stdout), with 3 when there is no espeak-ng at all.
"""

import argparse
import ctypes
import io
import shutil
import subprocess
import sys
import wave
from importlib import import_module
from pathlib import Path
from typing import Any

UNKNOWN_VOICE = 2
NO_ESPEAK = 3
SYNCHRONOUS = 2
"""espeak's output mode: sound comes by callback, and nothing is played."""
DONT_EXIT = 0x8000
UTF8 = 1
RATE, VOLUME, PITCH = 1, 2, 3
"""espeak's numbers of the parameters that are set."""


class Unknown(Exception):
    """No such voice; holds the known ones."""


class _Voice(ctypes.Structure):
    """The head of espeak_VOICE: what it is called and which languages it speaks."""

    _fields_ = (("name", ctypes.c_char_p), ("languages", ctypes.c_void_p), ("identifier", ctypes.c_char_p))


def by_library(text: str, voice: str, speed: int, pitch: int, volume: int) -> bytes:
    """`text` as a WAV by the library that espeakng_loader ships. Raises ImportError or OSError without it, Unknown."""
    loader: Any = import_module("espeakng_loader")
    lib = ctypes.CDLL(loader.get_library_path())
    rate = lib.espeak_Initialize(SYNCHRONOUS, 0, loader.get_data_path().encode(), DONT_EXIT)
    if rate < 0:
        raise OSError("espeak-ng cannot read its data")
    language, _, variant = voice.partition("+")
    variants = sorted(f.name for f in (Path(loader.get_data_path()) / "voices" / "!v").iterdir())
    languages = _languages(lib)
    if language not in languages or variant not in ("", *variants):
        raise Unknown([*languages, *(f"+{v}" for v in variants)])
    lib.espeak_ng_SetRandSeed(ctypes.c_long(1))  # whispering voices are made of noise
    if lib.espeak_SetVoiceByName(languages[language] + (f"+{variant}" if variant else "").encode()):
        raise OSError(f"espeak-ng cannot load its voice '{voice}'")
    for number, value in ((RATE, speed), (VOLUME, volume), (PITCH, pitch)):
        lib.espeak_SetParameter(number, value, 0)
    return _wav(_samples(lib, text), rate)


def _languages(lib: Any) -> dict[str, bytes]:
    """Language code -> file of the voice that speaks it best."""
    lib.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    voices = lib.espeak_ListVoices(None)
    found: dict[str, tuple[int, bytes]] = {}
    i = 0
    while voices[i]:
        voice = voices[i].contents
        at = voice.languages
        while (entry := ctypes.string_at(at))[1:]:  # a byte of priority (low is better) and a name each, then an empty one
            best = (entry[0], voice.identifier)
            name = entry[1:].decode()
            found[name] = min(found.get(name, best), best)
            at += len(entry) + 1
        i += 1
    return {name: best[1] for name, best in sorted(found.items())}


def _samples(lib: Any, text: str) -> bytes:
    made = bytearray()

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
    def keep(samples: int | None, count: int, _events: int | None) -> int:
        if samples and count > 0:
            made.extend(ctypes.string_at(samples, count * 2))
        return 0

    lib.espeak_SetSynthCallback(keep)
    data = text.encode()
    failed = lib.espeak_Synth(data, ctypes.c_size_t(len(data) + 1), 0, 1, 0, UTF8, None, None) or lib.espeak_Synchronize()
    if failed:
        raise OSError(f"espeak-ng gave error {failed}")
    return bytes(made)


def _wav(samples: bytes, rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples)
    return file.getvalue()


def by_program(text: str, voice: str, speed: int, pitch: int, volume: int) -> bytes:
    """`text` as a WAV by `espeak-ng` on PATH. Raises FileNotFoundError without it, Unknown, OSError when it fails."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise FileNotFoundError("espeak-ng")
    command = [program, "-v", voice, "-s", str(speed), "-p", str(pitch), "-a", str(volume), "-b", "1", "--stdin", "--stdout"]
    made = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    if made.returncode:
        if b"voice does not exist" in made.stderr:
            listed = subprocess.run([program, "--voices"], capture_output=True, check=False).stdout.decode().splitlines()
            raise Unknown([line.split()[1] for line in listed[1:]])
        raise OSError(made.stderr.decode(errors="replace").strip() or f"espeak-ng ended with {made.returncode}")
    head = made.stdout.index(b"data") + 8  # piped, so its header cannot know the length
    return _wav(made.stdout[head:], int.from_bytes(made.stdout[24:28], "little"))


def main() -> int:
    """Speak stdin to stdout."""
    parser = argparse.ArgumentParser(prog="python -m studio.motion.espeak")
    parser.add_argument("voice")
    for name in ("speed", "pitch", "volume"):
        parser.add_argument(name, type=int)
    asked = parser.parse_args()
    text = sys.stdin.buffer.read().decode()
    try:
        try:
            sound = by_library(text, asked.voice, asked.speed, asked.pitch, asked.volume)
        except (ImportError, OSError):
            sound = by_program(text, asked.voice, asked.speed, asked.pitch, asked.volume)
    except Unknown as exc:
        sys.stdout.write("\n".join(exc.args[0]))
        return UNKNOWN_VOICE
    except FileNotFoundError:
        return NO_ESPEAK
    sys.stdout.buffer.write(sound)
    return 0


if __name__ == "__main__":
    sys.exit(main())
