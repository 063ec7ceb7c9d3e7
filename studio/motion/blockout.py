"""Blockout: depth frames of a shot become control maps, one per drawing. The same recipe gives the same bytes."""

import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import StoryError
from studio.plan.film_recipes import BlockoutRecipe
from studio.plan.keyframes import PICTURES, gap_maps, key_map
from studio.store.frames import read_frames, write_frames

if TYPE_CHECKING:
    import numpy as np

CONTRACT = 1
"""Raised when the same recipe gives other maps."""
JUMP = 0.06
"""Share of full brightness by which depth changes within a pixel or two where a line is drawn."""
FIELD = "blockout.frames"


def make_blockout(recipe: BlockoutRecipe, files: Sequence[Path], out: Path) -> dict[str, bytes]:
    """Write the maps of all drawings to `out` (a frame sequence); name -> bytes of each keyframe's map and each gap's maps.

    files: those of `recipe.source`, in order. Holds one depth frame at a time, and the maps of all drawings, which are as
    small as those. Raises StoryError that names the frame, by its number from 1, that cannot be read or has another size than
    the first.
    """
    wanted = _spread(_count(files), recipe.drawings)
    maps = [_map(recipe, depth) for depth in _picked(files, wanted)]
    made = {key_map(i): _png(maps[at]) for i, at in enumerate(recipe.keys)}
    for i, (start, end) in enumerate(itertools.pairwise(recipe.keys)):
        made[gap_maps(i)] = _sequence(maps[start : end + 1], out, recipe.fps)
    write_frames(out, maps, recipe.fps)
    return made


def _count(files: Sequence[Path]) -> int:
    if not _is_video(files):
        return len(files)
    found = 0
    try:
        # counted by decoding: a video that was cut without encoding it anew holds more than it shows
        for _ in read_frames(files[0]):
            found += 1
    except Exception as exc:  # StoreError, and what libraries raise for what is no video
        raise StoryError(f"depth frame {found + 1} cannot be decoded ({exc})", file=files[0], field=FIELD,
                         remedy="Encode the video again, or name a folder of pictures") from exc
    if not found:
        raise StoryError("there is no frame in this video", file=files[0], field=FIELD, remedy="Encode it again")
    return found


def _is_video(files: Sequence[Path]) -> bool:
    return len(files) == 1 and files[0].suffix.lower() not in PICTURES


def _spread(count: int, drawings: int) -> list[int]:
    """Which of `count` depth frames each drawing uses: the first and the last stand at the ends, rising evenly between."""
    return [round(i * (count - 1) / (drawings - 1)) for i in range(drawings)]


def _picked(files: Sequence[Path], wanted: list[int]) -> "Iterator[np.ndarray]":
    """The depth frames numbered `wanted` (rising, some twice), (h, w) float32 in 0..1."""
    size: tuple[int, ...] | None = None
    frames = enumerate(_depths(files, set(wanted)))
    number, depth = next(frames)
    for place in wanted:
        while number < place:
            number, depth = next(frames)
        assert depth is not None
        size = size or depth.shape
        if depth.shape != size:
            (tall, wide), (h, w) = depth.shape, size
            raise StoryError(f"depth frame {place + 1} is {wide}x{tall} pixels, the first {w}x{h}",
                             file=files[min(place, len(files) - 1)], field=FIELD, remedy="Give all frames of a blockout one size")
        yield depth


def _depths(files: Sequence[Path], wanted: set[int]) -> "Iterator[np.ndarray | None]":
    """Every depth frame in turn; None for pictures that nobody wants, which are not opened."""
    if not _is_video(files):
        for number, file in enumerate(files):
            yield _depth(file, number) if number in wanted else None
        return
    import numpy as np

    number = 0
    try:
        for frame in read_frames(files[0]):
            number += 1
            yield np.asarray(frame.mean(axis=2) / 255, np.float32)
    except Exception as exc:  # StoreError and what libraries raise for a stream that ends in the middle
        raise StoryError(f"depth frame {number + 1} cannot be decoded ({exc})", file=files[0], field=FIELD,
                         remedy="Encode the video again, or name a folder of pictures") from exc


def _depth(file: Path, number: int) -> "np.ndarray":
    """A picture's brightness, 0..1; 8 and 16 bits."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(file) as opened:
            if opened.mode == "F":  # as renderers write it, 0..1
                return np.clip(np.asarray(opened, np.float32), 0, 1)
            deep = opened.mode.startswith("I")
            values = np.asarray(opened.convert("I" if deep else "L"), np.float32)
    except Exception as exc:  # PIL raises a dozen kinds for damaged files
        raise StoryError(f"depth frame {number + 1} cannot be read ({type(exc).__name__})", file=file, field=FIELD,
                         remedy="Render this frame again, or leave it out") from exc
    return values / np.float32(65535 if deep else 255)


def _map(recipe: BlockoutRecipe, depth: "np.ndarray") -> "np.ndarray":
    """What a ControlNet is shown of a depth frame, (height, width, 3) uint8: it covers the picture, cut around its middle."""
    import cv2
    import numpy as np

    near = 1 - depth if recipe.invert else depth
    tall, wide = near.shape
    scale = max(recipe.width / wide, recipe.height / tall)
    size = max(recipe.width, round(wide * scale)), max(recipe.height, round(tall * scale))
    if size != (wide, tall):
        near = np.asarray(cv2.resize(near, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))
    left, top = (size[0] - recipe.width) // 2, (size[1] - recipe.height) // 2
    near = near[top : top + recipe.height, left : left + recipe.width]
    shown = _lines(near) if recipe.read == "lines" else np.clip(near * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.repeat(shown[:, :, None], 3, axis=2)


def _lines(near: "np.ndarray") -> "np.ndarray":
    """White where depth jumps, on the nearer side, about two pixels wide; slopes have no line."""
    import cv2
    import numpy as np

    behind = np.asarray(cv2.erode(near, np.ones((3, 3), np.uint8)))
    jump = np.clip((near - behind) / JUMP - 0.5, 0, 1)
    return (jump * 255).astype(np.uint8)


def _png(picture: "np.ndarray") -> bytes:
    from PIL import Image

    held = io.BytesIO()
    Image.fromarray(picture).save(held, "PNG")
    return held.getvalue()


def _sequence(maps: "Iterable[np.ndarray]", beside: Path, fps: int) -> bytes:
    file = beside.with_name(f"{beside.stem}-gap{beside.suffix}")
    try:
        write_frames(file, maps, fps)
        return file.read_bytes()
    finally:
        file.unlink(missing_ok=True)
