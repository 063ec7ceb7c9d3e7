"""Scripts, tables and cuts from elsewhere, read as plain values."""

from pathlib import Path

import opentimelineio as otio
import pytest

from studio.errors import StoryError, StoryErrors
from studio.story.importing.formats import read_script
from studio.story.importing.script import Script, ScriptShot

FOUNTAIN = """\
Title: The River
Episode: 02

FADE IN:

# Act one

EXT. RIVER - DAY

= Momo finds a peach.

MOMO, 12, kneels at the water. He sees a *peach* drift by! [[It must be huge.]]

MOMO
(whispering)
What is **that**?
(louder)
Hey!

KENJI (V.O.) ^
A peach, of course.

/* a scene that was cut

INT. NOWHERE - DAY
*/

He wades in.

@桃太郎
おはよう。
ございます。

DISSOLVE TO:

INT. KITCHEN - NIGHT #2A#

KENJI
It is good.

FADE OUT.
"""


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


def fountain(folder: Path, text: str = FOUNTAIN, encoding: str = "utf-8") -> Script:
    return read_script(write(folder, "script.fountain", text, encoding))


def shots(script: Script) -> list[ScriptShot]:
    return [shot for _, shot in script.shots]


def test_each_action_is_a_shot_and_dialogue_belongs_to_it(tmp_path: Path) -> None:
    script = fountain(tmp_path)
    assert (script.title, script.episode, script.warnings) == ("The River", "02", ())
    assert [scene.heading for scene in script.scenes] == ["EXT. RIVER - DAY", "INT. KITCHEN - NIGHT"]
    assert [shot.action for shot in shots(script)] == [
        "MOMO, 12, kneels at the water. He sees a peach drift by!", "He wades in.", ""]
    assert script.speakers == ["MOMO", "KENJI", "桃太郎"]


def test_parentheticals_tell_the_manner_and_extensions_who_is_only_heard(tmp_path: Path) -> None:
    momo, kenji = shots(fountain(tmp_path))[0].lines
    assert (momo.text, momo.manner, momo.off, momo.together) == ("What is that? Hey!", "whispering; louder", False, False)
    assert (kenji.who, kenji.text, kenji.off, kenji.together) == ("KENJI", "A peach, of course.", True, True)


def test_japanese_dialogue_is_joined_without_spaces(tmp_path: Path) -> None:
    assert shots(fountain(tmp_path))[1].lines[0].text == "おはよう。ございます。"


def test_transitions_become_dissolves_and_fades(tmp_path: Path) -> None:
    first, second, last = shots(fountain(tmp_path))
    assert first.fade_in and not first.dissolve
    assert not second.dissolve and not second.fade_out
    assert last.dissolve == 0.5 and last.fade_out


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp", "iso2022_jp", "utf-16"])
def test_a_japanese_encoding_is_found_and_told(tmp_path: Path, encoding: str) -> None:
    text = ".川 - 昼\n\n桃太郎は川へ行く。\n\n@桃太郎\nおはようございます、おじいさん！\n"
    script = fountain(tmp_path, text, encoding)
    assert script.scenes[0].heading == "川 - 昼"
    assert shots(script)[0].lines[0].text == "おはようございます、おじいさん！"
    assert "read as" in script.warnings[0] and "--encoding" in script.warnings[0]


def test_latin_1_is_found_and_told(tmp_path: Path) -> None:
    script = fountain(tmp_path, "INT. CAFÉ - DAY\n\nRené boit un café près de la fenêtre.\n\nRENÉ\nÇa va, François?\n", "latin-1")
    assert shots(script)[0].action == "René boit un café près de la fenêtre."
    assert script.speakers == ["RENÉ"] and "cp1252" in script.warnings[0]


def test_an_encoding_may_be_named_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "a.fountain", "René va.\n", "latin-1")
    assert read_script(file, "latin-1").warnings == ()
    with pytest.raises(StoryError, match="byte 3 is not utf-8.*--encoding|--encoding.*byte 3 is not utf-8"):
        read_script(file, "utf-8")
    with pytest.raises(StoryError, match="there is no encoding 'klingon'"):
        read_script(file, "klingon")


