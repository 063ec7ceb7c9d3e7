"""Films: small, but really encoded and read back."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from studio.errors import LetteringError, RenderError, StoreError
from studio.motion.film import make_film
from studio.plan.film_recipes import FilmRecipe
from studio.store.frames import read_frames

from .sounding import BLUE, GREEN, LINE, RED, clip, cue, film, heard, named, part, sha, spoken, tone


def small(place: Path, **changed: Any) -> tuple[FilmRecipe, dict[str, Path], dict[str, Path]]:
    """Red for a second, dissolving into blue; somebody speaks, music plays."""
    red, blue, said, music = clip(place, RED, 24), clip(place, BLUE, 36), spoken(place), tone(place / "music.wav", 9.0)
    recipe = film(clips=(part(red, 24, chapter="River"), part(blue, 36, 6, chapter="家")),
                  sounds=(heard(said, "voice", 0.25), heard(music, "music", gain_db=-12)), cues=(cue(0.25, 2.0),), **changed)
    return recipe, named(red, blue), named(said, music)


def test_a_film_has_exactly_its_frames_and_its_sound_is_as_long(tmp_path: Path) -> None:
    recipe, clips, sounds = small(tmp_path)
    facts = make_film(recipe, clips, sounds, tmp_path / "film.mp4")
    assert (facts.frames, facts.seconds, facts.notes) == (54, 2.25, ())
    assert facts.loudness.after == pytest.approx(-16.0, abs=0.5)
    assert len(list(read_frames(tmp_path / "film.mp4"))) == 54
    with av.open(str(tmp_path / "film.mp4")) as made:
        video, audio = made.streams.video[0], made.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt, audio.codec_context.name) == ("h264", "yuv420p", "aac")
        assert video.duration * video.time_base == Fraction(9, 4)
        assert abs(audio.duration * audio.time_base - Fraction(9, 4)) < Fraction(1, 24)
        assert (audio.codec_context.sample_rate, audio.codec_context.layout.name) == (48_000, "stereo")
    data = (tmp_path / "film.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_film_names_itself_its_chapters_and_its_language(tmp_path: Path) -> None:
    recipe, clips, sounds = small(tmp_path, language="ja",
                                  facts={"title": "桃太郎", "author": "K.", "show": "m", "episode": "01"})
    make_film(recipe, clips, sounds, tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as made:
        assert {k: made.metadata[k] for k in ("title", "artist", "show", "episode_id")} == {
            "title": "桃太郎", "artist": "K.", "show": "m", "episode_id": "01"}
        chapters = [(c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"]["title"]) for c in made.chapters()]
        assert chapters == [(0, Fraction(3, 4), "River"), (Fraction(3, 4), Fraction(9, 4), "家")]
        tracks = [s for s in made.streams if s.type in ("video", "audio", "subtitle")]
        assert [s.metadata["language"] for s in tracks] == ["jpn"] * 3


def test_a_dissolve_lies_on_its_frames_and_nowhere_else(tmp_path: Path) -> None:
    recipe, clips, sounds = small(tmp_path, subtitles="none")
    make_film(recipe, clips, sounds, tmp_path / "film.mp4")
    means = [frame.reshape(-1, 3).mean(axis=0) for frame in read_frames(tmp_path / "film.mp4")]
    assert all(np.abs(m - RED).max() < 4 for m in means[:18]) and all(np.abs(m - BLUE).max() < 4 for m in means[24:])
    for i, mean in enumerate(means[18:24], 1):
        assert np.abs(mean - (np.array(RED) + (np.array(BLUE) - RED) * i / 7)).max() < 5


def test_odd_sides_are_padded_once_and_said(tmp_path: Path) -> None:
    red = clip(tmp_path, RED, 5, (65, 49))
    facts = make_film(film(clips=(part(red, 5),), width=65, height=49), named(red), {}, tmp_path / "film.mp4")
    assert [f.shape for f in read_frames(tmp_path / "film.mp4")] == [(50, 66, 3)] * 5
    assert facts.notes == ("65x49 is encoded as 66x50: libx264 wants even sides, so the last row or column is repeated",)


def test_three_clips_with_a_dissolve_on_either_side_of_the_middle_one(tmp_path: Path) -> None:
    files = [clip(tmp_path, c, n) for c, n in ((RED, 8), (GREEN, 7), (BLUE, 5))]
    recipe = film(clips=(part(files[0], 8), part(files[1], 7, 4), part(files[2], 5, 3)), subtitles="none")
    facts = make_film(recipe, named(*files), {}, tmp_path / "film.mp4")
    assert facts.frames == 13 == len(list(read_frames(tmp_path / "film.mp4")))
    assert facts.loudness.after is None


def test_one_clip_may_be_used_twice(tmp_path: Path) -> None:
    red = clip(tmp_path, RED, 5)
    make_film(film(clips=(part(red, 5), part(red, 5))), named(red), {}, tmp_path / "film.mp4")
    assert len(list(read_frames(tmp_path / "film.mp4"))) == 10


def test_soft_subtitles_can_be_read_from_the_file(tmp_path: Path) -> None:
    recipe, clips, sounds = small(tmp_path)
    recipe = recipe.model_copy(update={"cues": (*recipe.cues, cue(2.1, 9.0, "A {b} c"))})
    make_film(recipe, clips, sounds, tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as made:
        track = made.streams.subtitles[0]
        assert track.codec_context.name == "mov_text"
        read = [(float(p.pts * p.time_base), float(p.duration * p.time_base), bytes(p)[2:].decode())
                for p in made.demux(track) if p.size > 2]
    assert read == [(0.25, 1.75, LINE), (2.1, 0.15, "A {b} c")]


def test_burnt_subtitles_are_in_the_picture_while_they_are_spoken(tmp_path: Path) -> None:
    red = clip(tmp_path, RED, 24, (160, 90))
    recipe = film(clips=(part(red, 24),), cues=(cue(0.25, 0.75, "Peach"),), subtitles="burnt", width=160, height=90)
    make_film(recipe, named(red), {}, tmp_path / "film.mp4")
    frames = list(read_frames(tmp_path / "film.mp4"))
    assert [i for i, f in enumerate(frames) if np.abs(f[60:].astype(int) - RED).max() > 90] == list(range(6, 18))
    with av.open(str(tmp_path / "film.mp4")) as made:
        assert not made.streams.subtitles


@pytest.mark.parametrize(
    ("codec", "suffix", "names"),
    [("h264", ".mp4", ("h264", "aac", "mov_text")), ("vp9", ".webm", ("vp9", "opus", "webvtt")),
     ("av1", ".mp4", ("libdav1d", "aac", "mov_text")), ("prores", ".mov", ("prores", "pcm_s16le", "mov_text"))],
)
def test_every_codec_gives_the_same_bytes_twice(tmp_path: Path, codec: str, suffix: str, names: tuple[str, ...]) -> None:
    recipe, clips, sounds = small(tmp_path, codec=codec)
    for name in ("one", "two"):
        make_film(recipe, clips, sounds, tmp_path / f"{name}{suffix}")
    assert sha(tmp_path / f"one{suffix}") == sha(tmp_path / f"two{suffix}")
    with av.open(str(tmp_path / f"one{suffix}")) as made:
        tracks = [s for s in made.streams if s.type in ("video", "audio", "subtitle")]
        assert tuple(s.codec_context.name for s in tracks) == names
        assert len(made.chapters()) == 2
        heard = sum(f.samples for f in made.decode(audio=0)) / 48_000
    assert abs(heard - 2.25) < 1 / 24
    assert sum(1 for _ in read_frames(tmp_path / f"one{suffix}")) == 54


def test_a_voice_that_is_missing_is_named_and_no_film_is_left(tmp_path: Path) -> None:
    recipe, clips, sounds = small(tmp_path)
    (tmp_path / "voice.wav").unlink()
    with pytest.raises(StoreError, match="voice.wav"):
        make_film(recipe, clips, sounds, tmp_path / "film.mp4")
    with pytest.raises(StoreError, match="the sound of 'voice'"):
        make_film(recipe, clips, {}, tmp_path / "film.mp4")
    assert not (tmp_path / "film.mp4").exists()


def test_a_clip_that_is_not_as_planned_is_named_and_no_film_is_left(tmp_path: Path) -> None:
    red, blue = clip(tmp_path, RED, 8), clip(tmp_path, BLUE, 8)
    clips = named(red, blue)
    for frames, found in ((9, "8 frames instead of 9"), (7, "8 frames instead of 7")):
        for order in ((part(red, frames), part(blue, 8, 2)), (part(blue, 8), part(red, frames, 2))):
            with pytest.raises(StoreError, match=f"200-40-8.mp4: 01.200-40-8: the clip of 01.200-40-8 has {found}"):
                make_film(film(clips=order), clips, {}, tmp_path / "film.mp4")
    with pytest.raises(StoreError, match="is 64x48, the film 128x48"):
        make_film(film(clips=(part(red, 8),), width=128), clips, {}, tmp_path / "film.mp4")
    recipe = film(clips=(part(red, 8), part(blue, 8)))
    with pytest.raises(StoreError, match="is not kept here"):
        make_film(recipe, named(red), {}, tmp_path / "film.mp4")
    blue.write_bytes(b"broken")
    with pytest.raises(StoreError, match="40-60-8.mp4: frame 0 cannot be decoded"):
        make_film(recipe, clips, {}, tmp_path / "film.mp4")
    assert [f.name for f in tmp_path.iterdir() if f not in (red, blue)] == []


def test_dissolves_that_do_not_fit_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    red = clip(tmp_path, RED, 5)
    with pytest.raises(RenderError, match="01.200-40-5.transition: dissolves of 3 and 3 frames do not fit into 5"):
        make_film(film(clips=(part(red, 5), part(red, 5, 3), part(red, 5, 3))), named(red), {}, tmp_path / "film.mp4")
    with pytest.raises(RenderError, match="nothing to dissolve from"):
        make_film(film(clips=(part(red, 5, 2),)), named(red), {}, tmp_path / "film.mp4")
    with pytest.raises(RenderError, match="no clip"):
        make_film(film(), {}, {}, tmp_path / "film.mp4")
    with pytest.raises(RenderError, match="no codec 'divx'"):
        make_film(film(clips=(part(red, 5),), codec="divx"), named(red), {}, tmp_path / "film.mp4")


def test_words_that_cannot_be_burnt_in_are_named(tmp_path: Path) -> None:
    red = clip(tmp_path, RED, 5)
    recipe = film(clips=(part(red, 5),), cues=(cue(0.0, 0.2, "🍑"),), subtitles="burnt")
    with pytest.raises(LetteringError, match="🍑"):
        make_film(recipe, named(red), {}, tmp_path / "film.mp4")
    assert not (tmp_path / "film.mp4").exists()
