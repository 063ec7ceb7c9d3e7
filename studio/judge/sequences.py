"""Promises about keyframes, frame sequences, clips and films; each file is read once, from front to end."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.judge.checks import CHECKS, PanelJudge
from studio.judge.watching import Watch
from studio.plan.history import Verdict
from studio.plan.recipes import ImageRecipe

FROZEN = 0.6
"""Share of frames like the one before them, from which a sequence counts as static."""
FLICKER = 0.25
"""Bound of studio.judge.watching.flicker. Drawn clips have 0.18 and less, light that trembles by 5 % has 0.75 (median)."""
FLASH = 8.0
"""Levels of 255 that a frame may stand out from both its neighbours. Drawn clips have 4.5 and less."""
CLIPPED = 0.25
"""Share of values that may be at 0 or 255 beyond what the first and last frame, the keyframes, have."""
LEGAL = (5, 246)
"""Luma in limited range, as 8 bits, by EBU R 103: 16..235 with room for what encoders overshoot."""
ILLEGAL = 0.01
"""Share of a picture that may lie outside, by the same."""

KEYFRAME_CHECKS: dict[str, bool] = {
    **{name: blocks for name, blocks in CHECKS.items() if name != "not_a_near_duplicate"},  # neighbours ought to be alike
    "size_of_its_shot": True,
}
SEQUENCE_CHECKS: dict[str, bool] = {
    "decodes": True,
    "planned_frame_count": True,
    "size_as_planned": True,
    "not_frozen": True,
    "colours_within_range": True,
    "no_flash_frame": False,
    "flicker_within_bound": False,
}
"""Check name -> does it block. Flash and flicker are warnings: quick motion may look like them."""
CLIP_CHECKS: dict[str, bool] = {**SEQUENCE_CHECKS, "not_frozen": False}
"""A shot may stand still for its author; its sequences were judged before."""
FILM_CHECKS: dict[str, bool] = {
    "decodes": True,
    "planned_frame_count": True,
    "size_as_planned": True,
    "colours_within_range": True,
    "no_flash_frame": False,
    "av_lengths_agree": True,
}
Answers = Mapping[str, Callable[[], tuple[bool, str]]]
Size = tuple[int, int]
"""Width and height, pixels."""


def judge_keyframe(unit: str, data: bytes, recipe: ImageRecipe, shot_sizes: Mapping[str, Size]) -> list[Verdict]:
    """Verdicts on a keyframe's PNG, in the order of KEYFRAME_CHECKS. shot_sizes: unit -> size, of its shot's keyframes."""
    verdicts = [v for v in PanelJudge().judge(unit, data, recipe) if v.check in KEYFRAME_CHECKS]
    mine = (recipe.width, recipe.height)
    others = [f"{other} is {w}x{h}" for other, (w, h) in sorted(shot_sizes.items()) if (w, h) != mine]
    note = f"{mine[0]}x{mine[1]}, but {', '.join(others)}" if others else ""
    return [*verdicts, Verdict("size_of_its_shot", not others, KEYFRAME_CHECKS["size_of_its_shot"], note)]


def judge_sequence(file: Path, frames: int, size: Size | None = None) -> list[Verdict]:
    """Verdicts on a frame sequence, in the order of SEQUENCE_CHECKS; all fail with one reason when it does not decode."""
    seen = watched(file)
    answers = {**_always(seen, frames, size), **_moving(seen.watch), "colours_within_range": lambda: _colours(seen.watch)}
    return _verdicts(SEQUENCE_CHECKS, answers, seen)


def judge_clip(file: Path, frames: int, size: Size | None = None, hold: int = 1) -> list[Verdict]:
    """Verdicts on a shot's clip, in the order of CLIP_CHECKS. hold: film frames per drawing; only drawings are compared."""
    seen = watched(file, hold)
    answers = {**_always(seen, frames, size), **_moving(seen.watch), "colours_within_range": lambda: _encoded(seen)}
    return _verdicts(CLIP_CHECKS, answers, seen)


def judge_film(file: Path, frames: int, size: Size | None = None, sound: bool = True) -> list[Verdict]:
    """Verdicts on a film, in the order of FILM_CHECKS. sound: whether it ought to have any."""
    seen = watched(file)
    answers = {**_always(seen, frames, size), **_moving(seen.watch), "colours_within_range": lambda: _encoded(seen),
               "av_lengths_agree": lambda: _lengths(seen, sound)}
    return _verdicts(FILM_CHECKS, answers, seen)


@dataclass
class Watched:
    """One pass over a file."""

    watch: Watch = field(default_factory=Watch)
    frames: int = 0
    sizes: set[Size] = field(default_factory=set[Size])
    illegal: float = 0.0
    """Largest share of a frame's luma outside LEGAL."""
    illegal_at: int = 0
    picture_end: float = 0.0
    """Seconds at which the last frame, and the last sound, end."""
    sound_end: float | None = None
    tolerance: float = 0.0
    """Seconds of one frame, or of one packet of sound where that is longer: neither can be cut."""
    error: str = ""


