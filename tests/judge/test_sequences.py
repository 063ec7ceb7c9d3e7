"""Promises about moving pictures: each planted fault is caught, and a good clip passes."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw

from house.draw.clips import clip_scene, motion_at
from house.draw.picture import draw
from studio.judge.sequences import (
    CLIP_CHECKS,
    FILM_CHECKS,
    KEYFRAME_CHECKS,
    SEQUENCE_CHECKS,
    judge_clip,
    judge_film,
    judge_keyframe,
    judge_sequence,
)
from studio.judge.watching import Watch, flicker
from studio.plan.history import Verdict
from studio.plan.recipes import ImageRecipe
from studio.store.frames import write_frames
from studio.store.pictures import PictureFacts, encode_png

Frames = Sequence[np.ndarray]
N = 12


def moving(seed: int = 9, frames: int = N) -> list[np.ndarray]:
    scene, kind = clip_scene(seed)
    return [draw(scene, 128, motion_at(kind, i, 16)) for i in range(frames)]


def wrong(verdicts: list[Verdict]) -> set[str]:
    return {v.check for v in verdicts if not v.passed}


def judged(folder: Path, frames: Frames, planned: int | None = None) -> list[Verdict]:
    file = folder / "frames.mkv"
    write_frames(file, frames, 8)
    return judge_sequence(file, len(frames) if planned is None else planned, (128, 128))


def encoded(
    file: Path, frames: Frames, fps: int = 24, seconds_of_sound: float | None = None, levels: tuple[int, int] | None = None
) -> Path:
    """A film in H.264, with a tone so long; `levels` writes this luma, in vertical halves, instead of the frames."""
    with av.open(str(file), "w") as out:
        video = out.add_stream("libx264", rate=fps, options={"crf": "16"})
        video.height, video.width, _ = frames[0].shape
        video.pix_fmt = "yuv420p"
        audio = out.add_stream("aac", rate=48000, layout="mono") if seconds_of_sound is not None else None
        for i, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, "rgb24").reformat(format="yuv420p")
            if levels:
                planes = np.full((frame.shape[0] * 3 // 2, frame.shape[1]), 128, np.uint8)
                planes[: frame.shape[0], :64], planes[: frame.shape[0], 64:] = levels
                picture = av.VideoFrame.from_ndarray(planes, "yuv420p")
            picture.pts, picture.time_base = i, Fraction(1, fps)
            out.mux(video.encode(picture))
        out.mux(video.encode(None))
        if audio and seconds_of_sound is not None:
            tone = np.sin(np.arange(round(48000 * seconds_of_sound)) / 20).astype(np.float32)[None] * 0.3
            sound = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
            sound.sample_rate, sound.pts = 48000, 0
            fifo = av.AudioFifo()
            fifo.write(sound)
            while piece := fifo.read(audio.codec_context.frame_size or 1024, partial=True):
                out.mux(audio.encode(piece))
            out.mux(audio.encode(None))
    return file


@pytest.mark.parametrize("seed", range(1, 8))
def test_every_kind_of_good_motion_passes_every_check(tmp_path: Path, seed: int) -> None:
    verdicts = judged(tmp_path, moving(seed))
    assert [v.check for v in verdicts] == list(SEQUENCE_CHECKS)
    assert wrong(verdicts) == set() and not any(v.note for v in verdicts)


def test_a_frozen_sequence_is_blocked(tmp_path: Path) -> None:
    first, *_, last = moving()
    verdicts = judged(tmp_path, [first] * (N - 1) + [last])
    assert wrong(verdicts) == {"not_frozen"}
    assert next(v for v in verdicts if not v.passed) == Verdict(
        "not_frozen", False, True, "10 of 11 frames are like the one before them")


def test_a_gap_between_two_equal_keyframes_may_stand_still_and_says_so(tmp_path: Path) -> None:
    verdicts = judged(tmp_path, moving()[:1] * N)
    assert wrong(verdicts) == set()
    assert "as it leads from a keyframe to one like it" in next(v.note for v in verdicts if v.check == "not_frozen")


def test_two_frames_are_never_frozen(tmp_path: Path) -> None:
    assert wrong(judged(tmp_path, moving()[:2])) == set()
    assert wrong(judged(tmp_path, moving()[:1] * 2)) == set()


def test_a_flash_frame_is_named(tmp_path: Path) -> None:
    frames = moving()
    frames[5] = np.clip(frames[5].astype(int) + 60, 0, 255).astype(np.uint8)
    verdicts = judged(tmp_path, frames)
    assert "no_flash_frame" in wrong(verdicts)
    assert "frame 5 stands out" in next(v.note for v in verdicts if v.check == "no_flash_frame")


def test_a_frame_of_another_shot_is_a_flash_frame(tmp_path: Path) -> None:
    frames = moving()
    frames[7] = moving(50, 1)[0]
    assert "no_flash_frame" in wrong(judged(tmp_path, frames))


def test_trembling_light_is_flicker(tmp_path: Path) -> None:
    frames = [np.clip(f * (1 + 0.04 * (-1) ** i), 0, 255).astype(np.uint8) for i, f in enumerate(moving())]
    verdicts = judged(tmp_path, frames)
    assert "flicker_within_bound" in wrong(verdicts)
    assert "flicker is 0." in next(v.note for v in verdicts if v.check == "flicker_within_bound")


def test_clouds_of_noise_are_flicker(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    clouds = [np.asarray(Image.fromarray(rng.normal(0, 12, (8, 8)).astype(np.float32)).resize((128, 128))) for _ in range(N)]
    frames = [np.clip(f + c[..., None], 0, 255).astype(np.uint8) for f, c in zip(moving(), clouds, strict=True)]
    assert "flicker_within_bound" in wrong(judged(tmp_path, frames))


def test_flicker_is_one_for_pure_alternation_and_zero_for_fades_steps_and_nothing() -> None:
    def lit(*levels: float) -> list[np.ndarray]:
        return [np.full((64, 64, 3), level, np.uint8) for level in levels]

    assert flicker(lit(*[50, 150] * 6)) == pytest.approx(1, abs=0.02)
    assert flicker(lit(*range(0, 240, 20))) == 0
    assert flicker(lit(*[50] * 6, *[200] * 6)) == 0
    assert flicker(lit(50)) == flicker(lit(*[50] * 12)) == flicker([]) == 0


def test_a_burst_of_flicker_in_a_long_shot_is_not_averaged_away() -> None:
    calm = [np.full((64, 64, 3), 100, np.uint8)] * 100
    assert flicker([*calm, *[f + np.uint8(i % 2 * 40) for i, f in enumerate(calm[:12])], *calm]) > 0.8


def test_another_number_of_frames_than_planned_is_blocked(tmp_path: Path) -> None:
    verdicts = judged(tmp_path, moving(), planned=N + 1)
    assert wrong(verdicts) == {"planned_frame_count"}
    assert verdicts[1].note == "12 frames instead of 13" and verdicts[1].blocking


def test_another_size_than_planned_is_blocked(tmp_path: Path) -> None:
    write_frames(tmp_path / "a.mkv", moving(), 8)
    verdicts = judge_sequence(tmp_path / "a.mkv", N, (256, 128))
    assert wrong(verdicts) == {"size_as_planned"} and verdicts[2].note == "128x128 instead of 256x128"


def test_a_truncated_file_is_blocked(tmp_path: Path) -> None:
    file = tmp_path / "frames.mkv"
    write_frames(file, moving(), 8)
    whole = file.read_bytes()
    for share in (0.02, 0.4, 0.9):
        file.write_bytes(whole[: int(len(whole) * share)])
        assert wrong(judge_sequence(file, N, (128, 128))) & {"decodes", "planned_frame_count"}


@pytest.mark.parametrize("place", [0.2, 0.5])
def test_a_damaged_clip_does_not_decode_and_every_check_says_why(tmp_path: Path, place: float) -> None:
    file = encoded(tmp_path / "clip.mp4", moving(6, 24))
    data = bytearray(file.read_bytes())
    start = int(len(data) * place)
    data[start : start + 40] = bytes(b ^ 0xFF for b in data[start : start + 40])
    file.write_bytes(data)
    verdicts = judge_clip(file, 24, (128, 128))
    assert wrong(verdicts) == set(CLIP_CHECKS)
    assert all("cannot be decoded" in v.note for v in verdicts)


@pytest.mark.parametrize("data", [b"", b"no video at all", b"\x1aE\xdf\xa3" + bytes(200)])
def test_what_is_no_video_fails_everything(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.mkv").write_bytes(data)
    assert wrong(judge_sequence(tmp_path / "x.mkv", N)) == set(SEQUENCE_CHECKS)


def test_a_missing_file_fails_everything(tmp_path: Path) -> None:
    assert wrong(judge_film(tmp_path / "gone.mp4", N)) == set(FILM_CHECKS)


def test_black_frames_are_blocked(tmp_path: Path) -> None:
    frames = moving()
    frames[4] = frames[5] = np.zeros_like(frames[4])
    verdicts = judged(tmp_path, frames)
    assert "colours_within_range" in wrong(verdicts)
    assert next(v for v in verdicts if v.check == "colours_within_range").note == "frame 4 is blank, and 1 more"
    assert SEQUENCE_CHECKS["colours_within_range"]


def test_burnt_out_frames_are_blocked_though_line_art_is_white(tmp_path: Path) -> None:
    frames = moving()
    frames[3:6] = [np.where(f > 127, 255, 0).astype(np.uint8) for f in frames[3:6]]
    assert "colours_within_range" in wrong(judged(tmp_path, frames))
    line_art = moving(4)
    assert (line_art[0] == 255).mean() > 0.5 and wrong(judged(tmp_path, line_art)) == set()


def test_a_clip_on_twos_is_judged_by_its_drawings(tmp_path: Path) -> None:
    file = encoded(tmp_path / "clip.mp4", [f for f in moving() for _ in range(3)])
    assert wrong(judge_clip(file, 3 * N, (128, 128), hold=3)) == set()


def test_a_clip_that_stands_still_warns_only(tmp_path: Path) -> None:
    frames = moving()
    file = encoded(tmp_path / "clip.mp4", [*frames[:1] * 36, *frames])
    assert wrong(judge_clip(file, 36 + N, (128, 128))) == {"not_frozen"} and not CLIP_CHECKS["not_frozen"]


def test_a_clip_may_fade_but_not_stay_black(tmp_path: Path) -> None:
    frames = moving()
    fading = [(f * min(1, i / 6)).astype(np.uint8) for i, f in enumerate(frames)]
    assert "colours_within_range" not in wrong(judge_clip(encoded(tmp_path / "a.mp4", fading), N))
    assert "colours_within_range" in wrong(judge_clip(encoded(tmp_path / "b.mp4", [f * 0 for f in frames[:8]] + frames[8:]), N))


def test_luma_outside_the_legal_range_is_blocked(tmp_path: Path) -> None:
    verdicts = judge_clip(encoded(tmp_path / "a.mp4", moving(), levels=(254, 120)), N)
    assert "50% of frame" in next(v.note for v in verdicts if v.check == "colours_within_range")
    assert "colours_within_range" not in wrong(judge_clip(encoded(tmp_path / "b.mp4", moving(), levels=(235, 16)), N))


def test_a_film_with_sound_as_long_as_its_picture_passes(tmp_path: Path) -> None:
    verdicts = judge_film(encoded(tmp_path / "film.mp4", moving(6, 24), seconds_of_sound=1.0), 24, (128, 128))
    assert [v.check for v in verdicts] == list(FILM_CHECKS) and wrong(verdicts) == set()


@pytest.mark.parametrize(("seconds", "word"), [(1.2, "after"), (0.8, "before")])
def test_sound_that_is_longer_or_shorter_than_the_picture_is_blocked(tmp_path: Path, seconds: float, word: str) -> None:
    verdicts = judge_film(encoded(tmp_path / "film.mp4", moving(6, 24), seconds_of_sound=seconds), 24)
    assert wrong(verdicts) == {"av_lengths_agree"} and f"s {word} the picture (1.000 s)" in verdicts[-1].note


def test_a_film_without_sound_is_blocked_unless_it_is_silent_by_plan(tmp_path: Path) -> None:
    file = encoded(tmp_path / "film.mp4", moving(6, 24))
    assert wrong(judge_film(file, 24)) == {"av_lengths_agree"} and wrong(judge_film(file, 24, sound=False)) == set()


def test_watching_keeps_a_handful_of_small_pictures_however_long_the_film() -> None:
    watch = Watch()
    for i in range(200):
        watch.add(np.full((270, 480, 3), i, np.uint8))
    kept = [v for value in vars(watch).values() for v in (value if isinstance(value, Sequence) else [value])]
    assert watch.frames == 200 and sum(v.nbytes for v in kept if isinstance(v, np.ndarray)) < 1_000_000
    assert len(watch._recent) == 3 and len(watch._window) == 12


def keyframe(size: tuple[int, int] = (64, 64)) -> tuple[bytes, ImageRecipe]:
    recipe = ImageRecipe(engine="fake", contract=1, model="a" * 64, prompt="sky", sampler="euler", steps=4, guidance=5.0,
                         width=size[0], height=size[1], seed=1)
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).ellipse((5, 5, 35, 35), fill="navy")
    return encode_png(picture, recipe, PictureFacts(unit="01.a.k1")), recipe


def test_a_sound_keyframe_passes_though_its_neighbour_is_the_same_picture() -> None:
    verdicts = [judge_keyframe(unit, *keyframe(), {"01.a.k1": (64, 64), "01.a.k2": (64, 64)}) for unit in ("01.a.k1", "01.a.k2")]
    assert all([v.check for v in vs] == list(KEYFRAME_CHECKS) and wrong(vs) == set() for vs in verdicts)
    assert all(KEYFRAME_CHECKS.values())


def test_a_keyframe_of_another_size_than_its_shots_others_is_blocked() -> None:
    verdicts = judge_keyframe("01.a.k1", *keyframe(), {"01.a.k1": (64, 64), "01.a.k2": (64, 128)})
    assert wrong(verdicts) == {"size_of_its_shot"} and verdicts[-1].note == "64x64, but 01.a.k2 is 64x128"


def test_a_damaged_keyframe_fails_what_panels_fail() -> None:
    assert wrong(judge_keyframe("01.a.k1", b"no png", keyframe()[1], {})) == set(KEYFRAME_CHECKS) - {"size_of_its_shot"}
