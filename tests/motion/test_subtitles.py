"""Subtitles: lines, files, and words in the picture."""

import numpy as np
import pysubs2
import pytest

from studio.errors import LetteringError
from studio.motion.subtitles import break_lines, draw_cue, laid_out, one_at_a_time, write_subtitles
from studio.plan.film_recipes import Cue, SubtitlesRecipe

from .sounding import LINE, cue

LONG = ("Long ago there lived an old man and an old woman, who had no children, and every day the old man "
        "went to the mountain to gather firewood.")
MUKASHI = "昔々あるところに、おじいさんとおばあさんが住んでいました。おじいさんは山へ柴刈りに、おばあさんは川へ洗濯に行きました。"


def written(*cues: Cue, language: str = "en") -> dict[str, bytes]:
    """Both files."""
    return write_subtitles(SubtitlesRecipe(contract=1, cues=cues, language=language, title="桃太郎", width=1920, height=1080))


def test_both_files_have_the_times_and_words_of_the_cues() -> None:
    files = written(cue(1.0, 3.5), cue(3661.25, 3662.0, "Me!", "Dog"))
    assert files["subtitles.srt"].decode() == (
        f"1\n00:00:01,000 --> 00:00:03,500\n{LINE}\n\n2\n01:01:01,250 --> 01:01:02,000\nMe!\n\n")
    styled = pysubs2.SSAFile.from_string(files["subtitles.ass"].decode())
    assert [(e.start, e.end, e.name, e.text) for e in styled] == [(1000, 3500, "Momo", LINE), (3661250, 3662000, "Dog", "Me!")]
    assert (styled.info["PlayResX"], styled.info["PlayResY"], styled.info["Title"]) == ("1920", "1080", "桃太郎")
    assert styled.styles["Default"].fontsize == 59 and styled.styles["Default"].fontname == "M PLUS 1"
    assert files == written(cue(1.0, 3.5), cue(3661.25, 3662.0, "Me!", "Dog"))


@pytest.mark.parametrize(("text", "language", "limit"),
                         [(LONG, "en", 42), (MUKASHI, "ja", 18), ("x" * 100, "en", 42), ("あ" * 40, "ja", 18)])
def test_lines_fit_and_nothing_is_lost(text: str, language: str, limit: int) -> None:
    lines = break_lines(text, language)
    assert max(map(len, lines)) <= limit
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_lines_break_where_a_reader_breathes() -> None:
    assert break_lines("You are right, of course, but I cannot come.", "en") == [
        "You are right, of course,", "but I cannot come."]
    assert break_lines(MUKASHI, "ja") == [
        "昔々あるところに、おじいさんと", "おばあさんが住んでいました。",
        "おじいさんは山へ柴刈りに、", "おばあさんは川へ洗濯に行きました。"]
    assert break_lines("桃太郎だ！", "ja") == ["桃太郎だ！"]
    assert not any(line[0] in "っ、。」" for line in break_lines("ドンブラ" + "コッ" * 20 + "。」", "ja"))


def test_a_long_speech_becomes_several_cues_of_two_lines_that_share_its_time() -> None:
    made = laid_out([cue(10.0, 18.0, LONG)], "en")
    assert [c.text.count("\n") for c in made] == [1, 1]
    assert made[0].start == 10.0 and made[0].end == made[1].start and made[1].end == pytest.approx(18.0)
    assert 13.5 < made[0].end < 14.5


def test_two_who_speak_at_once_stand_under_each_other() -> None:
    shown = one_at_a_time((cue(1.0, 3.0, "One"), cue(2.0, 4.0, "Two"), cue(6.0, 7.0, "Three")))
    assert [(c.start, c.end, c.text) for c in shown] == [
        (1.0, 2.0, "One"), (2.0, 3.0, "One\nTwo"), (3.0, 4.0, "Two"), (6.0, 7.0, "Three")]


def test_signs_that_subtitle_files_take_for_commands_stay_signs() -> None:
    files = written(cue(0.0, 1.0, "A {b} \\N c", "Inu, Saru"))
    assert "A {b} \\\u2060N c" in files["subtitles.srt"].decode()
    event = pysubs2.SSAFile.from_string(files["subtitles.ass"].decode())[0]
    assert event.text == "A \\{b} \\\u2060N c" and event.name == "Inu  Saru"


def test_no_cues_give_empty_files() -> None:
    files = written()
    assert files["subtitles.srt"] == b"" and b"[Events]" in files["subtitles.ass"]


@pytest.mark.parametrize(("width", "height"), [(640, 360), (360, 640)])
def test_words_are_drawn_at_the_bottom_and_inside_the_picture(width: int, height: int) -> None:
    grey = np.full((height, width, 3), 120, np.uint8)
    drawn = draw_cue(grey, "昔々あるところに、\nlived an old man and an old woman, who had")
    rows, columns = np.nonzero((drawn != grey).any(axis=2))
    assert rows.min() > height * 0.75 and rows.max() < height * 0.98
    assert columns.min() >= width * 0.02 and columns.max() <= width * 0.98
    assert abs((columns.min() + columns.max()) / 2 - width / 2) < 4
    assert drawn.max() == 255 and drawn.min() == 0 and (grey == 120).all()


def test_no_words_leave_the_picture_alone() -> None:
    grey = np.full((48, 64, 3), 120, np.uint8)
    assert draw_cue(grey, " ") is grey
    assert draw_cue(grey, LONG).shape == (48, 64, 3)


def test_a_character_that_no_font_can_write_is_named() -> None:
    with pytest.raises(LetteringError, match="no shipped font can write 🍑"):
        draw_cue(np.zeros((90, 160, 3), np.uint8), "A peach 🍑!")
