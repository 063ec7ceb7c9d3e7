"""Encoding: as many frames as came, when they should be seen, in colours that say what they are, the same bytes each time."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from studio.errors import RenderError, StoreError
from studio.motion.encode import CODECS, encode, open_writer, suffix_of

from .reel import drawing, look

FILMS = ["h264", "vp9", "av1", "prores"]
NTSC = Fraction(24000, 1001)


@pytest.mark.parametrize("codec", FILMS)
@pytest.mark.parametrize("fps", [24, NTSC])
def test_a_film_has_exactly_its_frames_times_and_length(codec: str, fps: Fraction, tmp_path: Path) -> None:
    file = tmp_path / f"film{suffix_of(codec)}"
    assert encode(file, (drawing(i % 9) for i in range(49)), codec, fps) == ()
    seen = look(file)
    tick = Fraction(1, 1000) if codec == "vp9" else Fraction(1, 10**5)
    assert len(seen.frames) == 49
    assert all(abs(time - i / Fraction(fps)) <= tick for i, time in enumerate(seen.times))
    assert abs(seen.seconds - 49 / Fraction(fps)) <= tick


@pytest.mark.parametrize("codec", FILMS)
def test_colours_are_tagged_and_red_stays_red(codec: str, tmp_path: Path) -> None:
    file = tmp_path / f"red{suffix_of(codec)}"
    red = np.full((64, 64, 3), (220, 20, 30), np.uint8)
    encode(file, [red] * 3, codec, 24)
    seen = look(file)
    assert seen.tags == (1, 1, 1, 1)
    from studio.store.frames import read_frames

    assert np.abs(next(read_frames(file))[32, 32].astype(int) - (220, 20, 30)).max() <= 1


@pytest.mark.parametrize("codec", list(CODECS))
def test_equal_frames_give_equal_bytes_that_name_no_version(codec: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{i}{suffix_of(codec)}" for i in range(2)]
    for file in files:
        encode(file, (drawing(i) for i in range(9)), codec, 24)
    one, two = (file.read_bytes() for file in files)
    assert one == two
    assert not [word for word in (b"x264", b"Lavc", b"Lavf6", b"SVT-AV1", b"libvpx") if word in one]


@pytest.mark.parametrize("codec", FILMS)
def test_pictures_come_back_nearly_as_they_were(codec: str, tmp_path: Path) -> None:
    file = tmp_path / f"like{suffix_of(codec)}"
    encode(file, (drawing(i) for i in range(9)), codec, 24)
    for i, frame in enumerate(look(file).frames):
        assert np.abs(frame.astype(int) - drawing(i)).mean() < 6


@pytest.mark.parametrize(("codec", "size", "stored"), [("h264", (33, 51), (34, 52)), ("av1", (65, 66), (66, 66)),
                                                       ("prores", (33, 51), (34, 51)), ("vp9", (64, 35), (64, 36))])
def test_an_odd_size_is_padded_by_its_own_edge_and_said(codec: str, size: tuple, stored: tuple, tmp_path: Path) -> None:
    file = tmp_path / f"odd{suffix_of(codec)}"
    grey = np.full((size[1], size[0], 3), 90, np.uint8)
    notes = encode(file, [grey] * 3, codec, 24)
    assert len(notes) == 1 and f"{size[0]}x{size[1]} is encoded as {stored[0]}x{stored[1]}" in notes[0]
    seen = look(file)
    assert seen.size == stored
    assert np.abs(seen.frames[0].astype(int) - 90).max() <= 2


def test_a_gif_and_a_webp_keep_frames_length_and_an_odd_size(tmp_path: Path) -> None:
    from PIL import Image

    for codec in ("gif", "webp"):
        file = tmp_path / f"small{suffix_of(codec)}"
        notes = encode(file, (drawing(i)[:75, :111] for i in range(9)), codec, 8)
        with Image.open(file) as moving:
            lengths = []
            for i in range(getattr(moving, "n_frames")):  # noqa: B009
                moving.seek(i)
                moving.load()
                lengths.append(moving.info["duration"])
            assert moving.size == (111, 75)
        assert len(lengths) == 9 and abs(sum(lengths) - 9000 / 8) <= 10
        assert bool(notes) == (codec == "gif")  # an eighth of a second is no whole number of hundredths


def test_frames_in_parts_of_one_are_rounded_and_ten_bits_are_used(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.linspace(0.4, 0.5, 256, dtype=np.float32)[None, :, None], (64, 256, 3))
    file = tmp_path / "deep.mov"
    encode(file, [ramp] * 2, "prores", 24)
    import av

    with av.open(str(file)) as source:
        plane = next(source.decode(video=0)).planes[0]
        levels = np.unique(np.frombuffer(plane, "<u2").reshape(plane.height, -1)[32, :256])
    assert len(levels) > 60  # 8 bits would know 23 of them


def test_an_unknown_codec_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="there is no codec 'mpeg2'. Use one of h264, vp9, av1, prores, webp, gif"):
        encode(tmp_path / "x.mpg", [drawing()], "mpeg2", 24)
    with pytest.raises(RenderError, match="no codec"):
        suffix_of("")


def test_frames_of_another_size_and_none_at_all_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    file = tmp_path / "x.mp4"
    with pytest.raises(StoreError, match="frame 1 is 80x90, the file 160x90"):
        encode(file, [drawing(), drawing()[:, :80]], "h264", 24)
    with pytest.raises(StoreError, match="no frame"):
        encode(file, [], "h264", 24)
    with pytest.raises(StoreError, match="no frame"), open_writer(file, "h264", 24, 160, 90):
        pass
    with pytest.raises(StoreError, match="cannot be written"):
        encode(tmp_path / "no folder" / "x.mp4", [drawing()], "h264", 24)
    assert list(tmp_path.iterdir()) == []


def test_a_half_written_file_is_removed_when_frames_stop_coming(tmp_path: Path) -> None:
    def failing():  # type: ignore[no-untyped-def]
        yield from (drawing(i) for i in range(5))
        raise RenderError("the fifth drawing is lost")

    with pytest.raises(RenderError, match="fifth"):
        encode(tmp_path / "x.mp4", failing(), "h264", 24)
    assert list(tmp_path.iterdir()) == []


def test_sound_fits_into_the_same_file(tmp_path: Path) -> None:
    import av

    file = tmp_path / "both.mp4"
    with open_writer(file, "h264", 24, 160, 90) as writer:
        sound = writer.container.add_stream("aac", rate=48000, layout="mono")
        for i in range(24):
            writer.add(drawing(i % 9))
        tone = np.sin(np.arange(48000, dtype=np.float32) / 20)[None]
        heard = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
        heard.sample_rate, heard.pts, heard.time_base = 48000, 0, Fraction(1, 48000)
        for packet in (*sound.encode(heard), *sound.encode(None)):
            writer.container.mux(packet)
    assert len(look(file).frames) == 24
    with av.open(str(file)) as source:
        samples = sum(frame.samples for frame in source.decode(audio=0))
        assert abs(samples - 48000) <= 2048
