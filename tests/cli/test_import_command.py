"""genga import as people type it."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from studio.cli import MISTAKE, app
from studio.story.checks import read_storyboard
from studio.story.show import open_show

from ..story.making import write_show
from ..story.test_importing_enriching import KEY, server

SCRIPT = "EXT. RIVER - DAY\n\nMomo kneels.\n\nKENJI\nWhat is it?\n\nThe peach opens.\n"


def genga(*words: object, **options: str) -> Result:
    """Run a command in this process; `options`: what is typed, and the environment."""
    typed = options.pop("typed", None)
    return CliRunner().invoke(app, [str(word) for word in words], input=typed, env=options)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "script.fountain"
    file.write_text(SCRIPT, encoding="utf-8")
    return file


def prompts(folder: Path) -> list[str]:
    board = read_storyboard(folder / "storyboards" / "02.yaml", open_show(folder))
    return [keyframe.prompt for shot in board.shots for keyframe in shot.keyframes]


def test_help_names_the_columns_and_shows_examples() -> None:
    told = genga("import", "--help").stdout
    assert "script.fountain --dry-run" in told and "last_prompt" in told and "GENGA_LLM_URL" in told


def test_a_dry_run_shows_the_difference_and_writes_nothing(folder: Path, script: Path) -> None:
    before = sorted(folder.rglob("*"))
    told = genga("import", script, "--show", folder, "--episode", "02", "--cast", "--dry-run")
    assert told.exit_code == 0
    assert "02.yaml: 2 added, 0 changed, 0 kept, 0 removed" in told.stdout
    assert "+  - id: river-1" in told.stdout and "+name: kenji" in told.stdout and "Nothing was written" in told.stdout
    assert sorted(folder.rglob("*")) == before


def test_an_import_writes_and_the_next_one_has_nothing_to_write(folder: Path, script: Path) -> None:
    told = genga("import", script, "--show", folder, "--episode", "02")
    assert told.exit_code == 0 and "Wrote" in told.stdout and "KENJI (kenji) has no cast file" in told.stdout
    assert not (folder / "cast" / "kenji.yaml").exists()
    assert "Nothing to write" in genga("import", script, "--show", folder, "--episode", "02").stdout
    assert genga("import", script, "--show", folder, "--episode", "02", "--cast", "--yes").exit_code == 0
    assert yaml.safe_load((folder / "cast" / "kenji.yaml").read_text())["title"] == "Kenji"


def test_what_changes_is_asked_before_and_told(folder: Path, script: Path) -> None:
    genga("import", script, "--show", folder, "--episode", "02")
    before = (folder / "storyboards" / "02.yaml").read_text()
    script.write_text(SCRIPT.replace("What is it?", "What is that?").replace("The peach opens.", ""), encoding="utf-8")
    told = genga("import", script, "--show", folder, "--episode", "02", typed="n\n")
    assert told.exit_code == 1 and "Change 02.yaml?" in told.stdout
    assert "- river-2" in told.stdout and "line l1: 'What is it?' -> 'What is that?'" in told.stdout
    assert (folder / "storyboards" / "02.yaml").read_text() == before
    assert genga("import", script, "--show", folder, "--episode", "02", "--yes").exit_code == 0
    assert "What is that?" in (folder / "storyboards" / "02.yaml").read_text()


def test_warnings_go_to_stderr(folder: Path, script: Path) -> None:
    script.write_bytes("INT. CAFÉ\n\nRené boit un café près de la fenêtre.\n".encode("latin-1"))
    told = genga("import", script, "--show", folder, "--episode", "02")
    assert "warning: script.fountain is not UTF-8; it was read as cp1252" in told.stderr
    assert genga("import", script, "--show", folder, "--episode", "03", "--encoding", "latin-1").stderr == ""


def test_mistakes_are_told_with_file_and_remedy(folder: Path, script: Path) -> None:
    told = genga("import", script.with_name("none.csv"), "--show", folder)
    assert told.exit_code == MISTAKE and "none.csv: the file does not exist" in told.stderr
    told = genga("import", script, "--show", folder, "--enrich", GENGA_LLM_URL="", GENGA_LLM_MODEL="")
    assert told.exit_code == MISTAKE and "GENGA_LLM_URL" in told.stderr


def test_a_language_model_writes_prompts_only_where_nobody_did(folder: Path, script: Path) -> None:
    genga("import", script, "--show", folder, "--episode", "02")
    file = folder / "storyboards" / "02.yaml"
    file.write_text(file.read_text().replace("prompt: 'The peach opens", "prompt: 'my own, the peach opens"), encoding="utf-8")
    with server() as (url, received):
        told = genga("import", script, "--show", folder, "--episode", "02", "--enrich", "--yes", GENGA_LLM_URL=url,
                     GENGA_LLM_MODEL="tiny", GENGA_LLM_KEY=KEY)
    assert told.exit_code == 0 and len(received) == 1
    assert prompts(folder)[:2] == ["1boy, kneeling, river", "1boy, surprised, river"]
    assert prompts(folder)[2].startswith("my own")
    assert KEY not in told.stdout + told.stderr + file.read_text()


def test_without_being_asked_no_server_is_called(folder: Path, script: Path) -> None:
    with server() as (url, received):
        assert genga("import", script, "--show", folder, "--episode", "02", GENGA_LLM_URL=url, GENGA_LLM_MODEL="m").exit_code == 0
    assert received == []
