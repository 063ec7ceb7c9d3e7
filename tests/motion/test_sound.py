"""Mixing: places, gains, ducking, loudness and peaks of a film's sound, measured."""

import itertools
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
from scipy.io import wavfile
from scipy.signal import resample_poly

from studio.errors import StoreError
from studio.motion.sound import BLOCK, CEILING, _true_peak, loudness, mix
from studio.motion.voice import RATE

from .sounding import film, heard, named, spoken, tone


def measured(file: Path) -> float:
    """Loudness by pyloudnorm itself."""
    return pyloudnorm.Meter(RATE).integrated_loudness(wavfile.read(file)[1].astype(np.float64))


def level(values: np.ndarray, start: float, end: float) -> float:
    """dB of a stretch of sound."""
    return 20 * float(np.log10(np.sqrt((values[round(start * RATE) : round(end * RATE)].astype(float) ** 2).mean())))


@pytest.mark.parametrize("goal", [-23.0, -16.0, -12.0])
def test_a_film_of_speech_has_the_loudness_it_was_promised(tmp_path: Path, goal: float) -> None:
    said = spoken(tmp_path)
    recipe = film(sounds=(heard(said, "voice", 0.3), heard(said, "voice", 3.0, gain_db=-6)), lufs=goal)
    facts = mix(recipe, named(said), 6.0, tmp_path / "mix.wav")
    assert measured(tmp_path / "mix.wav") == pytest.approx(goal, abs=0.5)
    assert facts.after == pytest.approx(measured(tmp_path / "mix.wav"), abs=0.01) and facts.notes == ()


def test_peaks_stay_under_the_ceiling_between_samples_too(tmp_path: Path) -> None:
    said = spoken(tmp_path)
    facts = mix(film(sounds=(heard(said, "voice"),), lufs=-10.0), named(said), 3.0, tmp_path / "mix.wav")
    rate, values = wavfile.read(tmp_path / "mix.wav")
    assert (rate, values.dtype, values.shape) == (RATE, np.float32, (3 * RATE, 2))
    assert np.abs(values).max() <= CEILING + 1e-6
    assert np.abs(resample_poly(values.astype(float), 8, 1)).max() <= 10 ** (-0.7 / 20)
    assert facts.peak_db == pytest.approx(-1.0, abs=0.2)


def test_music_steps_back_while_somebody_speaks(tmp_path: Path) -> None:
    music, said = tone(tmp_path / "music.wav", 8.0), tone(tmp_path / "said.wav", 2.0, 0.0)
    recipe = film(sounds=(heard(music, "music"), heard(said, "voice", 3.0)), duck_db=9.0)
    mix(recipe, named(music, said), 8.0, tmp_path / "mix.wav")
    values = wavfile.read(tmp_path / "mix.wav")[1]
    before, during, after = level(values, 1, 2.5), level(values, 3.1, 4.9), level(values, 6, 7.8)
    assert before - during == pytest.approx(9.0, abs=0.1) and after == pytest.approx(before, abs=0.1)
    steps = [level(values, t, t + 0.02) for t in np.arange(2.7, 5.7, 0.02)]
    assert max(abs(b - a) for a, b in itertools.pairwise(steps)) < 2.5


def test_sounds_stand_where_they_were_put_with_their_gain_and_fade(tmp_path: Path) -> None:
    bell = tone(tmp_path / "bell.wav", 1.0, channels=1)
    recipe = film(sounds=(heard(bell, "effect", 0.5), heard(bell, "effect", 2.0, gain_db=-6, fade=0.4)))
    mix(recipe, named(bell), 4.0, tmp_path / "mix.wav")
    values = wavfile.read(tmp_path / "mix.wav")[1]
    assert not values[: round(0.49 * RATE)].any() and values[round(0.5 * RATE) + 10 :][:100].any()
    assert not values[round(1.51 * RATE) : round(1.99 * RATE)].any()
    assert level(values, 0.6, 1.4) - level(values, 2.45, 2.55) == pytest.approx(6.0, abs=0.1)
    assert level(values, 2.0, 2.05) < level(values, 2.2, 2.25) < level(values, 2.45, 2.5) > level(values, 2.9, 3.0)


