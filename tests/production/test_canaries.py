"""Canaries: what was approved is compared with what is drawn today, and a difference says what changed."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.errors import ModelError, PresetError, StoryError
from studio.plan.canaries import STANDARD, canary_wishes, check_files
from studio.plan.vocabulary import read_vocabulary, unknown_words
from studio.production.canaries import UNEXPLAINED, Checked, approve, check
from studio.production.opening import open_production
from studio.render.engine import Rendered
from studio.render.engines.fake import FakeEngine, RaiseIfRendersEngine, RenderedAnyway
from studio.render.farm import InProcessFarm
from studio.render.renderer import Run
from tests.story.making import change, dump, write_show, write_weights

IDS = [canary.id for canary in STANDARD]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A show whose preset has approved canaries."""
    folder = write_show(tmp_path / "show")
    approve(open_production(folder), "fake", Run(trace="t"))
    return folder


def checked(folder: Path, again: bool = False, guarded: bool = False) -> Checked:
    engine = InProcessFarm(engine_of=lambda name: RaiseIfRendersEngine())
    return check(open_production(folder, (lambda: engine) if guarded else InProcessFarm), "fake", Run(), again)


def outcomes(found: Checked) -> set[str]:
    return {sight.outcome for sight in found.sights.values()}


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    found = [e for _, _, e in open_production(folder).ledger.lines() if e and e["event"] == kind]
    return sorted(found, key=lambda e: e["at"])


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another environment, as the fake engine tells it."""
    here = FakeEngine().environment("cpu")
    monkeypatch.setattr(FakeEngine, "environment", lambda self, device: {**here, "driver": "999.1"})


def draws(monkeypatch: pytest.MonkeyPatch, level: int) -> None:
    """Everything is drawn brighter by so much."""
    plain = FakeEngine._one

    def brighter(self: FakeEngine, recipe: Any, bench: Any) -> Rendered:
        picture = plain(self, recipe, bench).picture
        assert picture is not None
        return Rendered(Image.eval(picture, lambda value: min(255, value + level)))

    monkeypatch.setattr(FakeEngine, "_one", brighter)


def test_canaries_are_drawn_as_panels_are_at_the_presets_native_size_and_with_fixed_seeds(folder: Path) -> None:
    production = open_production(folder)
    wishes = canary_wishes(production.show, production.library, production.library.presets["fake"])
    assert {(w.recipe.width, w.recipe.height) for w in wishes.values()} == {(64, 64)}
    assert [w.recipe.seed for w in wishes.values()] == [canary.seed for canary in STANDARD]
    assert all(w.recipe.prompt.endswith(", ink") for w in wishes.values())
    change(folder / "show.yaml", seeds={"root": "another"})
    production = open_production(folder)
    again = canary_wishes(production.show, production.library, production.library.presets["fake"])
    assert {k: w.recipe.digest() for k, w in again.items()} == {k: w.recipe.digest() for k, w in wishes.items()}


def test_the_house_model_knows_every_word_of_the_standard_canaries() -> None:
    words = read_vocabulary(Path(__file__).parents[2] / "models" / "house")
    assert words
    assert [unknown_words(canary.prompt, words) for canary in STANDARD] == [[], [], []]


def test_nothing_changed_is_the_same_and_draws_nothing(folder: Path) -> None:
    found = checked(folder, guarded=True)
    assert list(found.sights) == IDS
    assert found.outcome == "same" and not found.alert and found.causes == ()
    assert events(folder, "canary")[-1]["rendered"] is False
    with pytest.raises(RenderedAnyway):
        checked(folder, again=True, guarded=True)


def test_again_draws_and_pays_once_more_and_the_first_take_stays_the_one_that_panels_find(folder: Path) -> None:
    first = open_production(folder).history().takes
    assert checked(folder, again=True).outcome == "same"
    assert len(events(folder, "take")) == 6 and events(folder, "canary")[-1]["rendered"] is True
    now = open_production(folder).history()
    assert now.takes == first and len(now.again) == 3 and now.redrawn["fake"]


def test_the_approval_holds_artifacts_version_and_environment(folder: Path) -> None:
    event = events(folder, "approval")[0]
    assert (event["preset"]["name"], event["preset"]["version"], event["trace"]) == ("fake", 1, "t")
    assert list(event["pictures"]) == IDS and event["said"]["guidance"] == 5.0
    for picture in event["pictures"].values():
        assert open_production(folder).artifacts.has(picture["artifact"], ".png")
        assert len(picture["environment"]) == 64 and picture["facts"]["pillow"]


def test_another_weights_file_is_a_drift_that_names_it(folder: Path) -> None:
    old = open_production(folder).library.models.sha256("tiny")[:12]
    write_weights(folder / "models" / "tiny.safetensors", "model.diffusion_model.w", 9)
    found = checked(folder)
    assert outcomes(found) == {"drift"} and found.alert
    new = open_production(folder).library.models.sha256("tiny")[:12]
    assert found.causes == (f"model file: {old} -> {new}",)
    event = events(folder, "canary")[-1]
    assert event["alert"] is True and event["causes"] == list(found.causes) and event["outcomes"] == dict.fromkeys(IDS, "drift")


def test_a_changed_preset_is_a_drift_that_tells_fields_and_versions(folder: Path) -> None:
    change(folder / "presets" / "fake.yaml", version=2, guidance=6.0, template="{characters}, {prompt}, wash")
    found = checked(folder)
    assert outcomes(found) == {"drift"}
    assert found.causes == (
        "preset fake@1 -> fake@2", "preset template: {characters}, {prompt}, ink -> {characters}, {prompt}, wash",
        "preset guidance: 5.0 -> 6.0",
    )
    approve(open_production(folder), "fake", Run())
    assert checked(folder, guarded=True).outcome == "same"


def test_a_preset_that_changed_under_its_version_is_not_drawn_and_raises_an_alert(folder: Path) -> None:
    change(folder / "presets" / "fake.yaml", guidance=6.0)
    found = checked(folder, guarded=True)
    assert found.alert and "Write 'version: 2'" in found.errors[0].render()
    assert found.causes == ("preset fake@1 -> fake@1 (without a new version)", "preset guidance: 5.0 -> 6.0")
    with pytest.raises(PresetError):
        approve(open_production(folder), "fake", Run())


def test_in_another_environment_canaries_are_really_drawn_once_and_same_pixels_are_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere(monkeypatch)
    found = checked(folder)
    assert outcomes(found) == {"same"} and len(events(folder, "take")) == 6
    both = [(sight.take, sight.approved) for sight in found.sights.values()]
    assert all(take and was and take.artifact != was.artifact for take, was in both)
    assert all(sight.reused for sight in checked(folder).sights.values())


@pytest.mark.parametrize(("level", "outcome"), [(1, "perceptual"), (60, "drift")])
def test_a_drift_of_the_environment_names_its_facts(
    folder: Path, monkeypatch: pytest.MonkeyPatch, level: int, outcome: str
) -> None:
    elsewhere(monkeypatch)
    draws(monkeypatch, level)
    found = checked(folder)
    assert outcomes(found) == {outcome} and found.alert == (outcome == "drift")
    assert found.causes == ("environment driver: - -> 999.1",)


def test_a_drift_that_nothing_explains_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draws(monkeypatch, 60)
    assert checked(folder).outcome == "same", "today's picture is kept"
    found = checked(folder, again=True)
    assert outcomes(found) == {"drift"} and found.causes == (UNEXPLAINED,)
    assert checked(folder).outcome == "drift", "the last picture drawn here is today's"


def test_another_engine_contract_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeEngine, "contract", 2)
    assert checked(folder).causes == ("engine contract: 1 -> 2",)


def test_without_an_approval_there_is_nothing_to_compare_and_no_alert(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "show")
    found = checked(folder)
    assert outcomes(found) == {"unapproved"} and not found.alert and len(events(folder, "take")) == 3
    approve(open_production(folder), "fake", Run())
    assert len(events(folder, "take")) == 3, "what was drawn is approved, not drawn again"


def test_a_canary_that_cannot_be_drawn_raises_an_alert_and_is_never_approved(folder: Path) -> None:
    (folder / "canaries").mkdir()
    dump(folder / "canaries" / "fake.yaml", {"canaries": [
        {"id": "face", "prompt": "fail!", "seed": 1}, {"id": "hero", "prompt": "smile", "characters": ["momo"], "seed": 2},
    ]})
    found = checked(folder)
    assert {name: sight.outcome for name, sight in found.sights.items()} == {"face": "failed", "hero": "unapproved"}
    assert found.alert and "asks the fake engine to fail" in found.errors[0].render()
    assert "canary 'figure' is not drawn any more" in found.causes
    with pytest.raises(Exception, match="asks the fake engine to fail"):
        approve(open_production(folder), "fake", Run())
    assert len(events(folder, "approval")) == 1


def test_missing_weights_are_an_alert_and_so_is_a_lost_approved_picture(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    production = open_production(folder)
    picture = production.history().approvals["fake"].pictures["face"]
    production.artifacts.path(picture.artifact, ".png").unlink()
    elsewhere(monkeypatch)
    found = checked(folder)
    assert found.sights["face"].outcome == "failed" and found.sights["figure"].outcome == "same"
    assert "is not kept here any more" in found.errors[0].render()
    (folder / "models" / "tiny.safetensors").unlink()
    found = checked(folder)
    assert found.alert and isinstance(found.errors[0], ModelError)


@pytest.mark.parametrize(("canaries", "told"), [
    ([{"id": "a", "prompt": "x"}], r"fake.yaml:2:.*canaries\[0\].seed: this field is required"),
    ([{"id": "a", "prompt": "x", "seed": 1, "sede": 2}], "unknown key 'sede'. Did you mean 'seed'"),
    ([{"id": "a", "prompt": "x", "seed": 1, "characters": ["mono"]}], r"unknown character 'mono'. Did you mean 'momo'"),
    ([{"id": "a", "prompt": "x", "seed": 1}] * 2, "canary 'a' stands twice"),
    ([], "at least 1"),
])
def test_a_broken_canary_file_is_told_with_its_place(folder: Path, canaries: list[Any], told: str) -> None:
    (folder / "canaries").mkdir()
    dump(folder / "canaries" / "fake.yaml", {"canaries": canaries})
    production = open_production(folder)
    with pytest.raises(StoryError, match=told):
        approve(production, "fake", Run())
    assert checked(folder).alert


def test_canaries_of_no_preset_are_told_about(folder: Path) -> None:
    (folder / "canaries").mkdir()
    dump(folder / "canaries" / "fakes.yaml", {"canaries": [{"id": "a", "prompt": "x", "seed": 1}]})
    production = open_production(folder)
    with pytest.raises(StoryError, match="no preset 'fakes'.*Did you mean 'fake'"):
        check_files(production.show, production.library)
