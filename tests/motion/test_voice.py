"""Voices: recordings and the synthetic voice, in one format."""

import io
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from studio.errors import RenderError, StoreError
from studio.motion import espeak
from studio.motion.voice import EDGE, RATE, REST, decode, heard, run_child, seconds_of, speak, unreadable

from .sounding import tone, voice


def samples(wav: bytes) -> np.ndarray:
    """All samples of a WAV of the project's format."""
    with wave.open(io.BytesIO(wav), "rb") as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(int)


def test_a_line_is_spoken_twice_with_the_same_bytes() -> None:
    made = speak(voice())
    assert made == speak(voice())
    assert 1.5 < seconds_of(made) < 3.5
    assert np.abs(samples(made)).max() > 5000


def test_a_whisper_is_made_of_noise_and_still_repeats() -> None:
    assert speak(voice(voice="whisper", text="Hush.")) == speak(voice(voice="whisper", text="Hush."))


def test_silence_at_the_ends_is_short_and_the_ends_do_not_click() -> None:
    values = samples(speak(voice()))
    loud = np.flatnonzero(np.abs(values) > np.abs(values).max() * 0.01)
    assert loud[0] <= EDGE * RATE + 480 and len(values) - loud[-1] <= EDGE * RATE + 480
    assert values[0] == 0 and abs(values[-1]) <= 1


def test_voice_speed_pitch_volume_and_language_are_heard() -> None:
    plain = speak(voice())
    assert seconds_of(speak(voice(speed=330))) < 0.7 * seconds_of(plain)
    assert np.abs(samples(speak(voice(volume=0.25)))).max() < 0.5 * np.abs(samples(plain)).max()
    others = [speak(voice(**c)) for c in ({"voice": "f2"}, {"pitch": 90}, {"language": "en-us"}, {"language": "de"})]
    assert len({plain, *others}) == 5


def test_kana_are_read_and_kanji_are_named_as_unreadable() -> None:
    kana = voice(language="ja", text="ももたろう")
    assert 0.4 < seconds_of(speak(kana)) < 1.5 and unreadable(kana) == ""
    assert unreadable(voice(language="ja", text="川へ、山へ、川へ")) == "川山"
    assert unreadable(voice(language="ja", text="川", engine="recorded")) == ""
    assert unreadable(voice(language="cmn", text="川")) == ""


def test_a_line_of_dots_is_a_rest() -> None:
    made = speak(voice(text="……"))
    assert seconds_of(made) == REST and not samples(made).any()


def test_a_line_without_volume_is_silent_and_keeps_its_length() -> None:
    made = speak(voice(volume=0.0))
    assert not samples(made).any() and seconds_of(made) > 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"text": "  "}, "nothing to say"),
        ({"language": "jp"}, "does not speak 'jp'. Nearest are j"),
        ({"language": "en-AU"}, "Nearest are en;"),
        ({"voice": "f22"}, "no voice 'f22'. Nearest are f2"),
    ],
)
def test_what_cannot_be_spoken_is_refused_with_the_nearest_that_can(changed: dict[str, str], says: str) -> None:
    with pytest.raises(RenderError) as caught:
        speak(voice(**changed))
    assert says in str(caught.value)


def test_a_hanging_synthesiser_is_an_error_that_names_the_line() -> None:
    with pytest.raises(RenderError, match='voice of "A long night" was not ready after 0.3 s'):
        run_child([sys.executable, "-c", "import time; time.sleep(60)"], "A long night", 0.3)


@pytest.mark.parametrize("crash", ["import os; os.abort()", "raise SystemExit('no data')", "print('no sound')"])
def test_a_crashing_synthesiser_is_an_error_that_names_the_line(crash: str) -> None:
    done = run_child([sys.executable, "-c", crash], "Help", 20)
    with pytest.raises(RenderError, match='failed at "Help"'):
        heard(done, voice(text="Help"))


def test_a_machine_without_espeak_is_told_what_to_install() -> None:
    done = subprocess.CompletedProcess([], espeak.NO_ESPEAK, b"", b"")
    with pytest.raises(RenderError, match="Install the PyPI package espeakng_loader or the program"):
        heard(done, voice())


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="the fallback needs the program espeak-ng")
def test_the_program_on_the_path_speaks_where_there_is_no_library() -> None:
    with wave.open(io.BytesIO(espeak.by_program("Hello there.", "en+f2", 165, 50, 100)), "rb") as sound:
        assert 0.4 < sound.getnframes() / sound.getframerate() < 2
    with pytest.raises(espeak.Unknown):
        espeak.by_program("Hello", "xq", 165, 50, 100)


@pytest.mark.parametrize(("suffix", "codec"), [(".flac", "flac"), (".mp3", "libmp3lame"), (".ogg", "libopus"), (".m4a", "aac")])
def test_any_recording_comes_to_one_format(tmp_path: Path, suffix: str, codec: str) -> None:
    source = tone(tmp_path / "said.wav", 1.0, 0.5, rate=44_100)
    file = tmp_path / f"said{suffix}"
    with av.open(str(source)) as given, av.open(str(file), "w") as out:
        stream = out.add_stream(codec, rate=48_000)
        for frame in given.decode(audio=0):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    made = speak(voice(engine="recorded"), file)
    assert seconds_of(made) == pytest.approx(1.0, abs=0.06)
    assert seconds_of(file) == seconds_of(made)
    assert np.abs(samples(made)).max() == pytest.approx(0.5 * 32767, rel=0.1)


def test_a_recording_keeps_its_silences(tmp_path: Path) -> None:
    assert seconds_of(speak(voice(engine="recorded"), tone(tmp_path / "quiet.wav", 0.75, 0.0))) == 0.75


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="gone.wav: voice: this sound file does not exist"):
        speak(voice(engine="recorded"), tmp_path / "gone.wav")
    with pytest.raises(StoreError, match="has no recording"):
        speak(voice(engine="recorded"))


def test_an_undecodable_recording_is_named(tmp_path: Path) -> None:
    for name, data in (("noise.wav", b"RIFF not a sound at all" * 9), ("empty.mp3", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(StoreError, match=f"{name}: the sound cannot be decoded"):
            speak(voice(engine="recorded"), tmp_path / name)
    with pytest.raises(StoreError, match="no WAV"):
        seconds_of(b"nothing")


def test_a_sound_without_samples_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="hush.wav"):
        list(decode(tone(tmp_path / "hush.wav", 0.0), "mono"))
