"""Lines: when in the film each spoken line begins and ends, from the length of its voice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from studio.plan.film_recipes import Cue
from studio.plan.pages import in_language
from studio.story.fields import in_language as text_in
from studio.story.shots import Line, Shot
from studio.story.show import Show
from studio.story.storyboard import Storyboard, line_unit
from studio.story.timing import PAUSE, ShotTiming, reading_seconds


@dataclass(frozen=True)
class Spoken:
    """One line in its place."""

    unit: str
    shot: Shot
    line: Line
    text: str
    start: float
    """Seconds from the film's start."""
    seconds: float
    overrun: float
    """Seconds by which it outlasts its shot; 0 when it fits."""


def shot_starts(board: Storyboard, timings: Mapping[str, ShotTiming], fps: int) -> dict[str, int]:
    """Shot id -> film frame at which it begins; a dissolve begins before the last shot has ended."""
    starts: dict[str, int] = {}
    at = 0
    for i, shot in enumerate(board.shots):
        at -= dissolve_frames(shot, fps) if i else 0
        starts[shot.id] = at
        at += timings[shot.id].frames
    return starts


def dissolve_frames(shot: Shot, fps: int) -> int:
    """Frames that a shot shares with the one before it."""
    return round(shot.transition.seconds * fps) if shot.transition.kind == "dissolve" else 0


def spoken_lines(
    show: Show, board: Storyboard, timings: Mapping[str, ShotTiming], language: str, seconds: Mapping[str, float]
) -> Iterator[Spoken]:
    """The lines that are spoken in `language`, in order; `seconds`: unit -> length of its voice, guessed where it is not made."""
    fps = show.settings.fps
    starts = shot_starts(board, timings, fps)
    for shot in board.shots:
        begin = starts[shot.id] / fps
        end, after = begin + timings[shot.id].frames / fps, begin + PAUSE
        for line in shot.lines:
            text = text_in(line.text, language)
            if text is None:
                continue
            unit = line_unit(board, shot, line)
            start = begin + line.at if line.at is not None else after
            length = seconds.get(unit, reading_seconds(text))
            after = start + length + PAUSE
            yield Spoken(unit, shot, line, text, round(start, 3), length, max(0.0, round(start + length - end, 3)))


def cues_of(show: Show, spoken: list[Spoken], language: str) -> tuple[Cue, ...]:
    """Subtitles in order of time: each line from its first to its last sound; two may be seen at once, as they are heard."""
    cues: list[Cue] = []
    for one in sorted(spoken, key=lambda line: line.start):
        name = one.line.speaker
        who = in_language(show.cast[name].title, language) or name if name else ""
        cues.append(Cue(start=one.start, end=round(one.start + one.seconds, 3), speaker=who, text=one.text))
    return tuple(cues)
