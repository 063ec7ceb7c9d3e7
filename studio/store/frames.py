"""Frame sequences as one artifact: lossless FFV1 in Matroska, written and read frame by frame, never whole in memory.

FFV1 keeps every RGB value; equal frames, rate and title give equal files (ffmpeg's bit-exact mode writes no dates or versions).
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import StoreError

if TYPE_CHECKING:
    import numpy as np

SUFFIX = ".mkv"
"""Of a frame sequence in the artifact store."""


def write_frames(file: Path, frames: "Iterable[np.ndarray]", fps: int, about: dict[str, str] | None = None) -> int:
    """Write RGB frames, (height, width, 3) uint8 of one size, to `file`; how many. `about`: texts kept in the file.

    Raises StoreError for frames of different size, none at all, or a file that cannot be written.
    """
    import av

    count, size = 0, (0, 0, 0)
    try:
        with av.open(str(file), "w", format="matroska", options={"fflags": "+bitexact"}) as out:
            out.metadata.update(about or {})
            stream: Any = None
            for frame in frames:
                if stream is None:
                    size = frame.shape
                    stream = _stream(out, fps, frame.shape[1], frame.shape[0])
                elif frame.shape != size:
                    raise StoreError(f"frame {count} is {frame.shape[1]}x{frame.shape[0]}, the first is {size[1]}x{size[0]}",
                                     file=file, field="frames", remedy="Give all keyframes of a shot one size")
                picture = av.VideoFrame.from_ndarray(frame, "rgb24").reformat(format="bgr0")
                picture.pts, picture.time_base = count, Fraction(1, fps)
                out.mux(stream.encode(picture))
                count += 1
            if stream is None:
                raise StoreError("there is no frame to keep", file=file, field="frames", remedy="Plan the shot again")
            out.mux(stream.encode(None))
    except OSError as exc:
        raise StoreError(f"the frames cannot be written ({exc.strerror or exc})", file=file,
                         remedy="Free space or permissions, then run again: nothing half-written is kept") from exc
    return count


def _stream(out: Any, fps: int, width: int, height: int) -> Any:
    stream = out.add_stream("ffv1", rate=fps)
    stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
    stream.codec_context.options = {"level": "3", "slicecrc": "1", "g": "1"}
    stream.codec_context.flags |= 0x800000  # AV_CODEC_FLAG_BITEXACT
    stream.codec_context.thread_count = 1
    return stream


def read_frames(file: Path) -> "Iterator[np.ndarray]":
    """The frames of a sequence (or of any video), (height, width, 3) uint8 RGB, one by one.

    Raises StoreError naming the frame that cannot be decoded.
    """
    import av
    from av.error import FFmpegError
    from av.video.reformatter import Interpolation

    # without these, ffmpeg's quick way from YUV darkens colours by two or three of 255
    exact = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
    count = 0
    try:
        with av.open(str(file)) as source:
            if not source.streams.video:
                raise StoreError("there is no picture in this file", file=file, remedy="Name a video, or a folder of pictures")
            source.streams.video[0].thread_type = "NONE"
            for frame in source.decode(video=0):
                yield frame.to_ndarray(format="rgb24", interpolation=exact)
                count += 1
    except (FFmpegError, OSError) as exc:
        raise StoreError(f"frame {count} cannot be decoded ({exc})", file=file,
                         remedy="Run 'genga verify --repair', then 'genga apply'; replace the file if it is your own") from exc


def count_frames(file: Path) -> int:
    """How many frames a sequence or video holds, without decoding them."""
    import av

    with av.open(str(file)) as source:
        return sum(1 for packet in source.demux(video=0) if packet.size)


def about(file: Path) -> dict[str, str]:
    """The texts kept in a sequence."""
    import av

    with av.open(str(file)) as source:
        return {name.lower(): text for name, text in source.metadata.items()}  # Matroska writes names in capitals


def middle_frame(file: Path) -> "np.ndarray":
    """The frame in the middle of a sequence, (height, width, 3) uint8: what a list shows of it."""
    middle = count_frames(file) // 2
    return next(frame for i, frame in enumerate(read_frames(file)) if i == middle)
