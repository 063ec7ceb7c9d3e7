"""Three kinds of stale, told apart: what is shown, how it is made, where it was made."""

from pathlib import Path

import pytest

from studio.plan.kinds import kinds_of
from studio.plan.reasons import CAUSES, CONTENT, EITHER, Reason, kind_of
from tests.production.making import make_all, plan_of
from tests.story.making import change, edit, write_show, write_weights


@pytest.fixture
def done(tmp_path: Path) -> Path:
    folder = write_show(tmp_path / "small")
    make_all(folder)
    return folder


def kinds(folder: Path) -> dict[str, str]:
    return {key: "+".join(found) for key, found in kinds_of(plan_of(folder)).items()}


def test_every_cause_has_a_kind_but_what_lies_upstream() -> None:
    assert {kind_of(cause) for cause in CAUSES.values() if cause != "upstream"} == {"content", "recipe"}
    assert kind_of("upstream") is None and Reason("upstream").kind is None
    assert set(CONTENT) <= {*CAUSES.values(), "prompt", "character tags"} and not set(EITHER) & set(CONTENT)


def test_words_are_content_and_what_follows_is_stale_for_the_same(done: Path) -> None:
    edit(done, "prompt: river", "prompt: river at night")
    assert kinds(done) == {"01.b panel": "content", "01.b final": "content", "01.p01 page en": "content", "01 book en": "content"}


def test_looks_seeds_and_weights_are_recipe(done: Path) -> None:
    edit(done, "prompt: river", "prompt: river\n        take: 2")
    assert kinds(done)["01.b panel"] == "recipe"
    write_weights(done / "models" / "tiny.safetensors", "model.diffusion_model.w", 9)
    assert set(kinds(done).values()) == {"recipe"} and kinds(done)["01 book en"] == "recipe"


def test_both_at_once_are_both_told_where_they_meet(done: Path) -> None:
    change(done / "presets" / "fake.yaml", version=2, guidance=6.0)
    edit(done, "prompt: river", "prompt: river at night")
    found = kinds(done)
    assert found["01.a panel"] == "recipe" and found["01.b panel"] == "content+recipe"
    assert found["01.p01 page en"] == found["01 book en"] == "content+recipe"
    assert found["01.p02 page en"] == "recipe"


@pytest.mark.parametrize(("how", "kind"), [("panel", "content"), ("preset", "recipe")])
def test_a_negative_prompt_is_of_whoever_changed_it(done: Path, how: str, kind: str) -> None:
    if how == "panel":
        edit(done, "prompt: river", "prompt: river\n        negative: boat")
    else:
        change(done / "presets" / "fake.yaml", version=2, negative="boat")
    assert kinds(done)["01.b panel"] == kind


def test_a_box_is_layout_and_a_native_size_is_the_look(done: Path) -> None:
    edit(done, "prompt: mountain", "prompt: mountain\n        box: [0, 0, 0.4, 1]")
    assert kinds(done)["01.c panel"] == "content"
    change(done / "presets" / "fake.yaml", version=2, native=128)
    assert kinds(done)["01.a panel"] == "recipe"
