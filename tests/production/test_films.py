"""From keyframes to a film on the fake engine: what is made once, what follows a change, what stops a shot."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.production.opening import open_production
from studio.store.frames import count_frames
from studio.store.previews import read_preview
from tests.story.filming import keyframe, shot, write_film_show, write_shots
from tests.story.making import change

from .filming import make_film, takes
from .making import plan_of, states

LINE = {"id": "l1", "text": "To the island!"}
EFFECT = {"kind": "vignette"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two shots with a dissolve between them and one line."""
    return write_film_show(tmp_path / "show", shot("s1", lines=[LINE]),
                           shot("s2", transition={"kind": "dissolve", "seconds": 0.25}))


def test_a_film_is_made_to_the_frame_published_and_never_made_again(folder: Path) -> None:
    made = make_film(folder)
    assert [m.error for m in made if m.error] == []
    films = folder / "out" / "films"
    assert {f.name for f in films.iterdir()} == {"01.en.mp4", "01.en.otio", "01.en.srt", "01.en.ass"}
    assert count_frames(films / "01.en.mp4") == 24 + 24 - 6
    paid = takes(folder)
    assert all(m.reused for m in make_film(folder)) and takes(folder) == paid
    assert set(states(plan_of(folder), "film").values()) == {"fresh"}


def test_a_changed_effect_encodes_one_shot_and_renders_nothing(folder: Path) -> None:
    make_film(folder)
    before = len(takes(folder))
    write_shots(folder, shot("s1", lines=[LINE], effects=[EFFECT]),
                shot("s2", transition={"kind": "dissolve", "seconds": 0.25}))
    make_film(folder)
    assert takes(folder)[before:] == [("clip", "01.s1"), ("film", "01")]


def test_changed_words_are_spoken_again_and_nothing_is_drawn(folder: Path) -> None:
    make_film(folder)
    before = len(takes(folder))
    write_shots(folder, shot("s1", lines=[{**LINE, "text": "To the sea!"}]),
                shot("s2", transition={"kind": "dissolve", "seconds": 0.25}))
    make_film(folder)
    assert takes(folder)[before:] == [("voice", "01.s1.l1"), ("subtitles", "01"), ("film", "01")]


def test_another_take_of_a_keyframe_draws_it_and_only_the_gaps_beside_it(tmp_path: Path) -> None:
    three = [keyframe("k1"), keyframe("k2"), keyframe("k3")]
    folder = write_film_show(tmp_path / "show", shot("s1", keyframes=three))
    make_film(folder)
    before = len(takes(folder))
    write_shots(folder, shot("s1", keyframes=[*three[:2], keyframe("k3", take=2)]))
    make_film(folder)
    assert takes(folder)[before:] == [
        ("keyframe", "01.s1.k3"), ("inbetween", "01.s1.k2"), ("inbetween_final", "01.s1.k2"), ("clip", "01.s1"), ("film", "01"),
    ]


def test_a_keyframe_that_fails_stops_its_shot_and_no_other(tmp_path: Path) -> None:
    bad = shot("s1", keyframes=[keyframe("k1", prompt="fail! now"), keyframe("k2"), keyframe("k3")])
    folder = write_film_show(tmp_path / "show", bad, shot("s2"))
    failed = {(m.step.stage, m.step.unit) for m in make_film(folder) if m.error}
    assert ("keyframe", "01.s1.k1") in failed and ("film", "01") in failed
    paid = takes(folder)
    assert not [unit for stage, unit in paid if stage.startswith("inbetween") and unit.startswith("01.s1")]
    assert ("clip", "01.s2") in paid


def test_a_recording_always_wins_over_the_synthetic_voice(folder: Path) -> None:
    tone = (np.sin(np.arange(24000) / 20) * 9000).astype(np.int16)
    with wave.open(str(folder / "line.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(24000)
        sound.writeframes(tone.tobytes())
    write_shots(folder, shot("s1", lines=[{**LINE, "voice": "line.wav"}]), shot("s2"))
    assert [m.error for m in make_film(folder) if m.error] == []
    take = open_production(folder).history().takes[plan_of(folder).step("01.s1.l1", "voice", "en").digest]
    assert take.body["engine"] == "recorded" and take.measures["seconds"] == pytest.approx(1.0, abs=0.15)


def test_a_draft_needs_no_model_and_a_changed_quality_makes_only_what_lies_between(folder: Path) -> None:
    make_film(folder)
    change(folder / "presets" / "fake.yaml", version=2,
           motion={"engine": "flow", "fps": 8, "finals": {"engine": "lanczos", "scale": 2, "sharpen": 0.5}})
    before = len(takes(folder))
    make_film(folder)
    assert {stage for stage, _ in takes(folder)[before:]} == {"inbetween", "inbetween_final", "clip", "film"}


def test_what_nobody_asked_for_stands_on_the_take(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", shot("s1", lines=[{"id": "l1", "text": {"ja": "鬼が島へ"}}]), languages=("ja",))
    change(folder / "show.yaml", picture={"width": 121, "height": 95})
    made = {(m.step.stage, m.step.unit): m for m in make_film(folder)}
    assert [m.error for m in made.values() if m.error] == []
    assert "cannot read 鬼、島" in made["voice", "01.s1.l1"].notes[0]
    assert "121x95 is encoded as 122x96" in made["clip", "01.s1"].notes[0]
    assert any("121x95 is encoded as 122x96" in note for note in made["film", "01"].notes)
    again = {(m.step.stage, m.step.unit): m for m in make_film(folder)}
    assert {key: m.notes for key, m in again.items()} == {key: m.notes for key, m in made.items()}


def test_a_film_remembers_how_loud_it_is_and_a_silent_one_does_not(folder: Path, tmp_path: Path) -> None:
    film = next(m.take for m in make_film(folder) if m.step.stage == "film")
    assert film is not None
    assert film.measures["lufs"] == pytest.approx(-16, abs=1) and film.measures["true_peak_db"] <= -0.9
    silent = next(m.take for m in make_film(write_film_show(tmp_path / "silent")) if m.step.stage == "film")
    assert silent is not None and set(silent.measures) == {"frames", "seconds"}


def test_clips_and_films_have_a_small_moving_picture_at_once(folder: Path) -> None:
    made = {m.step.stage: m.take for m in make_film(folder)}
    store = open_production(folder).artifacts
    for stage in ("clip", "film"):
        take = made[stage]
        assert take is not None
        with Image.open(io.BytesIO(read_preview(store, take.artifact) or b"")) as moving:
            assert moving.format == "WEBP" and getattr(moving, "n_frames", 1) >= 12 and max(moving.size) <= 256
