"""Sound of a film: voices, effects and music laid where they belong, music stepping back for voices, at one loudness.

Memory is one block whatever the film's length: sounds are decoded as streams into a file of 8 x 48000 bytes a second beside the
result, which is measured and limited in blocks of four seconds: some 230 bytes for each of a block's samples, 45 MB.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from studio.errors import StoreError
from studio.motion.voice import RATE, decode
from studio.plan.film_recipes import FilmRecipe, SoundRef

if TYPE_CHECKING:
    import numpy as np

BLOCK = 4 * RATE
"""Samples that are worked on at once."""
STEP = RATE // 10
"""Samples from one loudness window to the next; four of them are a window (ITU-R BS.1770-4)."""
SILENCE = -70.0
"""LUFS under which there is nothing to hear: BS.1770's absolute gate."""
ATTACK, RELEASE = 0.15, 0.5
"""Seconds in which music steps back before a voice, and comes forward after it."""
END = 1.0
"""Seconds of fading out for music that the film's end would cut."""
CEILING = 10 ** (-1 / 20)
"""Most that a sample may reach, between samples too: -1 dBFS."""
LOOK = RATE // 40
"""Samples before and after a peak over which the limiter acts."""
MARGIN = 64
"""Samples beyond a block that its peaks may depend on."""
OVERSAMPLED = 4
"""Points for each sample at which peaks are looked for."""
ROUNDS = 5
"""Tries to find the gain with which the limited sound has its goal."""
SQUEEZE = 12.0
"""Decibels: most that the limiter may be driven beyond what the loudness asks for."""
NEAR = 0.05
"""LU from the goal that are as good as none."""


@dataclass(frozen=True)
class Loudness:
    """What became of a film's sound. LUFS by ITU-R BS.1770; None where there is only silence."""

    goal: float
    before: float | None
    """Of the mix as it was laid."""
    after: float | None
    gain_db: float
    """What brought it there; 0 for silence."""
    peak_db: float | None
    """Largest sample, dBFS."""
    notes: tuple[str, ...] = ()
    """What was cut or missed, in sentences."""
    true_peak_db: float | None = None
    """Largest value between samples too, dBTP (BS.1770's fourfold oversampling)."""


def mix(recipe: FilmRecipe, sounds: Mapping[str, Path], seconds: float, out: Path) -> Loudness:
    """Write the film's sound to `out`: a WAV, 48 kHz, stereo, 32 bit float, exactly round(seconds x 48000) samples.

    sounds: sha256 -> file. Raises StoreError naming a sound that is missing or cannot be decoded.
    """
    import numpy as np
    from scipy.io import wavfile

    total = max(1, round(seconds * RATE))
    lengths = {sound: _length(ref, sounds) for sound, ref in {ref.sound: ref for ref in recipe.sounds}.items()}
    with TemporaryDirectory(dir=out.parent, prefix=".mix-") as folder:
        laid: Any = np.lib.format.open_memmap(Path(folder) / "laid.npy", "w+", np.float32, (total, 2))
        voices = _spoken(recipe, lengths)
        for ref in recipe.sounds:
            _lay(laid, ref, sounds[ref.sound], lengths[ref.sound], _Duck(voices, recipe.duck_db))
        done: Any = np.lib.format.open_memmap(Path(folder) / "done.npy", "w+", np.float32, (total, 2))
        found = _level(laid, recipe.lufs, done, tuple(_notes(recipe, lengths, total)))
        wavfile.write(out, RATE, done)
        del laid, done
    return found


