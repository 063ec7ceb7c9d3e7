"""What would stop a clip or a film is refused before its keyframes are drawn: bad input, with its place."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.errors import GengaError, LetteringErrors, StoryErrors
from studio.motion.effects import grading
from studio.production.intake import check_words
from studio.story.boards import find_board
from studio.story.show import open_show
from tests.story.filming import shot, write_film_show, write_shots
from tests.story.making import change

CUBE = "LUT_3D_SIZE 2\n" + "0.5 0.5 0.5\n" * 8
SMILE = "\U0001f600"


def effects(*written: dict[str, Any]) -> dict[str, Any]:
    return shot("s1", effects=list(written))


def tried(folder: Path) -> None:
    show = open_show(folder)
    check_words(show, *find_board(show, "01"))


def refused(folder: Path) -> tuple[GengaError, ...]:
    with pytest.raises((StoryErrors, LetteringErrors)) as told:
        tried(folder)
    return told.value.errors


def line_of(file: Path, words: str) -> int:
    return next(n for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if words in line)


@pytest.mark.parametrize(
    ("table", "found", "remedy"),
    [
        ("LUT_3D_SIZE 2\n0 0 zero\n", "luts/dusk.cube:2: '0 0 zero' is not three numbers", "Write red, green and blue"),
        ("LUT_3D_SIZE 2\n0 0 0\n", "luts/dusk.cube:2: the file ends after 1 of 8 colours", "Copy or export it again"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", "this is a 1D table", "Export it as a 3D LUT"),
        ("", "there is no LUT_3D_SIZE", "Export the LUT as a 3D .cube"),
        (b"\xff\xfe\x00", "this is no text", "Export the LUT as .cube"),
    ],
)
def test_a_broken_table_of_a_shot_is_named_with_its_own_line_and_the_storyboards(
    table: str | bytes, found: str, remedy: str, tmp_path: Path
) -> None:
    folder = write_film_show(tmp_path / "show", effects({"kind": "vignette"}, {"kind": "grade", "lut": "luts/dusk.cube"}))
    (folder / "luts").mkdir()
    (folder / "luts" / "dusk.cube").write_bytes(table if isinstance(table, bytes) else table.encode())
    error, = refused(folder)
    board = folder / "storyboards" / "01.yaml"
    assert error.file == str(board) and error.line == line_of(board, "lut:")
    assert error.field == "shots[0].effects[1].lut"
    assert found in error.message and remedy in (error.remedy or "")


def with_look(folder: Path, *written: dict[str, Any]) -> Path:
    change(folder / "presets" / "fake.yaml", motion={"engine": "fake", "fps": 8, "effects": list(written)})
    return folder / "presets" / "fake.yaml"


def test_a_broken_or_missing_table_of_a_preset_is_named_once_in_the_preset(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", shot("s1"), shot("s2"))
    preset = with_look(folder, {"kind": "grade", "lut": "dusk.cube"})
    error, = refused(folder)
    assert (error.file, error.line, error.field) == (str(preset), line_of(preset, "lut:"), "motion.effects[0].lut")
    assert "'dusk.cube' does not exist" in error.message
    (folder / "dusk.cube").write_text(CUBE.replace("0.5\n", "0.5 0.5\n", 1))
    error, = refused(folder)
    assert (error.file, error.line, error.field) == (str(preset), line_of(preset, "lut:"), "motion.effects[0].lut")
    assert "dusk.cube:2: '0.5 0.5 0.5 0.5' is not three numbers" in error.message
    (folder / "dusk.cube").write_text(CUBE)
    tried(folder)


def test_a_table_of_a_look_that_no_shot_has_is_not_looked_at(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show")
    (folder / "presets" / "other.yaml").write_text(
        (folder / "presets" / "fake.yaml").read_text().replace("name: fake", "name: other") + "pool: image\n")
    change(folder / "presets" / "other.yaml", motion={"effects": [{"kind": "grade", "lut": "gone.cube"}]})
    tried(folder)


def test_one_table_is_read_once_however_many_shots_use_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graded = [{"kind": "grade", "lut": "dusk.cube", "amount": n / 10} for n in range(1, 4)]
    folder = write_film_show(tmp_path / "show", *(shot(f"s{n}", effects=graded) for n in range(4)))
    (folder / "dusk.cube").write_text(CUBE)
    read, seen = grading.read_cube, list[Path]()
    monkeypatch.setattr(grading, "read_cube", lambda file, name=None: seen.append(file) or read(file, name))
    tried(folder)
    assert seen == [folder / "dusk.cube"]


@pytest.mark.parametrize(
    ("effect", "field", "found"),
    [
        ({"kind": "title", "text": f"Peach {SMILE}"}, "shots[0].effects[0].text", f"has no {SMILE}"),
        ({"kind": "title", "text": {"en": "Peach", "ja": f"桃{SMILE}"}}, "shots[0].effects[0].text.ja", f"has no {SMILE}"),
        ({"kind": "watermark", "text": SMILE}, "shots[0].effects[0].text", f"has no {SMILE}"),
        ({"kind": "title", "text": "all work and no play " * 300}, "shots[0].effects[0].text", "does not fit into the picture"),
    ],
)
def test_words_over_the_picture_that_cannot_be_written_are_refused(
    effect: dict[str, Any], field: str, found: str, tmp_path: Path
) -> None:
    folder = write_film_show(tmp_path / "show", effects(effect), languages=("en", "ja"))
    with pytest.raises(LetteringErrors) as told:
        tried(folder)
    error, = told.value.errors
    assert error.field == field and found in error.message
    assert error.file == str(folder / "storyboards" / "01.yaml") and error.line and error.remedy


def test_a_watermark_that_is_no_picture_or_nothing_at_all_is_refused(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", effects({"kind": "watermark", "image": "mark.png"}, {"kind": "watermark"}))
    (folder / "mark.png").write_bytes(b"no picture")
    image, nothing = refused(folder)
    assert image.field == "shots[0].effects[0].image" and "mark.png: the watermark cannot be decoded" in image.message
    assert image.remedy == "Use a PNG with transparency"
    assert nothing.field == "shots[0].effects[1]" and "either words or a picture" in nothing.message
    Image.new("RGBA", (32, 16), (255, 0, 0, 128)).save(folder / "mark.png")
    assert [e.field for e in refused(folder)] == ["shots[0].effects[1]"]


def test_words_that_no_font_can_burn_in_are_refused_only_where_they_are_burnt(tmp_path: Path) -> None:
    lines = [{"id": "l1", "text": "To the sea!"}, {"id": "l2", "text": {"en": f"Ah {SMILE}", "ja": "ああ"}}]
    folder = write_film_show(tmp_path / "show", shot("s1", lines=lines), languages=("en", "ja"), film={"subtitles": "burnt"})
    error, = refused(folder)
    assert error.field == "shots[0].lines[1].text.en" and SMILE in error.message
    assert error.line == line_of(folder / "storyboards" / "01.yaml", "en: ")
    assert "subtitles: soft" in (error.remedy or "")
    write_film_show(tmp_path / "soft", shot("s1", lines=lines), languages=("en", "ja"), film={"subtitles": "soft"})
    tried(tmp_path / "soft")


def test_all_faults_of_a_film_are_told_at_once(tmp_path: Path) -> None:
    bad = ({"kind": "title", "text": SMILE}, {"kind": "grade", "lut": "dusk.cube"})
    folder = write_film_show(tmp_path / "show", effects(*bad), shot("s2", lines=[{"id": "l1", "text": SMILE}]),
                             film={"subtitles": "burnt"})
    (folder / "dusk.cube").write_text("LUT_3D_SIZE many\n")
    assert {e.field for e in refused(folder)} == {
        "shots[0].effects[0].text", "shots[0].effects[1].lut", "shots[1].lines[0].text"}


def test_sound_effects_and_words_pass(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", effects(
        {"kind": "title", "text": {"en": "The river"}}, {"kind": "watermark", "text": "genga"}, {"kind": "zoom"},
        {"kind": "grade", "lut": "dusk.cube"}), languages=("en", "ja"), film={"subtitles": "burnt"})
    (folder / "dusk.cube").write_text(CUBE)
    tried(folder)


def test_a_sound_that_cannot_be_heard_is_named_before_anything_is_drawn(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show")
    (folder / "door.wav").write_text("no sound at all")
    write_shots(folder, shot("s1", sounds=[{"file": "door.wav"}], lines=[{"id": "l", "text": "Hi", "voice": {"en": "door.wav"}}]))
    found = [error.render() for error in refused(folder)]
    assert len(found) == 1 and "door.wav" in found[0] and "01.yaml" in found[0] and "shots[0]" in found[0]
