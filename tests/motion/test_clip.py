"""Clips: drawings held to the film's rate, exactly as many frames as planned, the same bytes each time."""

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.errors import StoreError, StoryError
from studio.motion.clip import clip_preview, fitted, make_clip, poster
from studio.store.frames import write_frames

from .reel import TALL, WIDE, drawing, look, number_of, recipe, sequences


def test_drawings_are_held_and_keyframes_between_gaps_stand_once(tmp_path: Path) -> None:
    files = sequences(tmp_path, 6, 11)  # 6 + 11 - 1 drawings
    assert make_clip(recipe(files), files, {}, tmp_path / "clip.mp4") == ()
    seen = look(tmp_path / "clip.mp4")
    assert [number_of(f) for f in seen.frames] == [i // 3 for i in range(48)]
    assert seen.seconds == 2 and seen.times[-1] == Fraction(47, 24)


@pytest.mark.parametrize(("frames", "last"), [(46, 15), (53, 15), (1, 0)])
def test_the_last_drawing_is_held_to_the_end_or_cut(frames: int, last: int, tmp_path: Path) -> None:
    files = sequences(tmp_path, 16)
    make_clip(recipe(files, frames=frames), files, {}, tmp_path / "clip.mp4")
    numbers = [number_of(f) for f in look(tmp_path / "clip.mp4").frames]
    assert numbers == [min(i // 3, 15) for i in range(frames)] and numbers[-1] == last


def test_the_same_recipe_gives_the_same_bytes(tmp_path: Path) -> None:
    files = [tmp_path / "gap.mkv"]
    write_frames(files[0], (drawing(i) for i in range(9)), 8)
    effects = ({"kind": "zoom", "end": 1.5}, {"kind": "grain"}, {"kind": "title", "text": "桃"}, {"kind": "fade", "to": True})
    wanted = recipe(files, drawings=9, frames=27, effects=effects)
    for name in "ab":
        make_clip(wanted, files, {}, tmp_path / f"{name}.mp4")
    make_clip(wanted.model_copy(update={"seed": 9}), files, {}, tmp_path / "c.mp4")
    a, b, c = ((tmp_path / f"{name}.mp4").read_bytes() for name in "abc")
    assert a == b != c


def test_a_clip_has_its_recipes_size_whatever_its_drawings_have(tmp_path: Path) -> None:
    files = sequences(tmp_path, 16)
    notes = make_clip(recipe(files, width=121, height=120), files, {}, tmp_path / "clip.mp4")
    assert look(tmp_path / "clip.mp4").size == (122, 120)
    assert "121x120 is encoded as 122x120" in notes[0]


def test_a_picture_covers_its_frame_and_is_cut_around_its_middle() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[:, 90:110] = 255
    cut = fitted(picture, 50, 50)
    assert cut.shape == (50, 50, 3) and cut[:, 22:28].min() > 200 and cut[:, :18].max() == 0
    assert fitted(picture, 300, 100).shape == (100, 300, 3)
    assert np.array_equal(fitted(picture, 200, 100), picture)


def test_effects_are_seen_at_the_films_rate(tmp_path: Path) -> None:
    """A fade over one held drawing has another brightness in each film frame."""
    files = [tmp_path / "gap.mkv"]
    write_frames(files[0], [np.full((TALL, WIDE, 3), 255, np.uint8)] * 2, 8)
    make_clip(recipe(files, drawings=2, hold=12, frames=24, effects=({"kind": "fade"},)), files, {}, tmp_path / "clip.mp4")
    brightness = [float(f.mean()) for f in look(tmp_path / "clip.mp4").frames]
    assert brightness[0] < 2 and brightness[-1] > 253
    assert np.diff(brightness) == pytest.approx(np.full(23, 255 / 23), abs=2)


def test_too_few_drawings_are_named_with_their_file_and_nothing_is_left(tmp_path: Path) -> None:
    files = sequences(tmp_path, 6, 5)
    with pytest.raises(StoreError, match=r"gap1.mkv: gaps: the shot's 2 frame sequences hold 10 drawings, 16 are needed"):
        make_clip(recipe(files), files, {}, tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()


def test_missing_broken_and_miscounted_sequences_are_refused(tmp_path: Path) -> None:
    files = sequences(tmp_path, 6, 11)
    with pytest.raises(StoreError, match="1 frame sequences came for the 2 gaps"):
        make_clip(recipe(files), files[:1], {}, tmp_path / "clip.mp4")
    wanted = recipe(files)
    files[1].write_bytes(b"no film")
    with pytest.raises(StoreError, match="gap1.mkv"):
        make_clip(wanted, files, {}, tmp_path / "clip.mp4")
    files[1].unlink()
    with pytest.raises(StoreError, match="gap1.mkv: gaps: this frame sequence is not there"):
        make_clip(wanted, files, {}, tmp_path / "clip.mp4")


def test_an_effects_lost_file_is_named(tmp_path: Path) -> None:
    files = sequences(tmp_path, 16)
    with pytest.raises(StoreError, match="luts/dusk.cube: grade.lut"):
        make_clip(recipe(files, effects=({"kind": "grade", "lut": "luts/dusk.cube"},)), files, {}, tmp_path / "clip.mp4")
    with pytest.raises(StoryError, match="no text in 'fr'"):
        make_clip(recipe(files, effects=({"kind": "title", "text": {"en": "Peach"}},), language="fr"), files, {},
                  tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()


def test_notes_tell_of_effects_that_are_never_seen(tmp_path: Path) -> None:
    files = sequences(tmp_path, 16)
    notes = make_clip(recipe(files, effects=({"kind": "grain", "at": 5.0},)), files, {}, tmp_path / "clip.mp4")
    assert notes == ("effects[0] (grain) begins at 5 s, after the shot's end: it is not seen",)


def test_a_preview_moves_and_is_small_and_a_poster_is_the_middle(tmp_path: Path) -> None:
    files = sequences(tmp_path, 16)
    make_clip(recipe(files), files, {}, tmp_path / "clip.mp4")
    data = clip_preview(tmp_path / "clip.mp4", seconds=1, side=64)
    assert data == clip_preview(tmp_path / "clip.mp4", seconds=1, side=64)
    with Image.open(io.BytesIO(data)) as moving:
        assert (moving.format, moving.size, getattr(moving, "n_frames")) == ("WEBP", (64, 36), 8)  # noqa: B009
    with Image.open(io.BytesIO(clip_preview(tmp_path / "clip.mp4", seconds=1, side=64, codec="gif"))) as moving:
        assert (moving.format, moving.size, getattr(moving, "n_frames")) == ("GIF", (64, 36), 12)  # noqa: B009
    assert number_of(poster(tmp_path / "clip.mp4")) == 8
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    with pytest.raises(StoreError, match="broken.mp4"):
        clip_preview(tmp_path / "broken.mp4")
