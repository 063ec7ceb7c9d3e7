"""What the doctor tells of memory: from takes on a device like this one, and nothing where none was measured."""

from pathlib import Path
from typing import Any

import pytest

from studio.plan.film_recipes import InbetweenRecipe
from studio.plan.recipes import ImageRecipe
from studio.production.memory import forecasts
from studio.production.opening import open_production
from studio.store.events import TakeEvent
from tests.story.filming import write_film_show

from .filming import make_film

MIB, GIB = 2**20, 2**30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_film_show(tmp_path / "show")


def told(folder: Path, device: str = "cuda:0", free: int = 8 * GIB) -> dict[str, tuple[bool, str, str]]:
    return {f.name: (f.fits, f.told, f.remedy) for f in forecasts(open_production(folder), device, free)}


def paid(folder: Path, peak: int, device: str = "cuda:0", **changed: Any) -> None:
    """A take in the show's look, of another size if told so, and what its batch held."""
    production = open_production(folder)
    step = next(s for s in production.plan(production.boards()[0]).steps if s.stage == "keyframe")
    assert isinstance(step.recipe, ImageRecipe)
    recipe = step.recipe.model_copy(update=changed)
    production.ledger.append(TakeEvent(
        show="show", unit=step.unit, recipe=recipe.digest(), body=recipe.model_dump(mode="json"), artifact="a" * 64,
        stage="keyframe", seconds=1.0, device=device, peak_bytes=peak))


def test_a_look_without_takes_is_not_measured_yet(folder: Path) -> None:
    fits, words, _ = told(folder)["memory fake"]
    assert fits and words == "not measured yet at 72x64 x1; 8.0 GiB free"


def test_a_look_is_told_from_its_takes_with_how_many_there_are(folder: Path) -> None:
    for n in (1, 2, 3):
        paid(folder, (300 + 100 * n) * MIB, width=72 * n)
    fits, words, _ = told(folder)["memory fake"]
    assert fits and words == "about 400 MiB at 72x64 x1 (measured on 3 takes); 8.0 GiB free"


def test_takes_of_one_size_say_so(folder: Path) -> None:
    paid(folder, 400 * MIB)
    assert "(measured on 1 take);" in told(folder)["memory fake"][1]
    paid(folder, 420 * MIB, seed=5)
    assert "about 410 MiB at 72x64 x1 (measured on 2 takes, all of one size)" in told(folder)["memory fake"][1]


def test_what_does_not_fit_is_a_finding_with_what_to_change(folder: Path) -> None:
    paid(folder, 3 * GIB)
    fits, words, remedy = told(folder, free=2 * GIB)["memory fake"]
    assert not fits and words.startswith("about 3.0 GiB") and words.endswith("2.0 GiB free")
    assert "'batch_size', 'native' or 'max_side' in presets/fake.yaml" in remedy and "fp16" in remedy


@pytest.mark.parametrize("other", [{"device": "cpu"}, {"precision": "fp16"}, {"model": "b" * 64}, {"engine": "diffusers"}])
def test_takes_on_another_device_or_with_other_weights_tell_nothing(folder: Path, other: dict[str, Any]) -> None:
    paid(folder, 400 * MIB, **other)
    assert "not measured yet" in told(folder)["memory fake"][1]


def test_takes_that_were_not_measured_and_those_of_another_genga_are_left_out(folder: Path) -> None:
    paid(folder, 0)
    assert "not measured yet" in told(folder)["memory fake"][1]
    production = open_production(folder)
    event = next(e for _, _, e in production.ledger.lines() if e)
    body = {**event["body"], "field_of_tomorrow": 1}
    production.ledger.append(TakeEvent(show="show", unit="01.x", recipe="c" * 64, body=body, artifact="a" * 64, stage="keyframe",
                                       seconds=1.0, device="cuda:0", peak_bytes=GIB))
    assert "not measured yet" in told(folder)["memory fake"][1]


def test_motion_is_told_for_a_gap_as_long_as_its_window(folder: Path) -> None:
    assert told(folder)["memory fake motion"][1] == "not measured yet at 72x64, 16 frames; 8.0 GiB free"
    production = open_production(folder)
    recipe = InbetweenRecipe(engine="fake", contract=1, first="a" * 64, last="b" * 64, frames=16, width=72, height=64)
    production.ledger.append(TakeEvent(
        show="show", unit="01.s1.k1", recipe=recipe.digest(), body=recipe.model_dump(mode="json"), artifact="a" * 64,
        stage="inbetween", seconds=1.0, device="cuda:0", peak_bytes=9 * GIB))
    fits, words, remedy = told(folder)["memory fake motion"]
    assert not fits and words.startswith("about 9.0 GiB at 72x64, 16 frames (measured on 1 take)")
    assert "'motion.window'" in remedy


def test_a_look_whose_weights_are_missing_is_no_finding_of_its_own(folder: Path) -> None:
    (folder / "models" / "tiny.safetensors").unlink()
    fits, words, _ = told(folder)["memory fake"]
    assert fits and words.startswith("cannot be told: ")


def test_takes_that_were_really_made_here_are_measured(folder: Path) -> None:
    make_film(folder)
    found = {f.name: f.told for f in forecasts(open_production(folder), "cpu", 64 * GIB)}
    assert "measured on 2 takes" in found["memory fake"] and "measured on 1 take" in found["memory fake motion"]
