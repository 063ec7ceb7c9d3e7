"""genga review as people type it."""

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from studio.cli import MISTAKE, app
from studio.production.opening import open_production
from tests.production.making import make_all
from tests.review.visiting import words_in
from tests.story.making import change, write_show


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_show(tmp_path / "small")
    make_all(tmp_path / "small")
    return tmp_path / "small"


def review(folder: Path, *words: object, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["review", "--show", str(folder), "--by", "mika", *map(str, words)], input=typed)


def test_one_goes_through_what_nobody_judged_in_reading_order(folder: Path) -> None:
    told = review(folder, typed="a\nr\n1, face\nsix fingers\ns\nq\n")
    assert told.exit_code == 0, told.output
    assert [told.stdout.index(unit) for unit in ("01.a panel", "01.b panel", "01.p01 page en", "01.c panel")]
    assert "an unknown price (show.yaml named no rate for pool image)" in " ".join(told.stdout.split()) and "$" not in told.stdout
    assert "1 of 5" in told.stdout and "file://" in told.stdout and "1 accepted, 1 rejected." in told.stdout
    assert "'genga apply' draws the next take" in told.stdout
    word = open_production(folder).history().reviews["01.b", "panel", ""][0]
    assert (word.reasons, word.note, word.reviewer) == (("anatomy", "face"), "six fingers", "mika")


def test_a_word_can_be_taken_back_and_a_mistake_is_asked_about_again(folder: Path) -> None:
    told = review(folder, "--unit", "01.a", typed="u\nx\nr\n\nr\nugly\n\na\n")
    assert "nothing was said yet" in told.stdout and "Type a, r, s, u or q" in told.stdout
    assert "a rejection needs a reason" in told.stdout and "unknown reason 'ugly'" in told.stdout
    assert words_in(folder, "01.a") == [("mika", "accept")]
    told = review(folder, typed="a\nu\nr\n5\n\n")
    assert words_in(folder, "01.b") == [("mika", "reject")] and "taken back" in told.stdout


def test_the_end_of_the_input_ends_it(folder: Path) -> None:
    assert review(folder).exit_code == 0
    for unit in ("01.a", "01.b", "01.c", "01.p01", "01.p02"):
        assert review(folder, "--accept", unit).exit_code == 0
    assert "Nothing is to be reviewed" in review(folder).stdout


def test_scripts_accept_reject_and_undo_by_name(folder: Path) -> None:
    assert "01.a panel: take 1 accepted." in review(folder, "--accept", "01.a").stdout
    told = review(folder, "--reject", "01.b", "--reason", "style", "--reason", "face", "--note", "too dark")
    assert "take 1 rejected. 'genga apply' draws the next take" in told.stdout
    listed = review(folder, "--list").stdout
    assert "mika: reject face, style" in listed and "2 to review" in listed
    assert "1 rejected" in listed and "1 stale" in listed
    make_all(folder)
    assert "puts it in place" in review(folder, "--accept", "01.b", "--take", 1).stdout
    assert "taken back" in review(folder, "--undo", "01.a").stdout
    assert words_in(folder, "01.a") == []


@pytest.mark.parametrize(("words", "told"), [
    (["--reject", "01.a"], "a rejection needs a reason"),
    (["--accept", "01.aa"], "--accept: there is no unit '01.aa'. Did you mean '01.a'?"),
    (["--reject", "01.nosuch", "--reason", "face"], "--reject: there is no unit '01.nosuch'. Known here: 01.a, 01.b"),
    (["--accept", "01"], "nothing to review under '01'"),
    (["--accept", "01.a", "--take", "3"], "01.a has 1 take"),
    (["--accept", "01.a", "--list"], "exclude each other"),
    (["--undo", "01.a"], "mika has said nothing about 01.a"),
    (["--accept", "01.a", "--by", " "], "a name is missing"),
])
def test_what_cannot_be_done_is_told_with_its_remedy(folder: Path, words: list[str], told: str) -> None:
    result = review(folder, *words)
    assert result.exit_code == MISTAKE and told in result.output.replace("\n", " ")


def test_a_page_in_two_languages_needs_one_named(folder: Path) -> None:
    change(folder / "show.yaml", languages=["en", "ja"])
    make_all(folder)
    assert "--language" in review(folder, "--accept", "01.p01").output
    assert "01.p01 page ja: take 1 accepted" in review(folder, "--accept", "01.p01", "--language", "ja").stdout


def test_what_people_wrote_cannot_steer_the_terminal(folder: Path) -> None:
    review(folder, "--reject", "01.a", "--reason", "other", "--note", "\x1b[2Jgone")
    make_all(folder)
    assert "\x1b[2J" not in review(folder, "--unit", "01.a", typed="q\n").stdout


def test_the_page_is_served_without_the_queue_until_it_is_told_to_stop(folder: Path) -> None:
    words = ["review", "--web", "--review-port", "0", "--show", str(folder)]
    code = "import studio.cli; studio.cli.main()"
    with subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        line = served.stdout.readline()
        url = line.removeprefix("Review: ").split(". ")[0]
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(url) as answer:
            assert b"5 to review" in answer.read()
        served.send_signal(signal.SIGTERM)
        assert served.wait(30) == 0
