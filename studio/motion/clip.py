"""A clip: one shot's drawings, held to the film's rate, with effects, encoded. The same recipe gives the same bytes."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from studio.errors import StoreError
from studio.motion.effects.applying import Effects
from studio.motion.effects.stage import Stage
from studio.motion.encode import encode, open_writer, suffix_of
from studio.plan.film_recipes import ClipRecipe
from studio.store.frames import middle_frame, read_frames

if TYPE_CHECKING:
    import numpy as np

CONTRACT = 1
"""Raised when the same recipe gives another clip."""
PREVIEW_FPS = 12
"""Most frames a second of a preview."""


def make_clip(recipe: ClipRecipe, sequences: Sequence[Path], files: Mapping[str, Path], out: Path) -> tuple[str, ...]:
    """Write the clip of `recipe` to `out`; notes of what was done that nobody asked for, such as padding.

    sequences: the files of `recipe.gaps`, in order. files: name that an effect uses -> its file. Holds two pictures at a time.
    Raises StoreError for sequences that are missing or too short, StoryError or LetteringError for an effect, RenderError for
    an unknown codec; nothing half-written is kept.
    """
    _refuse_missing(recipe, sequences)
    stage = Stage(recipe.width, recipe.height, recipe.language, files)
    effects = Effects(recipe.effects, stage, recipe.frames, recipe.fps, recipe.seed)
    with open_writer(out, recipe.codec, recipe.fps, recipe.width, recipe.height) as writer:
        for frame in film_frames(recipe, sequences, effects):
            writer.add(frame)
    return (*effects.notes, *writer.notes)


def film_frames(recipe: ClipRecipe, sequences: Sequence[Path], effects: Effects) -> "Iterator[np.ndarray]":
    """Exactly `recipe.frames` film frames, (height, width, 3): uint8 where no effect is on, else float32 in 0..1."""
    import numpy as np

    for number, drawing in enumerate(_needed(recipe, sequences)):
        picture = fitted(drawing, recipe.width, recipe.height)
        start = number * recipe.hold
        last = number == recipe.drawings - 1
        end = recipe.frames if last else min(recipe.frames, start + recipe.hold)
        light = picture.astype(np.float32) / np.float32(255) if any(map(effects.on, range(start, end))) else None
        for frame in range(start, end):
            yield picture if light is None or not effects.on(frame) else effects.apply(light, frame, number)


def _needed(recipe: ClipRecipe, sequences: Sequence[Path]) -> "Iterator[np.ndarray]":
    """As many drawings as the film frames show. Raises StoreError when the sequences hold fewer."""
    needed = min(recipe.drawings, -(-recipe.frames // recipe.hold))
    found = 0
    for drawing in itertools.islice(_drawings(sequences), needed):
        found += 1
        yield drawing
    if found < needed:
        raise StoreError(f"the shot's {len(sequences)} frame sequences hold {found} drawings, {needed} are needed",
                         file=sequences[-1], field="gaps", remedy="Run 'genga verify --repair', then 'genga apply'")


def _drawings(sequences: Sequence[Path]) -> "Iterator[np.ndarray]":
    for i, file in enumerate(sequences):
        drawings = read_frames(file)
        first = next(drawings, None)
        if first is None:
            raise StoreError("this frame sequence is empty", file=file, field="gaps", remedy="Run 'genga verify --repair'")
        if not i:
            yield first
        yield from drawings


def _refuse_missing(recipe: ClipRecipe, sequences: Sequence[Path]) -> None:
    if not sequences or len(sequences) != len(recipe.gaps):
        raise StoreError(f"{len(sequences)} frame sequences came for the {len(recipe.gaps)} gaps of the shot", field="gaps",
                         remedy="Run 'genga apply', so that all gaps are drawn")
    for file in sequences:
        if not file.is_file():
            raise StoreError("this frame sequence is not there", file=file, field="gaps",
                             remedy="Run 'genga verify --repair', then 'genga apply'")


def fitted(picture: "np.ndarray", width: int, height: int) -> "np.ndarray":
    """`picture`, (h, w, 3) uint8, scaled to cover `width` x `height` and cut around its middle."""
    import cv2

    tall, wide = picture.shape[:2]
    scale = max(width / wide, height / tall)
    size = max(width, round(wide * scale)), max(height, round(tall * scale))
    if size != (wide, tall):
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return picture[top : top + height, left : left + width]


def clip_preview(clip: Path, seconds: float = 4, side: int = 320, codec: str = "webp") -> bytes:
    """The first `seconds` of a clip (or any video), animated, its longer side of at most `side` pixels; `webp` or `gif`.

    Raises StoreError when the clip cannot be decoded.
    """
    rate = _rate(clip)
    step = max(1, round(rate / PREVIEW_FPS))
    frames = itertools.islice(read_frames(clip), 0, max(1, round(seconds * rate)), step)
    with TemporaryDirectory() as place:
        file = Path(place) / f"preview{suffix_of(codec)}"
        encode(file, (_small(frame, side) for frame in frames), codec, rate / step)
        return file.read_bytes()


def poster(clip: Path) -> "np.ndarray":
    """The frame in the middle of a clip, (height, width, 3) uint8: what stands for it in lists."""
    return middle_frame(clip)


def _rate(clip: Path) -> Fraction:
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(clip)) as source:
            return Fraction(source.streams.video[0].average_rate or PREVIEW_FPS)
    except (FFmpegError, OSError, IndexError) as exc:
        raise StoreError(f"this clip cannot be decoded ({exc})", file=clip, field="clip",
                         remedy="Run 'genga verify --repair', then 'genga apply'") from exc


def _small(frame: "np.ndarray", side: int) -> "np.ndarray":
    tall, wide = frame.shape[:2]
    scale = min(1.0, side / max(tall, wide))
    return fitted(frame, max(1, round(wide * scale)), max(1, round(tall * scale)))
