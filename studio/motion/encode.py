"""Encoding: RGB frames become a video file with exactly as many frames, exact times, and colours that say what they are.

Equal frames give equal files: threads are fixed, and neither dates nor encoder versions are written.
"""

import contextlib
import os
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import RenderError, StoreError

if TYPE_CHECKING:
    import numpy as np

BITEXACT = 0x800000
"""AV_CODEC_FLAG_BITEXACT."""
GLOBAL_HEADER = 0x400000
"""AV_CODEC_FLAG_GLOBAL_HEADER: mp4 and Matroska keep the codec's head apart from its packets."""
BT709 = 1
"""ITU-R BT.709, in ffmpeg's lists of primaries, transfer curves and matrices alike."""
LIMITED = 1
"""ffmpeg's name for 16..235, the range of video."""
THREADS = 4
"""Of the encoders, on every machine: how a picture is cut into slices and rows may follow from it."""


@dataclass(frozen=True)
class Codec:
    """How one kind of file is written."""

    encoder: str
    """ffmpeg's name."""
    container: str
    suffix: str
    pixels: str
    """ffmpeg's pixel format."""
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    container_options: Mapping[str, str] = field(default_factory=dict[str, str])
    multiple: tuple[int, int] = (1, 1)
    """Width and height must be multiples of these: chroma is halved that way."""
    seconds_between_keys: float = 0.0
    """Between frames that decode alone, so that players can seek; 0 leaves it to the encoder."""
    strip: str | None = None
    """Bit stream filter that takes the encoder's version and settings out of the stream."""
    whole_times: int | None = None
    """Ticks a second when the format knows no finer ones."""


