"""genga lora audit, as people type it."""

import json
from pathlib import Path

import pytest
from PIL import Image

from studio.cli import MISTAKE

from ..judge.curated import WORD, picture, put, write_dataset
from .test_commands import genga


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "hinako")


def words(text: str) -> str:
    return " ".join(text.split())


def test_help_has_examples() -> None:
    assert "genga lora audit datasets/hinako --word hinako" in words(genga("lora", "audit", "--help").stdout)
    assert "audit" in genga("lora", "--help").stdout


def test_an_audit_writes_its_report_beside_the_dataset_and_sums_up(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    told = genga("lora", "audit", folder, "--word", WORD, "--resolution", 128, "--model", "house", "--faces")
    assert told.exit_code == 0, told.output
    assert "Near-duplicates" in words(told.stdout) and "12 pictures, 10 with captions" in words(told.stdout)
    out = folder.with_name("hinako.audit")
    report = json.loads((out / "report.json").read_text())
    assert report["errors"] == 6 and report["word"] == WORD and report["tokens_exact"] is True
    assert [f["note"] for f in report["findings"] if f["kind"] == "unknown_words"] == ["momotaro", "very"]
    with Image.open(out / "sheet.png") as sheet:
        assert sheet.width > 1000
    assert "sheet.png" in (out / "report.md").read_text()
    assert sorted(folder.rglob("*")) == before


def test_strict_fails_on_errors_only(folder: Path, tmp_path: Path) -> None:
    assert genga("lora", "audit", folder, "--strict", "--resolution", 128).exit_code == 1
    for n in range(3):
        put(tmp_path / "good", f"{n}.png", picture(n, background=("sky", "snow", "forest")[n]), f"hinako, {n}girl")
    fine = genga("lora", "audit", tmp_path / "good", "--strict", "--resolution", 128, "--out", tmp_path / "told")
    assert fine.exit_code == 0 and (tmp_path / "told" / "report.md").is_file()


@pytest.mark.parametrize(("options", "told"), [
    (("--out", "inside"), "its sheet be trained on"), (("--model", "gone"), "there is no model 'gone'"),
])
def test_mistakes_are_answered(folder: Path, options: tuple[str, str], told: str) -> None:
    given = (options[0], folder / "inside") if options[1] == "inside" else options
    answer = genga("lora", "audit", folder, *given)
    assert answer.exit_code == MISTAKE and told in answer.stderr
