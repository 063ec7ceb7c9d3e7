"""Edit list: a film as an OpenTimelineIO file, so that it can be cut further in an editing program."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from studio.errors import RenderError
from studio.motion.voice import RATE
from studio.plan.film_recipes import ClipRef, FilmRecipe, SoundRef

TRACKS = (("voice", "voices"), ("effect", "effects"), ("music", "music"))
"""Role -> name of its tracks."""


def edit_list(recipe: FilmRecipe, files: Mapping[str, str], lengths: Mapping[str, float] | None = None) -> bytes:
    """OpenTimelineIO JSON of the film. Pictures count in frames of the film's rate, sounds in samples at 48 kHz.

    files: sha256 -> file name, relative to the edit list. lengths: sha256 -> seconds of a sound; one that is not in it is taken
    to last to the film's end. Raises RenderError for a clip or sound without a file name, or dissolves longer than a clip.
    """
    otio: Any = import_module("opentimelineio")
    timeline = otio.schema.Timeline(name=str(recipe.facts.get("title", "")))
    timeline.metadata["genga"] = {**recipe.facts, "recipe": recipe.digest(), "language": recipe.language,
                                  "lufs": recipe.lufs, "width": recipe.width, "height": recipe.height}
    timeline.global_start_time = otio.opentime.RationalTime(0, recipe.fps)
    for track in (_picture(otio, recipe, files), *_sounds(otio, recipe, files, lengths or {})):
        timeline.tracks.append(track)
    for start, end, title in chapters(recipe):
        timeline.tracks.markers.append(otio.schema.Marker(name=title, marked_range=_range(otio, start, end - start, recipe.fps)))
    return otio.adapters.write_to_string(timeline, "otio_json").encode()


def film_frames(recipe: FilmRecipe) -> int:
    """Frames of the whole film: those of its clips, less those that two of them share."""
    return sum(c.frames for c in recipe.clips) - sum(c.dissolve for c in recipe.clips)


def chapters(recipe: FilmRecipe) -> list[tuple[int, int, str]]:
    """(first frame, frame after the last, title) of each chapter; the film's beginning belongs to the first."""
    begins: list[tuple[int, str]] = []
    at = 0
    for clip in recipe.clips:
        at -= clip.dissolve
        if clip.chapter:
            begins.append((at if begins else 0, clip.chapter))
        at += clip.frames
    ends = [*(start for start, _ in begins[1:]), at]
    return [(start, end, title) for (start, title), end in zip(begins, ends, strict=False)]


def check_dissolves(recipe: FilmRecipe) -> None:
    """Raises RenderError when a film has no clip, or a clip is shorter than what it shares with its neighbours."""
    if not recipe.clips:
        raise RenderError("the film has no clip", field="clips", remedy="Write shots into the storyboard")
    if recipe.clips[0].dissolve:
        raise RenderError("the first shot has nothing to dissolve from", field=f"{recipe.clips[0].unit}.transition",
                          remedy="Let it begin with a cut; the effect 'fade' comes out of black")
    for clip, shared in _with_next(recipe):
        if clip.dissolve + shared > clip.frames:
            raise RenderError(f"dissolves of {clip.dissolve} and {shared} frames do not fit into {clip.frames}",
                              field=f"{clip.unit}.transition", remedy="Make the dissolves shorter or the shot longer")


def _with_next(recipe: FilmRecipe) -> Iterator[tuple[ClipRef, int]]:
    """Each clip, and the frames it shares with the one after it."""
    shared = [*(clip.dissolve for clip in recipe.clips[1:]), 0]
    return zip(recipe.clips, shared, strict=True)


def _picture(otio: Any, recipe: FilmRecipe, files: Mapping[str, str]) -> Any:
    """Clips end and begin in the middle of their dissolves; a Transition says how far it reaches to either side."""
    check_dissolves(recipe)
    track = otio.schema.Track(name="picture", kind=otio.schema.TrackKind.Video)
    for clip, shared in _with_next(recipe):
        before, after = clip.dissolve // 2, shared - shared // 2
        if clip.dissolve:
            track.append(otio.schema.Transition(
                name="dissolve", transition_type=otio.schema.TransitionTypes.SMPTE_Dissolve,
                in_offset=otio.opentime.RationalTime(before, recipe.fps),
                out_offset=otio.opentime.RationalTime(clip.dissolve - before, recipe.fps)))
        track.append(otio.schema.Clip(
            name=clip.unit, media_reference=_media(otio, clip.clip, clip.unit, files, clip.frames, recipe.fps),
            source_range=_range(otio, before, clip.frames - before - after, recipe.fps),
            metadata={"genga": {"unit": clip.unit, "sha256": clip.clip}}))
    return track


def _sounds(otio: Any, recipe: FilmRecipe, files: Mapping[str, str], lengths: Mapping[str, float]) -> Iterator[Any]:
    """Tracks of each role; as many as there are sounds at once."""
    total = round(film_frames(recipe) * RATE / recipe.fps)
    for role, name in TRACKS:
        tracks: list[Any] = []
        filled: list[int] = []
        for ref in sorted((r for r in recipe.sounds if r.role == role), key=lambda r: r.start):
            start, most = round(ref.start * RATE), round(lengths.get(ref.sound, total / RATE) * RATE)
            count = min(most, total - start)
            if count <= 0:
                continue
            free = next((i for i, end in enumerate(filled) if end <= start), len(filled))
            if free == len(filled):
                filled.append(0)
                tracks.append(otio.schema.Track(name=name if not free else f"{name} {free + 1}",
                                                kind=otio.schema.TrackKind.Audio))
            if start > filled[free]:
                tracks[free].append(otio.schema.Gap(source_range=_range(otio, 0, start - filled[free], RATE)))
            tracks[free].append(_sound(otio, ref, files, count, max(most, count)))
            filled[free] = start + count
        yield from tracks


def _sound(otio: Any, ref: SoundRef, files: Mapping[str, str], count: int, most: int) -> Any:
    name = ref.name or ref.role
    return otio.schema.Clip(
        name=name, media_reference=_media(otio, ref.sound, name, files, most, RATE), source_range=_range(otio, 0, count, RATE),
        metadata={"genga": {"role": ref.role, "gain_db": ref.gain_db, "fade": ref.fade, "sha256": ref.sound}})


def _media(otio: Any, sha: str, unit: str, files: Mapping[str, str], count: int, rate: int) -> Any:
    if sha not in files:
        raise RenderError(f"'{unit}' has no file for the edit list", field=unit, remedy="Make its clip or sound first")
    return otio.schema.ExternalReference(target_url=files[sha], available_range=_range(otio, 0, count, rate))


def _range(otio: Any, start: int, count: int, rate: int) -> Any:
    time = otio.opentime.RationalTime
    return otio.opentime.TimeRange(time(start, rate), time(count, rate))
