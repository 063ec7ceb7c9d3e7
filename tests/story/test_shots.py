"""What authors get wrong in shots, and when keyframes stand."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.errors import StoryError, StoryErrors
from studio.story.checks import read_storyboard
from studio.story.shots import Shot
from studio.story.show import open_show
from studio.story.timing import reading_seconds, shot_timing

from .filming import keyframe, shot, write_film_show


def refused(tmp_path: Path, *shots: dict[str, Any], **more: Any) -> str:
    folder = write_film_show(tmp_path / "show", *shots, **more)
    with pytest.raises(StoryErrors) as told:
        read_storyboard(folder / "storyboards" / "01.yaml", open_show(folder))
    return str(told.value)


def timed(*keyframes: dict[str, Any], seconds: float = 1.0, fps: int = 24, drawn: int = 8):
    made = Shot.model_validate({"id": "s", "seconds": seconds, "keyframes": list(keyframes)})
    return shot_timing(made, fps, drawn)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (shot("s", keyframes=[keyframe("k1")]), "has 1 keyframe; a shot has 2 to 24"),
        (shot("s", keyframes=[keyframe(f"k{i}") for i in range(25)]), "has 25 keyframes; a shot has 2 to 24"),
        (shot("s", seconds=0), "shots[0].seconds"),
        (shot("s", seconds=-2), "shots[0].seconds"),
        (shot("s", keyframes=[keyframe("k1"), keyframe("k1")]), "id 'k1' stands twice in this shot"),
        (shot("s", keyframes=[keyframe("k1"), keyframe("k2", at=3)]), "stands at 3 s, after the shot's end at 1 s"),
        (shot("s", keyframes=[keyframe("k1", from_previous=0.5), keyframe("k2")]), "the first keyframe has none before it"),
        (shot("s", lines=[{"id": "l", "text": "Hi", "speaker": "nobody"}]), "unknown character 'nobody'"),
        (shot("s", lines=[{"id": "l", "text": {"fr": "Salut"}}]), "language 'fr' is not among the show's"),
        (shot("s", lines=[{"id": "l", "text": "Hi", "at": 2}]), "begins at 2 s, after the shot's end"),
        (shot("s", lines=[{"id": "l", "text": "Hi", "voice": "voices/gone.wav"}]), "'voices/gone.wav' does not exist"),
        (shot("s", effects=[{"kind": "grade", "lut": "looks/gone.cube"}]), "'looks/gone.cube' does not exist"),
        (shot("s", effects=[{"kind": "zooom"}]), "effects"),
    ],
)
def test_a_broken_shot_is_told_with_its_place(tmp_path: Path, broken: dict[str, Any], words: str) -> None:
    told = refused(tmp_path, broken)
    assert words in told and "01.yaml:" in told


def test_a_codec_that_nobody_knows_is_named_with_those_that_are(tmp_path: Path) -> None:
    told = refused(tmp_path, film={"codec": "divx"})
    assert "film.codec" in told and "'h264', 'vp9', 'av1' or 'prores'" in told


def test_a_dissolve_longer_than_its_shot_is_refused(tmp_path: Path) -> None:
    later = shot("s2", transition={"kind": "dissolve", "seconds": 2})
    assert "as long as one of its shots" in refused(tmp_path, shot("s1"), later)


def test_control_pictures_that_cannot_be_read_or_would_be_squeezed_are_named(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", shot("s", keyframes=[
        keyframe("k1", init={"image": "broken.png"}), keyframe("k2", init={"image": "square.png"})]))
    (folder / "broken.png").write_bytes(b"no picture")
    Image.new("RGB", (64, 64)).save(folder / "square.png")
    with pytest.raises(StoryErrors) as told:
        read_storyboard(folder / "storyboards" / "01.yaml", open_show(folder))
    assert "'broken.png' cannot be read as a picture" in str(told.value)
    assert "'square.png' has 64x64 pixels" in str(told.value) and "85x64" in str(told.value)


def test_an_episode_needs_pages_or_shots(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show")
    (folder / "storyboards" / "01.yaml").write_text('episode: "01"\ntitle: Nothing\n')
    with pytest.raises(StoryErrors, match="needs pages or shots"):
        read_storyboard(folder / "storyboards" / "01.yaml", open_show(folder))


def test_keyframes_without_a_time_are_spread_evenly_and_gaps_share_their_keyframes() -> None:
    timing = timed(keyframe("a"), keyframe("b"), keyframe("c"))
    assert (timing.drawings, timing.hold, timing.frames) == (8, 3, 24)
    assert [(g.start, g.frames) for g in timing.gaps] == [(0, 5), (4, 4)]
    assert sum(g.frames - 1 for g in timing.gaps) + 1 == timing.drawings


def test_a_shot_is_as_long_as_planned_to_the_frame_even_where_drawings_do_not_divide_it() -> None:
    timing = timed(keyframe("a"), keyframe("b"), seconds=0.8)
    assert timing.frames == 19 and timing.drawings == 7
    assert timing.drawing_of(18) == 6


def test_keyframes_on_one_drawing_and_rates_that_do_not_divide_are_refused() -> None:
    with pytest.raises(StoryError, match="keyframe 'b' would stand on drawing 1"):
        timed(keyframe("a"), keyframe("b", at=0.01), keyframe("c"))
    with pytest.raises(StoryError, match="do not divide"):
        timed(keyframe("a"), keyframe("b"), fps=24, drawn=7)


def test_japanese_is_timed_by_letters_and_english_by_words() -> None:
    assert reading_seconds("one two three four five six") == pytest.approx(6 / 2.75)
    assert reading_seconds("むかしむかし") == pytest.approx(6 / 7)


@pytest.mark.parametrize(("changes", "told"), [
    ({"keyframes": [keyframe("k1", mask="show.yaml"), keyframe("k2")]}, ("the shot has none", "keyframes[0].mask")),
    ({"background": {"id": "k1", "prompt": "sea"}}, ("id 'k1' stands twice", "background.id")),
    ({"background": {"id": "sea", "prompt": "sea"}, "blockout": {"model": "m", "frames": "show.yaml"}},
     ("its background is drawn apart", "shots[0].blockout")),
    ({"blockout": {"model": "m", "frames": "depth"}}, ("'depth' does not exist", "blockout.frames")),
    ({"lines": [{"id": "l1", "text": "Hi", "voice": "cast"}]}, ("'cast' is a folder", "lines[0].voice")),
    ({"sounds": [{"file": "models/tiny"}]}, ("does not exist", "sounds[0].file")),
    ({"keyframes": [keyframe("k1", init={"image": "show.yaml"}), keyframe("k2")]}, ("is of a kind that is not kept", ".png")),
    ({"background": {"id": "sea", "prompt": "sea", "characters": ["momu"]}}, ("unknown character 'momu'", "momo")),
    ({"keyframes": [keyframe("k1", control=[{"model": "m"}]), keyframe("k2")]}, ("either an image or a pose",)),
    ({"keyframes": [keyframe("k1", control=[{"model": "m", "image": "a.png", "pose": [{"neck": [0, 0]}]}]), keyframe("k2")]},
     ("has both",)),
    ({"keyframes": [keyframe("k1", control=[{"model": "m", "pose": [{"tail": [0, 0]}]}]), keyframe("k2")]}, ("tail",)),
    ({"keyframes": [keyframe("k1", control=[{"model": "m", "pose": [{}]}]), keyframe("k2")]}, ("at least one joint",)),
])
def test_what_is_wrong_with_layers_poses_and_blockouts_is_told_at_its_place(
    tmp_path: Path, changes: dict[str, Any], told: tuple[str, ...]
) -> None:
    words = refused(tmp_path, shot("s1", **changes))
    assert all(word in words for word in told), words


def test_dissolves_that_together_outlast_their_shot_are_refused(tmp_path: Path) -> None:
    over = {"kind": "dissolve", "seconds": 0.8}
    words = refused(tmp_path, shot("s1"), shot("s2", transition=over), shot("s3", transition=over))
    assert "together are longer than the shot" in words and "shots[1].transition.seconds" in words
