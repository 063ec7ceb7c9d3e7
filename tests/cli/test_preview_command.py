"""genga preview, and where people read what was done that nobody asked for."""

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from studio.cli import MISTAKE, app, rendering
from studio.dispatch.follow import Tally
from studio.dispatch.working import Result as Worked

from ..production.filming import make_film
from ..production.making import make_all
from ..story.filming import shot, write_film_show, write_shots
from ..story.making import write_show


def genga(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of two seconds in two languages; nobody may change it."""
    folder = write_film_show(tmp_path_factory.mktemp("made") / "show", shot("s1", lines=[{"id": "l1", "text": {"ja": "鬼だ"}}]),
                             shot("s2"), languages=("en", "ja"))
    assert [m.error for m in make_film(folder) if m.error] == []
    return folder


def animated(file: Path) -> tuple[str, tuple[int, int], int]:
    with Image.open(file) as moving:
        return str(moving.format), moving.size, getattr(moving, "n_frames", 1)


def test_a_shot_moves_in_a_webp_in_the_working_folder(filmed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = genga("preview", "01.s1", "--show", filmed, "--side", 64)
    assert told.exit_code == 0, told.output
    assert "01.s1.webp: the clip of 01.s1" in told.stdout
    assert animated(tmp_path / "01.s1.webp") == ("WEBP", (64, 48), 12)


def test_a_film_is_shown_as_a_gif_of_the_length_asked_for_and_in_its_language(filmed: Path, tmp_path: Path) -> None:
    told = genga("preview", "01", "--show", filmed, "--gif", "--out", tmp_path / "small.gif", "--seconds", 0.5, "-l", "ja")
    assert told.exit_code == 0, told.output
    assert "the film of 01 in ja" in told.stdout
    assert animated(tmp_path / "small.gif") == ("GIF", (128, 96), 6)


def test_what_is_not_made_yet_says_what_to_run(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show")
    for unit, what in (("01.s1", "clip"), ("01", "film")):
        told = genga("preview", unit, "--show", folder)
        assert told.exit_code == MISTAKE
        assert f"the {what} of {unit} is not made yet. Run 'genga apply --unit {unit}'" in told.stderr


def test_a_shot_that_changed_is_shown_as_it_was_and_says_so(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show")
    make_film(folder)
    write_shots(folder, shot("s1", effects=[{"kind": "vignette"}]))
    told = genga("preview", "01.s1", "--show", folder, "--out", tmp_path / "old.webp")
    assert told.exit_code == 0 and "warning: 01.s1 changed since" in told.stderr
    assert (tmp_path / "old.webp").is_file()


@pytest.mark.parametrize(
    ("words", "finding"),
    [
        (("01.s9",), "Did you mean '01.s"),
        (("01.s1.k1",), "'01.s1.k1' does not move"),
        (("01.s1", "--out", "film.mp4"), "End it in .webp or .gif"),
        (("01.s1", "--gif", "--out", "film.webp"), "End it in .gif"),
        (("01", "--language", "fr"), "It has en, ja"),
        (("07",), "no episode '07'"),
    ],
)
def test_a_preview_that_cannot_be_is_answered_with_a_remedy(filmed: Path, words: tuple[str, ...], finding: str) -> None:
    told = genga("preview", *words, "--show", filmed)
    assert told.exit_code == MISTAKE and finding in told.stderr


def test_an_episode_of_pages_only_does_not_move(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "small")
    make_all(folder)
    told = genga("preview", "01", "--show", folder)
    assert told.exit_code == MISTAKE and "Write 'shots:' into episode 01" in told.stderr


def test_why_tells_what_was_done_that_nobody_asked_for(filmed: Path) -> None:
    told = " ".join(genga("why", "01.s1.l1", "--show", filmed).stdout.split())
    assert "the synthetic voice cannot read 鬼" in told and "write the line in kana, or record it" in told


def test_apply_warns_of_notes_once_with_the_units_they_are_about(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    for n in range(5):
        tally.add({"event": "take", "unit": f"01.s{n}", "stage": "clip", "seconds": 0.1, "usd": 0.0, "notes": ["odd sides"]})
    tally.add({"event": "take", "unit": "01.a", "stage": "panel", "seconds": 0.1, "usd": None, "pool": "post"})  # as older lines
    rendering._tell_result(Worked("t", tally), 1.0)
    told = capsys.readouterr()
    assert told.err == "warning: 01.s0 clip, 01.s1 clip, 01.s2 clip and 2 more: odd sides\n"
    assert "an unknown price (show.yaml named no rate for pool post). Trace t" in " ".join(told.out.split())
