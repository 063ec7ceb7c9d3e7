"""Edit lists: read back by OpenTimelineIO, with the film's own durations."""

from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from studio.errors import RenderError
from studio.motion.editlist import chapters, edit_list, film_frames
from studio.plan.film_recipes import FilmRecipe

from .sounding import BLUE, GREEN, RED, clip, film, heard, named, part, sha, tone

Time = otio.opentime.RationalTime


def cut(place: Path) -> tuple[FilmRecipe, dict[str, str]]:
    """Three shots, a dissolve of five frames, two voices at once, music to the end; and their file names."""
    shots = [clip(place, c, n) for c, n in ((RED, 24), (GREEN, 30), (BLUE, 12))]
    said, music = tone(place / "said.wav", 1.0), tone(place / "music.wav", 9.0)
    recipe = film(clips=(part(shots[0], 24), part(shots[1], 30, 5, chapter="River"), part(shots[2], 12, chapter="House")),
                  sounds=(heard(said, "voice", 0.5, name="01.a.l1"), heard(said, "voice", 1.0, name="01.a.l2"),
                          heard(said, "voice", 2.0, name="01.b.l1", gain_db=-3), heard(music, "music", fade=0.5)))
    return recipe, {sha(f): f"media/{f.name}" for f in (*shots, said, music)}


def read(data: bytes) -> Any:
    """The timeline."""
    return otio.adapters.read_from_string(data.decode(), "otio_json")


def test_the_edit_list_is_as_long_as_the_film(tmp_path: Path) -> None:
    recipe, files = cut(tmp_path)
    timeline = read(edit_list(recipe, files, {s: 1.0 for s in files if files[s].endswith("said.wav")}))
    assert timeline.video_tracks()[0].duration() == Time(film_frames(recipe), 24) == Time(61, 24)
    assert timeline.duration() == Time(61, 24)
    assert timeline.name == "Momo" and timeline.metadata["genga"]["recipe"] == recipe.digest()
    assert edit_list(recipe, files) == edit_list(recipe, files)


def test_a_dissolve_is_a_transition_whose_cut_lies_in_its_middle(tmp_path: Path) -> None:
    recipe, files = cut(tmp_path)
    track = read(edit_list(recipe, files)).video_tracks()[0]
    first, dissolve, second, third = track
    assert (dissolve.in_offset, dissolve.out_offset) == (Time(2, 24), Time(3, 24))
    assert [(c.source_range.start_time.value, c.source_range.duration.value) for c in (first, second, third)] == [
        (0, 21), (2, 28), (0, 12)]
    assert [c.media_reference.available_range.duration for c in (first, second, third)] == [Time(n, 24) for n in (24, 30, 12)]
    assert first.media_reference.target_url == "media/200-40-24.mp4"
    assert first.source_range.end_time_exclusive() + dissolve.out_offset == Time(24, 24)
    assert second.source_range.start_time - dissolve.in_offset == Time(0, 24)


def test_sounds_stand_on_tracks_of_their_role_to_the_sample(tmp_path: Path) -> None:
    recipe, files = cut(tmp_path)
    timeline = read(edit_list(recipe, files, {s: 1.0 for s in files if files[s].endswith("said.wav")}))
    tracks = timeline.audio_tracks()
    assert [t.name for t in tracks] == ["voices", "voices 2", "music"]
    places = {c.name: (t.range_of_child(c).start_time, c.duration()) for t in tracks for c in t.find_clips()}
    second = Time(48_000, 48_000)
    assert places["01.a.l1"] == (Time(24_000, 48_000), second) and places["01.a.l2"] == (Time(48_000, 48_000), second)
    assert places["01.b.l1"] == (Time(96_000, 48_000), Time(26_000, 48_000))  # up to the film's end
    assert places["music"] == (Time(0, 48_000), Time(122_000, 48_000))
    assert [c.metadata["genga"]["gain_db"] for c in tracks[0].find_clips()] == [0.0, -3.0]


def test_chapters_are_markers_and_the_first_begins_with_the_film(tmp_path: Path) -> None:
    recipe, files = cut(tmp_path)
    assert chapters(recipe) == [(0, 49, "River"), (49, 61, "House")]
    markers = read(edit_list(recipe, files)).tracks.markers
    assert [(m.name, m.marked_range.start_time, m.marked_range.duration) for m in markers] == [
        ("River", Time(0, 24), Time(49, 24)), ("House", Time(49, 24), Time(12, 24))]


def test_the_edit_list_goes_with_its_media_into_an_otioz(tmp_path: Path) -> None:
    recipe, files = cut(tmp_path)
    for name in files.values():
        (tmp_path / "media").mkdir(exist_ok=True)
        (tmp_path / name.removeprefix("media/")).rename(tmp_path / name)
    (tmp_path / "film.otio").write_bytes(edit_list(recipe, files))
    timeline = otio.adapters.read_from_file(str(tmp_path / "film.otio"))
    for found in timeline.find_clips():
        found.media_reference.target_url = str(tmp_path / found.media_reference.target_url)
    otio.adapters.write_to_file(timeline, str(tmp_path / "film.otioz"))
    assert otio.adapters.read_from_file(str(tmp_path / "film.otioz")).duration() == Time(61, 24)


def test_a_clip_without_a_file_is_named(tmp_path: Path) -> None:
    recipe, files = cut(tmp_path)
    with pytest.raises(RenderError, match="01.200-40-24: '01.200-40-24' has no file"):
        edit_list(recipe, {})
    music = sha(next(iter(named(tmp_path / "music.wav").values())))
    with pytest.raises(RenderError, match="'music' has no file"):
        edit_list(recipe, {k: v for k, v in files.items() if k != music})
