from pathlib import Path

import pytest

from studio.plan.vocabulary import unknown_words, warnings
from studio.production.opening import open_production

from ..production.making import plan_of
from ..story.making import change, dump, write_show

KNOWN = "boy black hair smile sky ink river"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    show = write_show(tmp_path / "show")
    config = show / "models" / "tiny.config"
    config.mkdir()
    (config / "vocabulary.txt").write_text("\n".join(KNOWN.split()), encoding="utf-8")
    return show


def told(folder: Path) -> list[str]:
    return warnings([plan_of(folder)], open_production(folder).library)


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("1boy, (black hair:1.3), [smile]", []),
        ("BLACK hair, katana, smile, katana", ["katana"]),
        ("桃太郎, sky", ["桃太郎"]),
        ("héros; río", ["héros", "río"]),
        ("", []),
    ],
)
def test_words_are_found_between_weights_numbers_and_punctuation(prompt: str, unknown: list[str]) -> None:
    assert unknown_words(prompt, frozenset(KNOWN.split())) == unknown


def test_one_warning_names_every_unknown_word_and_where_it_stands(folder: Path) -> None:
    [warning] = told(folder)
    assert "'tiny' does not know, and will not draw: mountain (01.c)" in warning
    assert str(folder / "models" / "tiny.config" / "vocabulary.txt") in warning


def test_a_trigger_word_on_a_lora_s_card_is_known_where_the_lora_is_worn(folder: Path) -> None:
    cards = {
        "tiny": {"file": "tiny.safetensors", "architecture": "sd15"},
        "ink": {"file": "ink.safetensors", "architecture": "lora", "words": ["mountain"]},
        "other": {"file": "other.safetensors", "architecture": "lora"},
    }
    dump(folder / "models.yaml", {"models": cards})
    assert len(told(folder)) == 1
    change(folder / "presets" / "fake.yaml", loras=[{"model": "ink", "weight": 0.5}])
    assert told(folder) == []


def test_a_model_without_a_vocabulary_is_taken_to_know_everything(folder: Path) -> None:
    (folder / "models" / "tiny.config" / "vocabulary.txt").unlink()
    assert told(folder) == []
