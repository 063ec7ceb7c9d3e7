"""Cuts: an OpenTimelineIO file from an editing program. A clip of the first picture track is a shot."""

import re
from pathlib import Path
from typing import Any

from studio.errors import StoryError
from studio.story.importing.encodings import read_bytes
from studio.story.importing.script import Script, ScriptScene, ScriptShot, clean

_SUFFIX = re.compile(r"\.(mov|mp4|m4v|mxf|mkv|avi|webm|png|jpg|exr|psd)$", re.IGNORECASE)
_TOLD = ("description", "note", "notes", "comment", "action")
"""Metadata keys under which programs keep words about a clip."""


def read_cut(file: Path) -> Script:
    """The cut in `file` (.otio). Raises StoryError: no timeline, no clips, clips without a length."""
    import opentimelineio as otio

    try:
        timeline = otio.adapters.read_from_string(read_bytes(file).decode("utf-8-sig"), "otio_json")
    except (otio.exceptions.OTIOError, ValueError, LookupError, TypeError, RuntimeError) as exc:
        raise StoryError(f"not an OpenTimelineIO file ({_first_line(exc)})", file=file,
                         remedy="Export the cut as .otio again") from None
    if not isinstance(timeline, otio.schema.Timeline):
        raise StoryError(f"it holds a {type(timeline).__name__}, not a timeline", file=file,
                         remedy="Export the whole timeline as .otio")
    tracks = [track for track in timeline.video_tracks() if track.find_clips()]
    if not tracks:
        raise StoryError("no picture track with clips", file=file, remedy="Put one clip per shot on the first video track")
    scenes: list[tuple[str, list[ScriptShot]]] = []
    for heading, shot in _shots(tracks[0], file):
        if not scenes or scenes[-1][0] != heading:
            scenes.append((heading, []))
        scenes[-1][1].append(shot)
    return Script(clean(timeline.name) or file.stem, tuple(ScriptScene(h, tuple(s)) for h, s in scenes),
                  warnings=tuple(_left_out(timeline, tracks)))


def _shots(track: Any, file: Path) -> list[tuple[str, ScriptShot]]:
    """(heading, shot) of each clip. A dissolve is as long as its transition."""
    import opentimelineio as otio

    found: list[tuple[str, ScriptShot]] = []
    for clip in track.find_clips():
        parent: Any = clip.parent()
        before: Any = parent.neighbors_of(clip)[0] if isinstance(parent, otio.schema.Track) else None
        try:
            seconds = clip.duration().to_seconds()
        except (otio.exceptions.OTIOError, ValueError):
            seconds = 0.0
        if not 0 < seconds <= 3600:
            raise StoryError(f"clip '{clip.name}' has no length between 0 and 3600 seconds", file=file,
                             remedy="Give the clip a source range, then export again")
        dissolve = 0.0
        if found and isinstance(before, otio.schema.Transition):
            dissolve = (before.in_offset + before.out_offset).to_seconds()
        heading = clean(str(_words(clip.metadata, ("scene",)) or ""))
        found.append((heading, ScriptShot(_action(clip), seconds=round(seconds, 3), name=_SUFFIX.sub("", clean(clip.name)),
                                          dissolve=round(min(dissolve, 10.0), 3) or None)))
    return found


def _action(clip: Any) -> str:
    """What is told about a clip: its metadata's words, then its markers'."""
    told = [_words(clip.metadata, _TOLD), *(_of_marker(marker) for marker in clip.markers)]
    return clean(" ".join(dict.fromkeys(text for text in told if text)))


def _of_marker(marker: Any) -> str:
    return clean(str(getattr(marker, "comment", "") or _words(marker.metadata, _TOLD) or marker.name))


def _words(metadata: Any, keys: tuple[str, ...]) -> str:
    """The first text under one of `keys`, at any depth: each program keeps its words under its own name."""
    for key, value in metadata.items():
        if isinstance(value, str) and key.lower() in keys and value.strip():
            return clean(value)
    return next((text for value in metadata.values() if hasattr(value, "items") and (text := _words(value, keys))), "")


def _left_out(timeline: Any, tracks: list[Any]) -> list[str]:
    import opentimelineio as otio

    gaps = sum(1 for item in tracks[0] if isinstance(item, otio.schema.Gap))
    sounds = sum(len(track.find_clips()) for track in timeline.audio_tracks())
    told = [(gaps, "gap", "a film of shots has none"), (sounds, "sound clip", "name sounds in the storyboard"),
            (len(tracks) - 1, "picture track", "only the first becomes shots")]
    return [f"{n} {what}{'s' * (n != 1)} left out: {why}" for n, what, why in told if n]


def _first_line(exc: Exception) -> str:
    return str(exc).strip().splitlines()[0][:120] if str(exc).strip() else type(exc).__name__
