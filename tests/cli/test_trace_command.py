"""genga trace, as people type it."""

import json
from pathlib import Path

import pytest

from studio.cli import MISTAKE
from studio.production.opening import open_production
from studio.store.events import Failure

from ..production.making import make_all
from ..story.making import write_show
from .test_commands import genga


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_show(tmp_path / "small")
    make_all(folder)
    return folder


def test_a_panel_is_told_with_the_page_and_book_made_of_it(folder: Path) -> None:
    told = genga("trace", "01.a", "--show", folder)
    assert told.exit_code == 0
    for word in ("01.a panel", "01.a final", "01.p01 page", "01 book", "published", "waiting"):
        assert word in told.stdout, word
    assert "01.b panel" not in told.stdout


def test_a_submission_is_told_whole_and_as_json(folder: Path) -> None:
    (journey,) = json.loads(genga("trace", "t", "--show", folder, "--json").stdout)
    units = {span["unit"] for span in journey["spans"]}
    assert {"01.a", "01.b", "01.c", "01.p01", "01"} <= units and journey["trace"] == "t"
    assert journey["seconds"] >= journey["waited"] >= 0


def test_eight_digits_of_a_trace_do_if_they_begin_no_other(folder: Path) -> None:
    ledger = open_production(folder).ledger
    for trace in ("0123456789abcdef", "0123456700000000"):
        ledger.append(Failure(show="s", unit="01.a", trace=trace, stage="panel", error="E", message="no"))
    (journey,) = json.loads(genga("trace", "0123456789a", "--show", folder, "--json").stdout)
    assert journey["trace"] == "0123456789abcdef"
    several = genga("trace", "01234567", "--show", folder)
    assert several.exit_code == MISTAKE and "2 traces begin with 01234567" in several.stderr
    for unknown in ("nosuch", "0123456", "fedcba9876543210"):
        told = genga("trace", unknown, "--show", folder)
        assert told.exit_code == MISTAKE and f"there is no unit and no trace '{unknown}'" in told.stderr


def test_facts_are_folded_between_words_on_a_narrow_terminal(folder: Path) -> None:
    told = genga("trace", "01", "--show", folder).stdout
    assert "…" not in told and max(map(len, told.splitlines()[1:])) <= 80
    assert {"out/books/01.en.cbz", "out/books/01.ja.cbz"} & set(told.split())


def test_nothing_happened_yet_is_said(tmp_path: Path) -> None:
    assert "Nothing happened to 01.a yet" in genga("trace", "01.a", "--show", write_show(tmp_path / "new")).stdout


def test_an_unknown_unit_names_the_nearest(folder: Path) -> None:
    told = genga("trace", "01.aa", "--show", folder)
    assert told.exit_code == MISTAKE and "01.a" in told.stderr