def test_music_fades_out_with_the_film_and_a_cut_voice_is_said(tmp_path: Path) -> None:
    music, said = tone(tmp_path / "music.wav", 9.0), tone(tmp_path / "said.wav", 2.0, 0.1)
    recipe = film(sounds=(heard(music, "music"), heard(said, "voice", 3.0), heard(said, "effect", 7.0, name="late")), duck_db=0.0)
    facts = mix(recipe, named(music, said), 4.0, tmp_path / "mix.wav")
    values = wavfile.read(tmp_path / "mix.wav")[1]
    assert len(values) == 4 * RATE
    only = film(sounds=(heard(music, "music"),))
    mix(only, named(music), 4.0, tmp_path / "music-only.wav")
    values = wavfile.read(tmp_path / "music-only.wav")[1]
    assert level(values, 3.95, 4.0) < level(values, 2.0, 2.9) - 20
    assert facts.notes[0] == "voice 'said' is cut by the film's end, 1.00 s too early"
    assert facts.notes[1] == "effect 'late' begins at 7 s, after the film's end, and is not heard"


def test_a_film_without_sound_is_silent(tmp_path: Path) -> None:
    facts = mix(film(), {}, 1.5, tmp_path / "mix.wav")
    values = wavfile.read(tmp_path / "mix.wav")[1]
    assert values.shape == (round(1.5 * RATE), 2) and not values.any()
    assert (facts.before, facts.after, facts.gain_db, facts.peak_db) == (None, None, 0.0, None)


def test_a_very_short_film_has_a_loudness(tmp_path: Path) -> None:
    bell = tone(tmp_path / "bell.wav", 1.0)
    facts = mix(film(sounds=(heard(bell, "effect"),)), named(bell), 0.05, tmp_path / "mix.wav")
    assert facts.after is not None and np.isfinite(facts.after)


def test_the_streamed_loudness_is_pyloudnorms_own(tmp_path: Path) -> None:
    loud = np.random.default_rng(1).standard_normal((25 * RATE, 2)) * np.linspace(0.001, 0.3, 25 * RATE)[:, None]
    whole = pyloudnorm.Meter(RATE).integrated_loudness(loud)
    assert loudness(loud[a : a + BLOCK] for a in range(0, len(loud), BLOCK)) == pytest.approx(whole, abs=0.01)


def test_the_same_mix_has_the_same_bytes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    said, music = spoken(tmp_path), tone(tmp_path / "music.wav", 4.0)
    recipe = film(sounds=(heard(said, "voice", 0.3), heard(music, "music", gain_db=-12)))
    for name in ("one.wav", "two.wav"):
        mix(recipe, named(said, music), 4.0, tmp_path / name)
    assert (tmp_path / "one.wav").read_bytes() == (tmp_path / "two.wav").read_bytes()
    assert {f.name for f in tmp_path.iterdir()} == {"voice.wav", "music.wav", "one.wav", "two.wav"}


def test_a_sound_that_is_not_there_or_no_sound_is_named(tmp_path: Path) -> None:
    bell = tone(tmp_path / "bell.wav", 1.0)
    with pytest.raises(StoreError, match="the sound of 'bell'"):
        mix(film(sounds=(heard(bell, "effect"),)), {}, 1.0, tmp_path / "mix.wav")
    recipe = film(sounds=(heard(bell, "effect"),))
    sounds = named(bell)
    bell.write_bytes(b"broken")
    with pytest.raises(StoreError, match="bell.wav: the sound cannot be decoded"):
        mix(recipe, sounds, 1.0, tmp_path / "mix.wav")
    bell.unlink()
    with pytest.raises(StoreError, match="bell.wav"):
        mix(recipe, sounds, 1.0, tmp_path / "mix.wav")


def test_the_true_peak_is_told_between_samples_and_across_blocks(tmp_path: Path) -> None:
    """A tone at a quarter of the rate, sampled off its tops: between samples it is 3 dB higher than on any."""
    wave = np.zeros((BLOCK + RATE, 2), np.float32)
    n = np.arange(BLOCK - 2000, BLOCK + 2000)
    wave[n] = (0.5 * np.sin(np.pi / 2 * n + np.pi / 4) * np.hanning(len(n)))[:, None]
    assert np.abs(wave).max() == pytest.approx(0.5 / np.sqrt(2), abs=0.001)
    assert _true_peak(wave) == pytest.approx(0.5, abs=0.005)


def test_a_loud_film_says_its_true_peak_and_silence_has_none(tmp_path: Path) -> None:
    said = spoken(tmp_path)
    facts = mix(film(sounds=(heard(said, "voice"),), lufs=-10.0), named(said), 3.0, tmp_path / "mix.wav")
    assert facts.true_peak_db is not None and facts.peak_db is not None
    assert facts.peak_db <= facts.true_peak_db <= -0.9
    assert mix(film(sounds=()), {}, 1.0, tmp_path / "mix.wav").true_peak_db is None
