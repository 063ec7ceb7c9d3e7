"""genga profile, as people type it."""

import json
from pathlib import Path

import pytest

from studio.cli import MISTAKE
from studio.cli.profiling import INTERRUPTED
from studio.production.opening import open_production
from studio.render.engines.fake import FakeEngine

from ..story.making import write_show
from .test_commands import genga


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_table_tells_what_was_measured(folder: Path) -> None:
    told = genga("profile", "fake", "--size", "64x64,128x64", "--batch", "1,2", "--show", folder)
    assert told.exit_code == 0
    head, *lines = [words(line) for line in told.stdout.splitlines() if line.strip()]
    assert head == "preset size batch s/picture pictures/min peak memory"
    assert [line.split()[1:3] for line in lines[:4]] == [["64x64", "1"], ["128x64", "1"], ["64x64", "2"], ["128x64", "2"]]
    assert lines[0].startswith("fake@1") and lines[0].endswith("MiB")
    assert "genga plan and genga doctor know it from now on" in words(told.stdout)
    assert "like profiles" in genga("plan", "--json", "--show", folder).stdout


def test_programs_get_json_and_nothing_else(folder: Path) -> None:
    told = genga("profile", "--size", "64x64", "--json", "--show", folder)
    [one] = json.loads(told.stdout)
    assert (one["preset"], one["width"], one["height"], one["batch"], one["error"]) == ("fake@1", 64, 64, 1, None)
    assert one["seconds"] > 0 and one["peak_bytes"] > 0 and one["device"] == "cpu"


def test_what_cannot_be_measured_is_told_with_exit_code_1(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: FakeEngine, recipes: object, bench: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(FakeEngine, "render", broken)
    told = genga("profile", "--size", "64x64", "--show", folder)
    assert told.exit_code == 1 and "ZeroDivisionError: oops" in words(told.stdout)


def test_ctrl_c_keeps_what_was_measured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = FakeEngine.render

    def interrupted(self: FakeEngine, recipes, bench):  # type: ignore[no-untyped-def]
        if recipes[0].width > 64:
            raise KeyboardInterrupt
        return real(self, recipes, bench)

    monkeypatch.setattr(FakeEngine, "render", interrupted)
    told = genga("profile", "--size", "64x64,128x64,256x64", "--show", folder)
    assert told.exit_code == INTERRUPTED
    assert "fake@1 64x64 1" in words(told.stdout) and "interrupted after 1 of 3" in told.stdout
    assert len(open_production(folder).history().profiles) == 1


def test_mistakes_are_named(folder: Path) -> None:
    told = genga("profile", "fakes", "--show", folder)
    assert told.exit_code == MISTAKE and "Did you mean 'fake'?" in told.stderr
    told = genga("profile", "--size", "63x64", "--show", folder)
    assert told.exit_code == MISTAKE and "'63x64' is no size" in words(told.stderr)
    for batch in ("1,x", "0", "65", ""):
        told = genga("profile", "--batch", batch, "--show", folder)
        assert told.exit_code == MISTAKE and f"--batch: '{batch.split(',')[-1]}' is no number of pictures" in words(told.stderr)


def test_help_has_examples() -> None:
    assert "genga profile cel --size" in words(genga("profile", "--help").stdout)