def watched(file: Path, hold: int = 1) -> Watched:
    """Decodes `file` once; only every `hold`-th frame is compared with its neighbours. What is damaged stands in `error`.

    FFV1 repairs a slice that fails its checksum and tells nobody: a flipped bit in a stored sequence is found by its sha256.
    """
    import av

    seen = Watched()
    try:
        with av.open(str(file)) as source:
            if not source.streams.video:
                raise ValueError("there is no picture in it")
            source.streams.video[0].thread_type = "NONE"  # with threads, decoders patch over damage without a word
            source.streams.video[0].codec_context.options = {"err_detect": "crccheck+explode"}
            for frame in _frames(source, seen):
                if frame.is_corrupt:
                    raise ValueError("its data are damaged")
                if seen.frames % hold == 0:
                    seen.watch.add(frame.to_ndarray(format="rgb24"))
                seen.sizes.add((frame.width, frame.height))
                if (share := _outside(frame)) > seen.illegal:
                    seen.illegal, seen.illegal_at = share, seen.frames
                seen.frames += 1
            if not seen.frames:
                raise ValueError("there is no frame in it")
    except (OSError, ValueError) as exc:  # FFmpegError is one or the other
        seen.error = f"frame {seen.frames} cannot be decoded: {exc}"
    return seen


def _frames(source: Any, seen: Watched) -> Iterator[Any]:
    """Decoded pictures of an open file; notes how long picture and sound are on the way."""
    picture = source.streams.video[0]
    streams = [picture, *source.streams.audio[:1]]
    per_frame = float(1 / picture.average_rate) if picture.average_rate else 0.0
    seen.tolerance = per_frame
    for packet in source.demux(streams):
        if packet.size and packet.pts is not None:
            length = float(packet.duration * packet.time_base) if packet.duration else 0.0
            start = float(packet.pts * packet.time_base)
            if packet.stream is picture:
                seen.picture_end = max(seen.picture_end, start + (length or per_frame))
            else:
                seen.sound_end = max(seen.sound_end or 0.0, start + length)
                seen.tolerance = max(seen.tolerance, length)
        if packet.stream is picture:
            yield from packet.decode()


def _outside(frame: Any) -> float:
    """Share of a decoded frame's luma outside LEGAL; 0 for RGB and full range, where every value is legal."""
    import numpy as np

    full_range = 2  # ffmpeg's AVCOL_RANGE_JPEG
    if not frame.format.name.startswith("yuv") or frame.format.name.startswith("yuvj") or frame.color_range == full_range:
        return 0.0
    bits, plane = frame.format.components[0].bits, frame.planes[0]
    luma: np.ndarray = np.frombuffer(plane, np.uint8 if bits == 8 else np.uint16)
    luma = luma.reshape(frame.height, -1)[:, : frame.width] >> (bits - 8)
    return float(((luma < LEGAL[0]) | (luma > LEGAL[1])).mean())


def _verdicts(checks: Mapping[str, bool], answers: Answers, seen: Watched) -> list[Verdict]:
    if seen.error:
        return [Verdict(name, False, blocks, seen.error) for name, blocks in checks.items()]
    said = {name: answers[name]() for name in checks}
    return [Verdict(name, said[name][0], blocks, said[name][1]) for name, blocks in checks.items()]


def _unless(wrong: bool, note: str) -> tuple[bool, str]:
    return not wrong, note if wrong else ""


def _always(seen: Watched, frames: int, size: Size | None) -> Answers:
    others = {s for s in seen.sizes if s != size} if size else seen.sizes if len(seen.sizes) > 1 else set[Size]()
    found = ", ".join(f"{w}x{h}" for w, h in sorted(others))
    planned = f" instead of {size[0]}x{size[1]}" if size else " in one file"
    return {
        "decodes": lambda: (True, ""),
        "planned_frame_count": lambda: _unless(seen.frames != frames, f"{seen.frames} frames instead of {frames}"),
        "size_as_planned": lambda: _unless(bool(others), found + planned),
    }


def _moving(watch: Watch) -> Answers:
    return {
        "not_frozen": lambda: _frozen(watch),
        "no_flash_frame": lambda: _unless(
            watch.flash > FLASH, f"frame {watch.flash_at} stands out from both its neighbours by {watch.flash:.0f} of 255"),
        "flicker_within_bound": lambda: _unless(
            watch.flicker > FLICKER, f"flicker is {watch.flicker:.2f}, the bound is {FLICKER:g}"),
    }


def _frozen(watch: Watch) -> tuple[bool, str]:
    pairs = watch.frames - 1
    if watch.still < 2 or watch.still <= FROZEN * pairs:
        return True, ""
    found = f"{watch.still} of {pairs} frames are like the one before them"
    return (True, f"{found}, as it leads from a keyframe to one like it") if watch.ends_alike else (False, found)


def _colours(watch: Watch) -> tuple[bool, str]:
    """No frame of a sequence is blank, as no keyframe is; none is burnt out more than its keyframes."""
    if watch.blanks:
        return False, f"frame {watch.blank_at} is blank, and {watch.blanks - 1} more"
    beyond = watch.clipped - watch.clipped_ends
    return _unless(beyond > CLIPPED, f"{watch.clipped:.0%} of frame {watch.clipped_at} are black or white, "
                                     f"{watch.clipped_ends:.0%} of the keyframes")


def _encoded(seen: Watched) -> tuple[bool, str]:
    """Fades and cards may be blank for a while, not for more than half of the time; luma is legal."""
    if seen.watch.blanks * 2 > seen.watch.frames:
        return False, f"{seen.watch.blanks} of {seen.watch.frames} frames looked at are blank"
    return _unless(seen.illegal > ILLEGAL, f"{seen.illegal:.0%} of frame {seen.illegal_at} lie outside the legal range")


def _lengths(seen: Watched, sound: bool) -> tuple[bool, str]:
    if seen.sound_end is None:
        return _unless(sound, "there is no sound")
    apart = seen.sound_end - seen.picture_end
    return _unless(abs(apart) > seen.tolerance + 1e-6,
                   f"sound ends {abs(apart):.3f} s {'after' if apart > 0 else 'before'} the picture ({seen.picture_end:.3f} s)")