_FAST_START = {"movflags": "+faststart"}
CODECS: Mapping[str, Codec] = {
    "h264": Codec("libx264", "mp4", ".mp4", "yuv420p",
                  # x264's macroblock tree gives other bytes now and then on processors with AVX-512
                  {"crf": "16", "preset": "medium", "tune": "animation", "x264-params": "mbtree=0"},
                  _FAST_START, (2, 2), 2.0, "filter_units=remove_types=6"),
    "vp9": Codec("libvpx-vp9", "webm", ".webm", "yuv420p",
                 {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1", "auto-alt-ref": "1"},
                 {}, (2, 2), 2.0),
    "av1": Codec("libsvtav1", "mp4", ".mp4", "yuv420p", {"crf": "24", "preset": "8", "svtav1-params": f"lp={THREADS}"},
                 _FAST_START, (2, 2), 2.0),
    "prores": Codec("prores_ks", "mov", ".mov", "yuv422p10le", {"profile": "hq", "vendor": "apl0"}, {}, (2, 1)),
    "webp": Codec("libwebp_anim", "webp", ".webp", "bgra", {"quality": "75"}, {"loop": "0"}, whole_times=1000),
    "gif": Codec("gif", "gif", ".gif", "pal8", {}, {"loop": "0"}, whole_times=100),
}
"""Codec name -> how it is written; the last two are previews."""


def codec_of(name: str) -> Codec:
    """The codec called `name`. Raises RenderError naming the known ones."""
    if name not in CODECS:
        raise RenderError(f"there is no codec '{name}'", field="codec", remedy=f"Use one of {', '.join(CODECS)}")
    return CODECS[name]


def suffix_of(codec: str) -> str:
    """The file name's ending, with its dot. Raises RenderError for an unknown codec."""
    return codec_of(codec).suffix


@dataclass
class VideoWriter:
    """A file being written; `open_writer` makes it.

    Streams of sound or subtitles are added to `container` before the first frame; their packets are muxed at any time.
    """

    container: Any
    """PyAV's output container."""
    stream: Any
    """PyAV's video stream."""
    codec: Codec
    file: Path
    fps: Fraction
    width: int
    height: int
    """Of the frames that come; the stream's own may be larger by the padding."""
    notes: list[str] = field(default_factory=list)
    """What was done that nobody asked for, in sentences."""
    count: int = 0
    """Frames taken so far."""
    filters: tuple[Any, ...] = ()

    def add(self, frame: "np.ndarray") -> None:
        """Encode one frame: (height, width, 3) RGB, uint8 or float 0..1. Raises StoreError for another size."""
        if frame.shape != (self.height, self.width, 3):
            raise StoreError(f"frame {self.count} is {frame.shape[1]}x{frame.shape[0]}, the file {self.width}x{self.height}",
                             file=self.file, field="frames", remedy="Give all frames of a file one size")
        picture = self._picture(frame)
        rate = Fraction(self.codec.whole_times or self.fps)  # held until the next whole tick, so that the length never drifts
        start, end = (round(n * rate / self.fps) for n in (self.count, self.count + 1))
        picture.pts, picture.duration, picture.time_base = start, end - start, 1 / rate
        self._mux(self.stream.encode(picture))
        self.count += 1

    def finish(self) -> None:
        """Write what the encoder still holds. Raises StoreError when no frame came."""
        if not self.count:
            raise StoreError("there is no frame to encode", file=self.file, field="frames", remedy="Plan the shot again")
        self._mux(self.stream.encode(None))
        self._mux([None] if self.codec.strip else [])

    def _mux(self, packets: Iterable[Any]) -> None:
        for packet in packets:
            kept = self.filters[0].filter(packet) if self.codec.strip else [packet]
            self.container.mux(kept)

    def _picture(self, frame: "np.ndarray") -> Any:
        import av
        import numpy as np
        from av.video.reformatter import Interpolation

        deep = self.codec.pixels.endswith("10le") and frame.dtype != np.uint8
        if frame.dtype != np.uint8:
            most = 65535 if deep else 255
            frame = np.rint(np.clip(frame, 0, 1) * most).astype(np.uint16 if deep else np.uint8)
        tall, wide = self.stream.height - self.height, self.stream.width - self.width
        if tall or wide:
            frame = np.pad(frame, ((0, tall), (0, wide), (0, 0)), mode="edge")
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb48le" if deep else "rgb24")
        if self.codec.pixels == "pal8":
            return _with_palette(self.filters, picture)
        if self.codec.pixels == "bgra":
            return picture.reformat(format="bgra")
        exact = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT | Interpolation.FULL_CHR_H_INT
        return picture.reformat(format=self.codec.pixels, dst_colorspace=BT709, src_color_range=2, dst_color_range=LIMITED,
                                dst_color_trc=BT709, dst_color_primaries=BT709, interpolation=exact, threads=1)


@contextlib.contextmanager
def open_writer(file: Path, codec: str, fps: Fraction | int, width: int, height: int,
                options: Mapping[str, str] | None = None) -> Generator[VideoWriter]:
    """A writer of frames of `width` x `height` pixels at `fps`. `options`: for the encoder, such as `{"crf": "20"}`.

    When anything fails inside the block, the half-written file is removed. Raises RenderError for an unknown codec, StoreError
    when the file cannot be written.
    """
    import av
    from av.error import FFmpegError

    how = codec_of(codec)
    try:
        with av.open(str(file), "w", format=how.container, options={"fflags": "+bitexact", **how.container_options}) as out:
            writer = _writer(out, how, file, Fraction(fps), width, height, options or {})
            yield writer
            writer.finish()
    except BaseException as exc:
        file.unlink(missing_ok=True)
        if isinstance(exc, FFmpegError | OSError):
            raise StoreError(f"the video cannot be written ({exc.strerror or exc})", file=file, field="codec",
                             remedy="Free space or permissions, then run again: nothing half-written is kept") from exc
        raise


def encode(file: Path, frames: "Iterable[np.ndarray]", codec: str, fps: Fraction | int,
           options: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Write `frames`, (height, width, 3) RGB, uint8 or float 0..1, to `file`; notes of what was done that nobody asked for.

    Raises StoreError for no frames or frames of different size, RenderError for an unknown codec.
    """
    steps = iter(frames)
    first = next(steps, None)
    if first is None:
        raise StoreError("there is no frame to encode", file=file, field="frames", remedy="Plan the shot again")
    with open_writer(file, codec, fps, first.shape[1], first.shape[0], options) as writer:
        writer.add(first)
        for frame in steps:
            writer.add(frame)
    return tuple(writer.notes)


def _writer(out: Any, how: Codec, file: Path, fps: Fraction, width: int, height: int,
            options: Mapping[str, str]) -> VideoWriter:
    stream = out.add_stream(how.encoder, rate=fps)
    writer = VideoWriter(out, stream, how, file, fps, width, height)
    across, down = how.multiple
    stream.width, stream.height = -(-width // across) * across, -(-height // down) * down
    if (stream.width, stream.height) != (width, height):
        writer.notes.append(f"{width}x{height} is encoded as {stream.width}x{stream.height}: "
                            f"{how.encoder} wants even sides, so the last row or column is repeated")
    stream.pix_fmt = how.pixels
    context = stream.codec_context
    context.time_base = Fraction(1, how.whole_times) if how.whole_times else 1 / fps
    context.options = {**how.options, **options}
    context.flags |= BITEXACT
    context.thread_count = THREADS
    os.environ.setdefault("SVT_LOG", "1")  # that encoder writes its settings over the terminal unless told to name errors only
    if how.seconds_between_keys:
        context.gop_size = max(1, round(fps * how.seconds_between_keys))
    if how.multiple != (1, 1):
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = LIMITED
    if how.strip:
        from av.bitstream import BitStreamFilterContext

        context.flags |= GLOBAL_HEADER
        writer.filters = (BitStreamFilterContext(how.strip, stream),)
    elif how.pixels == "pal8":
        writer.filters = _palette(width, height)
    if how.whole_times and how.whole_times % fps:
        writer.notes.append(f"{how.suffix[1:]} counts time in {how.whole_times} parts of a second: "
                            f"frames of {fps} a second are shown a part longer or shorter in turn")
    return writer


def _palette(width: int, height: int) -> tuple[Any, ...]:
    """A graph that gives each frame the 256 colours that suit it, one frame in, one frame out."""
    from av import VideoFormat
    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(width=width, height=height, format=VideoFormat("rgb24"), time_base=Fraction(1, 1000))
    split, made = graph.add("split"), graph.add("palettegen", "stats_mode=single")
    used, sink = graph.add("paletteuse", "new=1:dither=sierra2_4a"), graph.add("buffersink")
    source.link_to(split)
    split.link_to(used, 0, 0)
    split.link_to(made, 1, 0)
    made.link_to(used, 0, 1)
    used.link_to(sink)
    graph.configure()
    return graph, source, sink


def _with_palette(filters: tuple[Any, ...], picture: Any) -> Any:
    _, source, sink = filters
    picture.pts, picture.time_base = 0, Fraction(1, 1000)
    source.push(picture)
    return sink.pull()