def loudness(blocks: "Iterable[np.ndarray]") -> float:
    """Integrated loudness, LUFS, of a sound that comes in blocks of (samples, 2); -inf for silence.

    ITU-R BS.1770-4 with pyloudnorm's K-weighting, streamed: pyloudnorm's own sum holds the whole sound three times. All blocks
    but the last are whole steps of 100 ms.
    """
    import numpy as np
    from scipy.signal import lfilter

    meter: Any = import_module("pyloudnorm").Meter(RATE)
    filters = list(meter._filters.values())
    states: list[Any] = [np.zeros((len(f.a) - 1, 2)) for f in filters]
    energies: list[Any] = []
    for block in blocks:
        values: Any = block.astype(np.float64)
        for i, f in enumerate(filters):
            values, states[i] = lfilter(f.b, f.a, values, axis=0, zi=states[i])
            values = values * f.passband_gain
        steps = values[: len(values) // STEP * STEP].reshape(-1, STEP, 2)
        energies.append((steps**2).sum(axis=(1, 2)) / STEP)
        if not len(steps) and len(energies) == 1:
            energies.append((values**2).sum(keepdims=True)[0] / STEP)  # shorter than a step: one, filled with silence
    return _gated(np.concatenate(energies) if energies else np.zeros(1))


def _gated(energies: "np.ndarray") -> float:
    """Loudness of 100 ms energies: windows of four, those under -70 LUFS and then those 10 LU under the mean left out."""
    import numpy as np

    if len(energies) < 4:
        energies = np.pad(energies, (0, 4 - len(energies)))
    windows = np.convolve(energies, np.full(4, 0.25), "valid")

    def lufs(power: Any) -> Any:
        return -0.691 + 10 * np.log10(np.maximum(power, 1e-30))

    heard = windows[lufs(windows) >= SILENCE]
    if not heard.size:
        return float("-inf")
    return float(lufs(heard[lufs(heard) > lufs(heard.mean()) - 10].mean()))


@dataclass(frozen=True)
class _Duck:
    """Where music steps back, and how far."""

    voices: "np.ndarray"
    """(voices, 2): first sample of each, and the one after its last."""
    depth_db: float

    def gain(self, start: int, count: int) -> "np.ndarray":
        """Factors (count, 1) of music from sample `start` on."""
        import numpy as np

        attack, release = ATTACK * RATE, RELEASE * RATE
        times = np.arange(start, start + count, dtype=np.float64)
        near = self.voices[(self.voices[:, 0] - attack < start + count) & (self.voices[:, 1] + release > start)]
        closeness = np.zeros(count)
        for first, end in near:
            closeness = np.maximum(closeness, np.minimum((times - first) / attack + 1, (end - times) / release + 1))
        closeness = np.clip(closeness, 0, 1)
        smooth = closeness * closeness * (3 - 2 * closeness)
        return 10 ** (-self.depth_db * smooth / 20)[:, None]


def _length(ref: SoundRef, sounds: Mapping[str, Path]) -> int:
    """Samples of a sound at 48 kHz."""
    if ref.sound not in sounds:
        raise StoreError(f"the sound of '{ref.name or ref.role}' ({ref.sound[:12]}) is not kept here", field=ref.role,
                         remedy="Run 'genga apply' again; put the sound file back if it is your own")
    return sum(len(block) for block in decode(sounds[ref.sound], "stereo"))


def _spoken(recipe: FilmRecipe, lengths: Mapping[str, int]) -> "np.ndarray":
    import numpy as np

    starts = [(round(r.start * RATE), lengths[r.sound]) for r in recipe.sounds if r.role == "voice"]
    return np.array([(s, s + n) for s, n in starts], dtype=np.float64).reshape(-1, 2)


def _lay(laid: Any, ref: SoundRef, file: Path, length: int, duck: _Duck) -> None:
    """Add a sound to what is laid already, up to the film's end."""
    import numpy as np

    start, total = round(ref.start * RATE), len(laid)
    end = min(start + length, total)
    fade = round(ref.fade * RATE)
    cut = ref.role == "music" and start + length > total
    fade_out = max(fade, round(END * RATE)) if cut else fade
    gain, at = 10 ** (ref.gain_db / 20), start
    for block in decode(file, "stereo"):
        if at >= end:
            break
        piece = block[: end - at].astype(np.float64) * gain
        places = np.arange(at, at + len(piece))[:, None]
        if fade:
            piece *= np.minimum(1, (places - start + 1) / fade)
        if fade_out:
            piece *= np.minimum(1, (end - places) / fade_out)
        if ref.role == "music":
            piece *= duck.gain(at, len(piece))
        laid[at : at + len(piece)] += piece
        at += len(piece)


def _notes(recipe: FilmRecipe, lengths: Mapping[str, int], total: int) -> Iterator[str]:
    for ref in recipe.sounds:
        start, name = round(ref.start * RATE), ref.name or ref.sound[:12]
        if start >= total:
            yield f"{ref.role} '{name}' begins at {ref.start:g} s, after the film's end, and is not heard"
        elif ref.role == "voice" and start + lengths[ref.sound] > total:
            yield f"voice '{name}' is cut by the film's end, {(start + lengths[ref.sound] - total) / RATE:.2f} s too early"


def _level(laid: Any, goal: float, done: Any, notes: tuple[str, ...]) -> Loudness:
    """Bring what is laid to `goal` LUFS with peaks under CEILING, into `done`."""
    import numpy as np

    before = loudness(laid[a : a + BLOCK] for a in range(0, len(laid), BLOCK))
    heard = before > SILENCE
    gain = wanted = goal - before if heard else 0.0
    after = before
    for _ in range(ROUNDS if heard else 0):
        after = loudness(limited(laid, gain))
        if abs(after - goal) < NEAR or gain - wanted >= SQUEEZE:
            break
        gain = min(gain + goal - after, wanted + SQUEEZE)
    at, peak = 0, 0.0
    for block in limited(laid, gain):
        done[at : at + len(block)] = block
        at += len(block)
        peak = max(peak, float(np.abs(block).max(initial=0)))
    after = loudness(done[a : a + BLOCK] for a in range(0, len(done), BLOCK))
    if heard and abs(after - goal) > 0.5:
        notes = (*notes, f"the sound is {after:.1f} LUFS instead of {goal:g}: its peaks allow no more")
    largest = _true_peak(done) if peak else 0.0
    return Loudness(goal, before if heard else None, after if heard else None, gain,
                    20 * float(np.log10(peak)) if peak else None, notes, 20 * float(np.log10(largest)) if largest else None)


def limited(laid: "np.ndarray", gain_db: float) -> "Iterator[np.ndarray]":
    """`laid` (samples, 2) louder by `gain_db`, its peaks brought under CEILING, in blocks of BLOCK.

    The gain at each sample is the mean, over LOOK samples to either side, of the least that any sample within LOOK of those may
    have; so it is never more than the sample itself allows, and moves smoothly.
    """
    import numpy as np
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    gain, edge, width = 10 ** (gain_db / 20), 2 * LOOK + MARGIN, 2 * LOOK + 1
    for start in range(0, len(laid), BLOCK):
        end = min(start + BLOCK, len(laid))
        first, last = max(0, start - edge), min(len(laid), end + edge)
        values = laid[first:last].astype(np.float64) * gain
        own = slice(start - first, start - first + end - start)
        if np.abs(values).max(initial=0) > CEILING / 2:  # between samples a peak is under twice the largest of them
            allowed = np.minimum(1, CEILING / np.maximum(_peaks(values), 1e-9))
            values *= uniform_filter1d(minimum_filter1d(allowed, width, mode="nearest"), width, mode="nearest")[:, None]
        yield values[own].astype(np.float32)


def _true_peak(sound: "np.ndarray") -> float:
    """Largest value at and between the samples of `sound` (samples, 2), a block at a time."""
    most = 0.0
    for start in range(0, len(sound), BLOCK):
        first, end = max(0, start - MARGIN), min(start + BLOCK, len(sound))
        most = max(most, float(_peaks(sound[first : end + MARGIN])[start - first : end - first].max(initial=0)))
    return most


def _peaks(values: "np.ndarray") -> "np.ndarray":
    """Largest value at and just after each sample, in either channel, at OVERSAMPLED times the rate."""
    import numpy as np
    from scipy.signal import resample_poly

    between = np.abs(resample_poly(values, OVERSAMPLED, 1, axis=0)).reshape(len(values), -1).max(axis=1)
    return np.maximum(between, np.abs(values).max(axis=1))
