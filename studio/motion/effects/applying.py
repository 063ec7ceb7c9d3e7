"""Applying: a clip's declared effects, made ready once, then one frame at a time, in their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from studio.errors import StoryError
from studio.motion.effects import camera, grading, light, lines, titles
from studio.motion.effects.stage import Applied, Moment, Stage
from studio.story.effects import AnyEffect

if TYPE_CHECKING:
    import numpy as np

_READ: TypeAdapter[AnyEffect] = TypeAdapter(AnyEffect)
MAKERS: Mapping[str, Any] = {
    "pan": camera.pan,
    "zoom": camera.zoom,
    "shake": camera.shake,
    "grade": grading.grade,
    "bloom": light.bloom,
    "grain": light.grain,
    "vignette": light.vignette,
    "speed_lines": lines.speed_lines,
    "title": titles.title,
    "watermark": titles.watermark,
    "fade": light.fade,
}
"""Kind -> (effect, stage) -> what is done to a frame."""


@dataclass(frozen=True)
class Span:
    """An effect and the film frames on which it is seen."""

    apply: Applied
    first: int
    frames: int
    """At least 1; may reach past the clip's end, where nothing is left to see."""
    fps: int
    seed: tuple[int, ...]

    def at(self, frame: int, drawing: int) -> Moment | None:
        """What the effect knows of a frame; None when it is not on."""
        inside = frame - self.first
        if not 0 <= inside < self.frames:
            return None
        progress = inside / (self.frames - 1) if self.frames > 1 else 0.0
        return Moment(inside / self.fps, self.frames / self.fps, progress, frame, drawing, self.seed)


class Effects:
    """All effects of one clip. `notes` names those that are never seen."""

    def __init__(self, effects: Sequence[dict[str, Any]], stage: Stage, frames: int, fps: int, seed: int) -> None:
        """`effects` as a clip's recipe keeps them; `frames` and `fps` are the film's.

        Raises StoryError, StoreError or LetteringError for one that cannot be made ready.
        """
        self.notes: list[str] = []
        self._spans: list[Span] = []
        for i, written in enumerate(effects):
            effect = read_effect(written, i)
            first = round(effect.at * fps)
            if first >= frames:
                self.notes.append(f"effects[{i}] ({effect.kind}) begins at {effect.at:g} s, after the shot's end: it is not seen")
                continue
            length = frames - first if effect.seconds is None else max(1, round(effect.seconds * fps))
            self._spans.append(Span(make_ready(effect, stage), first, length, fps, (seed % 2**64, i)))

    def on(self, frame: int) -> bool:
        """Whether any effect changes this film frame."""
        return any(span.at(frame, 0) for span in self._spans)

    def apply(self, picture: "np.ndarray", frame: int, drawing: int) -> "np.ndarray":
        """Film frame number `frame`, (height, width, 3) float32 in 0..1, with every effect that is on, in order."""
        for span in self._spans:
            moment = span.at(frame, drawing)
            if moment is not None:
                picture = span.apply(picture, moment)
        return picture


def make_ready(effect: AnyEffect, stage: Stage) -> Applied:
    """What `effect` does to the frames of a clip. Raises StoryError, StoreError or LetteringError where it cannot be done."""
    return MAKERS[effect.kind](effect, stage)


def read_effect(written: dict[str, Any], place: int = 0) -> AnyEffect:
    """An effect from its plain values. Raises StoryError naming its place in the list and its field."""
    try:
        return _READ.validate_python(written)
    except ValidationError as exc:
        first = exc.errors()[0]
        field = ".".join(str(p) for p in (f"effects[{place}]", *first["loc"]))
        raise StoryError(f"this is no effect: {first['msg']}", field=field,
                         remedy=f"Use one of {', '.join(MAKERS)}, with the fields of docs/effects.md") from None