@pytest.mark.parametrize("data", [bytes(range(256)) * 20, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"])
def test_what_is_no_text_is_refused_with_file_and_remedy(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "a.fountain"
    file.write_bytes(data)
    with pytest.raises(StoryError, match="UTF-8") as caught:
        read_script(file)
    assert caught.value.file == str(file)


@pytest.mark.parametrize(("name", "why"), [("a.fountain", "no action and no dialogue"), ("a.csv", "the table is empty"),
                                           ("a.otio", "not an OpenTimelineIO file"), ("a.docx", "are not known here")])
def test_an_empty_file_is_told(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(StoryError, match=why):
        read_script(write(tmp_path, name, ""))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoryError, match="does not exist"):
        read_script(tmp_path / "none.fountain")


def test_a_table_has_a_row_per_shot_and_per_line(tmp_path: Path) -> None:
    script = read_script(write(tmp_path, "board.csv", (
        "Cut,Scene,Duration,Description,Prompt,Speaker,Dialogue,Transition,Remarks\n"
        "c1,RIVER,3.5,Momo kneels,\"1boy, kneeling\",MOMO,Hello,,x\n"
        ",,,,,KENJI,\"Hi,\nthere\",,\n"
        "\n"
        "c2,,0:04,A peach drifts by,,,,dissolve 0.8,\n")))
    assert [(heading, shot.name, shot.seconds, shot.dissolve) for heading, shot in script.shots] == [
        ("RIVER", "c1", 3.5, None), ("RIVER", "c2", 4.0, 0.8)]
    first = shots(script)[0]
    assert first.prompts == ("1boy, kneeling",)
    assert [(line.who, line.text) for line in first.lines] == [("MOMO", "Hello"), ("KENJI", "Hi, there")]
    assert len(script.warnings) == 1 and script.warnings[0].startswith("column 'Remarks' was left out")


def test_a_semicolon_table_in_shift_jis_is_read(tmp_path: Path) -> None:
    script = read_script(write(tmp_path, "board.csv", "カット;秒;内容;話者;セリフ\n"
                               "1;2,5;桃が流れてくる;桃太郎;大きな桃だ！\n", "cp932"))
    shot = shots(script)[0]
    assert (shot.name, shot.seconds, shot.action, shot.lines[0].text) == ("1", 2.5, "桃が流れてくる", "大きな桃だ！")


def test_every_bad_row_of_a_table_is_named_with_its_line(tmp_path: Path) -> None:
    file = write(tmp_path, "board.csv", (
        "shot,seconds,description,speaker,text\n"
        "a,3,\"two\nlines\",,\n"
        "b,soon,Momo runs,,\n"
        "c,2,Momo sits,MOMO,\n"
        "d,2,Momo eats, well,and,drinks\n"))
    with pytest.raises(StoryErrors) as caught:
        read_script(file)
    assert [(error.line, error.message) for error in caught.value.errors] == [
        (4, "seconds 'soon' is no length between 0 and 3600"), (5, "'MOMO' says nothing"), (6, "6 cells for 5 columns")]


@pytest.mark.parametrize(("text", "why"), [
    ("shot,seconds\na,3\n", "no column 'description', 'prompt' or 'text'"),
    ("text,Dialogue\na,b\n", "column 'text' stands twice"),
    ("text\n", "the table has no rows"),
    ('text\n"open\n', ":2: not a table"),
    ("text,transition\nHi,wipe\n", "unknown transition 'wipe'"),
    ("shot,seconds,text\na,2,Hi\na,3,Ho\n", "shot 'a' has another length here"),
])
def test_a_table_that_means_nothing_is_told(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(StoryError, match=why):
        read_script(write(tmp_path, "board.csv", text))


def cut(folder: Path) -> Path:
    """Two clips with a dissolve, a marker, a gap, and a sound."""
    def clip(name: str, frames: int) -> otio.schema.Clip:
        return otio.schema.Clip(name, source_range=otio.opentime.TimeRange(
            otio.opentime.RationalTime(0, 24), otio.opentime.RationalTime(frames, 24)))

    timeline = otio.schema.Timeline("The River")
    pictures, sounds = otio.schema.Track("V1", kind="Video"), otio.schema.Track("A1", kind="Audio")
    first, second = clip("SH010.mov", 36), clip("SH020.mov", 60)
    first.metadata["editor"] = {"Comment": "Momo kneels", "Scene": "RIVER"}
    first.markers.append(otio.schema.Marker("look up", marked_range=first.source_range))
    half = otio.opentime.RationalTime(6, 24)
    gap = otio.schema.Gap(duration=otio.opentime.RationalTime(24, 24))
    pictures.extend([first, otio.schema.Transition("mix", in_offset=half, out_offset=half), second, gap])
    sounds.append(clip("water.wav", 96))
    timeline.tracks.extend([pictures, sounds])
    file = folder / "cut.otio"
    otio.adapters.write_to_file(timeline, str(file))
    return file


def test_the_clips_of_a_cut_are_shots_with_lengths_and_notes(tmp_path: Path) -> None:
    script = read_script(cut(tmp_path))
    assert script.title == "The River"
    assert [(heading, shot.name, shot.seconds, shot.action, shot.dissolve) for heading, shot in script.shots] == [
        ("RIVER", "SH010", 1.5, "Momo kneels look up", None), ("", "SH020", 2.5, "", 0.5)]
    assert script.warnings == ("1 gap left out: a film of shots has none", "1 sound clip left out: name sounds in the storyboard")


@pytest.mark.parametrize(("text", "why"), [("{", "not an OpenTimelineIO file"), ('{"OTIO_SCHEMA": "Clip.1"}', "holds a Clip"),
                                           ('{"OTIO_SCHEMA": "Timeline.1"}', "not an OpenTimelineIO file"),
                                           (otio.schema.Timeline("x").to_json_string(), "no picture track")])
def test_a_cut_without_clips_is_told(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(StoryError, match=why):
        read_script(write(tmp_path, "cut.otio", text))
