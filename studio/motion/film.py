"""Film: an episode's clips joined, with sound and subtitles, in one file that plays. Frame by frame, never whole in memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from studio.errors import StoreError
from studio.motion.editlist import check_dissolves, film_frames
from studio.motion.encode import open_writer
from studio.motion.sound import Loudness, mix
from studio.motion.subtitles import draw_cue, laid_out, one_at_a_time
from studio.motion.tracks import Tracks
from studio.plan.film_recipes import ClipRef, Cue, FilmRecipe
from studio.store.frames import read_frames

if TYPE_CHECKING:
    import numpy as np

CONTRACT = 1
"""Raised when the same recipe gives another film."""


@dataclass(frozen=True)
class FilmFacts:
    """What was made."""

    frames: int
    seconds: float
    loudness: Loudness
    notes: tuple[str, ...] = ()
    """What was done that nobody asked for, in sentences."""


def make_film(recipe: FilmRecipe, clips: Mapping[str, Path], sounds: Mapping[str, Path], out: Path) -> FilmFacts:
    """Write the film of `recipe` to `out`: picture, sound, soft or burnt subtitles, chapters. Equal recipes give equal bytes.

    clips, sounds: sha256 -> file. Raises RenderError for dissolves that do not fit or an unknown codec, StoreError naming a clip
    or sound that is missing, cannot be decoded, or is not as long or large as planned, LetteringError for words that cannot be
    burnt in. Nothing half-written is kept.
    """
    check_dissolves(recipe)
    for clip in recipe.clips:
        _file(clip, clips)
    frames = film_frames(recipe)
    seconds = Fraction(frames, recipe.fps)
    cues = _cues(recipe, float(seconds))
    burnt, soft = (cues if recipe.subtitles == way else () for way in ("burnt", "soft"))
    with TemporaryDirectory(dir=out.parent, prefix=".film-") as folder:
        sound = Path(folder) / "sound.wav"
        loudness = mix(recipe, sounds, float(seconds), sound)
        with open_writer(out, recipe.codec, recipe.fps, recipe.width, recipe.height) as writer:
            tracks = Tracks(writer, recipe, sound, soft)
            for frame in with_words(joined(recipe, clips), burnt, recipe.fps):
                writer.add(frame)
                tracks.catch_up(Fraction(writer.count, recipe.fps))
            tracks.finish(seconds)
    return FilmFacts(frames, float(seconds), loudness, (*loudness.notes, *writer.notes))


def joined(recipe: FilmRecipe, clips: Mapping[str, Path]) -> "Iterator[np.ndarray]":
    """The film's frames, (height, width, 3) uint8: clips one after the other, dissolving where they share frames.

    Raises StoreError, naming the file, for a clip with more or fewer frames than planned, or of another size.
    """
    import numpy as np

    own = _frames(recipe, recipe.clips[0], clips)
    for clip, after in zip(recipe.clips, [*recipe.clips[1:], None], strict=True):
        shared = after.dissolve if after else 0
        for _ in range(clip.frames - clip.dissolve - shared):
            yield next(own)
        if after is None:
            next(own, None)  # lets a clip that is too long be noticed
            return
        coming = _frames(recipe, after, clips)
        for i in range(shared):
            share = (i + 1) / (shared + 1)
            old, new = (next(frames).astype(np.float32) for frames in (own, coming))
            yield np.rint(old + (new - old) * share).astype(np.uint8)
        next(own, None)
        own = coming


def with_words(frames: "Iterator[np.ndarray]", cues: tuple[Cue, ...], fps: int) -> "Iterator[np.ndarray]":
    """`frames` with `cues` (in order, without overlaps) drawn where they are spoken."""
    at = 0
    for n, frame in enumerate(frames):
        while at < len(cues) and cues[at].end * fps <= n:
            at += 1
        spoken = at < len(cues) and cues[at].start * fps <= n
        yield draw_cue(frame, cues[at].text) if spoken else frame


def _cues(recipe: FilmRecipe, seconds: float) -> tuple[Cue, ...]:
    """The cues as they are shown: broken into lines, none at once with another, none after the end."""
    shown = one_at_a_time(laid_out(recipe.cues, recipe.language))
    return tuple(c.model_copy(update={"end": min(c.end, seconds)}) for c in shown if c.start < seconds)


def _file(clip: ClipRef, clips: Mapping[str, Path]) -> Path:
    file = clips.get(clip.clip)
    if file is None or not file.is_file():
        raise StoreError(f"the clip of {clip.unit} ({clip.clip[:12]}) is not kept here", file=file, field=clip.unit,
                         remedy="Run 'genga apply' to make it again")
    return file


def _frames(recipe: FilmRecipe, clip: ClipRef, clips: Mapping[str, Path]) -> "Iterator[np.ndarray]":
    """Exactly the planned frames of a clip. Raises StoreError for more, fewer, or others."""
    file = _file(clip, clips)
    count = 0
    for decoded in read_frames(file):
        frame = decoded
        if (decoded.shape[0] - recipe.height, decoded.shape[1] - recipe.width) in ((0, 1), (1, 0), (1, 1)):
            frame = decoded[: recipe.height, : recipe.width]  # encoders want even sides and repeat the last row or column
        if frame.shape != (recipe.height, recipe.width, 3):
            raise StoreError(f"the clip of {clip.unit} is {frame.shape[1]}x{frame.shape[0]}, "
                             f"the film {recipe.width}x{recipe.height}", file=file, field=clip.unit,
                             remedy="Give all shots of a film one size")
        count += 1
        if count <= clip.frames:
            yield frame
    if count != clip.frames:
        raise StoreError(f"the clip of {clip.unit} has {count} frames instead of {clip.frames}", file=file, field=clip.unit,
                         remedy="Run 'genga apply' to make it again")
