"""genga canary, as people type it."""

from pathlib import Path

import pytest

from studio.cli import MISTAKE

from ..story.making import change, dump, write_show, write_weights
from .test_commands import genga


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


def words(text: str) -> str:
    return " ".join(text.split())


def test_help_has_examples() -> None:
    assert "genga canary check" in words(genga("canary", "--help").stdout)
    for command in ("approve", "check"):
        assert f"genga canary {command}" in words(genga("canary", command, "--help").stdout)


def test_approved_canaries_pass_and_a_drift_fails_and_says_why(folder: Path) -> None:
    unapproved = genga("canary", "check", "--show", folder)
    assert unapproved.exit_code == 1
    assert "genga canary approve fake" in words(unapproved.stdout)
    assert "fake@1 3 canaries approved" in words(genga("canary", "approve", "--show", folder).stdout)
    fine = genga("canary", "check", "fake", "--show", folder)
    assert fine.exit_code == 0 and "the very same pixels" in fine.stdout
    write_weights(folder / "models" / "tiny.safetensors", "model.diffusion_model.w", 9)
    told = genga("canary", "check", "--show", folder)
    assert told.exit_code == 1
    assert "changed model file:" in words(told.stdout) and "approved face:" in words(told.stdout)


def test_an_unknown_preset_is_a_mistake_and_one_that_cannot_be_drawn_does_not_stop_the_others(folder: Path) -> None:
    told = genga("canary", "check", "fakes", "--show", folder)
    assert told.exit_code == MISTAKE and "Did you mean 'fake'?" in told.stderr
    dump(folder / "presets" / "also.yaml", {})
    change(folder / "presets" / "fake.yaml")
    (folder / "presets" / "also.yaml").write_text((folder / "presets" / "fake.yaml").read_text())
    change(folder / "presets" / "also.yaml", name="also", model="gone")
    told = genga("canary", "approve", "--show", folder)
    assert told.exit_code == 1
    assert "also not approved" in words(told.stdout) and "fake@1 3 canaries approved" in words(told.stdout)


def test_verify_misses_an_approved_picture(folder: Path) -> None:
    genga("canary", "approve", "--show", folder)
    next((folder / "out" / "artifacts").rglob("*.png")).unlink()
    told = genga("verify", "--show", folder)
    assert told.exit_code == 1 and "canaries/fake/" in told.stdout
