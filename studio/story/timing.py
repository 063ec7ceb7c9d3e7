"""Timing: when in a shot a keyframe stands, how many frames lie between two, and when a line is spoken. Whole frames only.

A shot is drawn at fewer frames a second than its film shows (anime on twos or threes): each drawing is held for some frames.
"""

import itertools
from dataclasses import dataclass

from studio.errors import StoryError
from studio.story.shots import Shot

WORDS_PER_SECOND = 2.75
"""Reading speed of spoken English, 165 words a minute."""
LETTERS_PER_SECOND = 7.0
"""Of Japanese, in kana and kanji."""
PAUSE = 0.25
"""Seconds between one line and the next, and before the first."""


@dataclass(frozen=True)
class Gap:
    """What lies between two neighbouring keyframes."""

    first: int
    """Index of the keyframe before it; the one after it is `first + 1`."""
    start: int
    """Drawing at which the first keyframe stands, counted from the shot's start."""
    frames: int
    """Drawings, both keyframes included: at least 2."""


@dataclass(frozen=True)
class ShotTiming:
    """A shot in whole frames."""

    drawings: int
    """Different pictures, keyframes included."""
    hold: int
    """Film frames for which each is shown."""
    frames: int
    """Film frames: exactly the shot's length. The last drawing may be held longer or shorter than the others."""
    gaps: tuple[Gap, ...]

    def drawing_of(self, frame: int) -> int:
        """Which drawing a film frame shows."""
        return min(frame // self.hold, self.drawings - 1)


def shot_timing(shot: Shot, fps: int, drawn_fps: int) -> ShotTiming:
    """Keyframes and gaps of `shot` on a film of `fps`, drawn at `drawn_fps`.

    Raises StoryError: fps that do not divide, keyframes out of order or on one drawing, more of them than drawings.
    """
    if fps % drawn_fps:
        raise StoryError(f"{drawn_fps} drawings a second do not divide the film's {fps} frames a second",
                         field=f"{shot.id}.preset", remedy=f"Set motion.fps of the preset to a divisor of {fps}")
    hold = fps // drawn_fps
    frames = max(1, round(shot.seconds * fps))
    drawings = max(2, -(-frames // hold))
    places = _places(shot, drawings, drawn_fps)
    gaps = tuple(Gap(i, a, b - a + 1) for i, (a, b) in enumerate(itertools.pairwise(places)))
    return ShotTiming(drawings, hold, frames, gaps)


def _places(shot: Shot, drawings: int, drawn_fps: int) -> list[int]:
    """The drawing of each keyframe: the first at 0, the last at the end, those without `at` spread between."""
    last = len(shot.keyframes) - 1
    known: dict[int, float] = {0: 0.0, last: float(drawings - 1)}
    for i, keyframe in enumerate(shot.keyframes):
        if keyframe.at is not None and 0 < i < last:
            known[i] = keyframe.at * drawn_fps
    fixed = sorted(known)
    for left, right in itertools.pairwise(fixed):
        step = (known[right] - known[left]) / (right - left)
        known |= {i: known[left] + step * (i - left) for i in range(left + 1, right)}
    places = [round(known[i]) for i in range(last + 1)]
    for i, (a, b) in enumerate(itertools.pairwise(places), 1):
        if b <= a or b >= drawings:
            raise StoryError(
                f"keyframe '{shot.keyframes[i].id}' would stand on drawing {b + 1}, the one before it on {a + 1} of {drawings}",
                field=f"{shot.id}.keyframes.{i}.at",
                remedy=f"Give keyframes rising times within {shot.seconds:g} s, at least {1 / drawn_fps:.2f} s apart",
            )
    return places


def reading_seconds(text: str) -> float:
    """How long it takes to say `text`: words for scripts with spaces, letters for those without."""
    wide = sum(1 for c in text if ord(c) > 0x2E80)
    if wide * 2 > len(text.replace(" ", "")):
        return wide / LETTERS_PER_SECOND
    return len(text.split()) / WORDS_PER_SECOND
