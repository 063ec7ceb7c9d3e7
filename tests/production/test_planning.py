"""The plan follows every change: what it touches, why, and what it costs. Real stores, fake engine."""

import hashlib
from pathlib import Path

import pytest
import yaml

from studio.errors import ModelError, PresetError
from studio.production.opening import open_production

from ..story.making import PRESET, change, edit, write_show, write_weights
from .making import make_all, plan_of, stale, states

A, B, C = "01.a", "01.b", "01.c"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


@pytest.fixture
def done(folder: Path) -> Path:
    """A show that is made up to its book."""
    assert [m.error for m in make_all(folder) if m.error] == []
    assert {s.state for s in plan_of(folder).steps} == {"fresh"}
    return folder


def preset(folder: Path, **changes: object) -> None:
    change(folder / "presets" / "fake.yaml", **{"version": 2, **changes})


def test_everything_is_missing_at_first_and_priced_by_a_stated_guess(folder: Path) -> None:
    plan = plan_of(folder)
    assert {s.state for s in plan.steps} == {"missing"}
    assert [s.stage for s in plan.steps].count("panel") == 3
    assert all(s.basis == "a guess, before any take" for s in plan.steps)
    assert plan.seconds > 0


def test_after_the_first_take_the_price_is_the_median_of_like_takes(done: Path) -> None:
    edit(done, "prompt: river", "prompt: river at night")
    step = plan_of(done).step(B, "panel")
    assert step is not None
    assert step.basis == "median of 3 like takes"
    past = sorted(t.seconds for t in open_production(done).history().takes.values() if t.stage == "panel")
    assert step.seconds == pytest.approx(past[1], rel=0.5)
    assert all(t.batch for t in open_production(done).history().takes.values() if t.stage == "panel")


def test_the_price_is_seconds_times_the_pools_rate(done: Path) -> None:
    change(done / "show.yaml", pools={"image": {"limit": 1, "usd_per_hour": 36.0}})
    edit(done, "prompt: river", "prompt: river at night")
    step = plan_of(done).step(B, "panel")
    assert step is not None
    assert step.usd == pytest.approx(step.seconds * 0.01)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"template": "{characters}, {prompt}, pencil"}, "preset template"),
        ({"sampler": "ddim"}, "sampler"),
        ({"guidance": 6.0}, "guidance"),
        ({"steps": 5}, "steps"),
        ({"native": 128}, "size"),
        ({"negative": "blurry"}, "negative prompt"),
        ({"precision": "bf16"}, "precision"),
        ({"loras": [{"model": "ink", "weight": 0.5}]}, "LoRA"),
    ],
)
def test_a_changed_preset_makes_all_its_panels_stale_and_says_why(done: Path, changes: dict[str, object], cause: str) -> None:
    preset(done, **changes)
    assert stale(plan_of(done)) == {A: [cause], B: [cause], C: [cause]}


def test_a_changed_prompt_touches_one_panel_its_page_and_the_book(done: Path) -> None:
    edit(done, "prompt: river", "prompt: river at night")
    plan = plan_of(done)
    assert stale(plan) == {B: ["prompt"]}
    assert stale(plan, "final") == {B: ["upstream"]}
    assert states(plan, "page") == {"01.p01": "stale", "01.p02": "fresh"}
    assert states(plan, "book") == {"01": "stale"}


def test_another_take_is_another_seed_and_nothing_else(done: Path) -> None:
    edit(done, "prompt: river", "prompt: river\n        take: 2")
    assert stale(plan_of(done)) == {B: ["seed"]}


def test_a_changed_model_file_is_told_from_a_changed_name(done: Path) -> None:
    write_weights(done / "models" / "tiny.safetensors", "model.diffusion_model.w", 9)
    assert stale(plan_of(done)) == {A: ["model file"], B: ["model file"], C: ["model file"]}


def test_a_changed_lora_file_touches_exactly_its_users(folder: Path) -> None:
    edit(folder, "prompt: river", "prompt: river\n        loras: [{model: ink, weight: 0.7}]")
    make_all(folder)
    write_weights(folder / "models" / "ink.safetensors", "lora_unet.w", 9)
    assert stale(plan_of(folder)) == {B: ["LoRA file"]}


def test_a_balloons_words_letter_their_page_again_and_render_nothing(done: Path) -> None:
    edit(done, "- text: Hello!", "- text: Good morning!")
    plan = plan_of(done)
    assert set(states(plan, "panel").values()) == set(states(plan, "final").values()) == {"fresh"}
    assert stale(plan, "page") == {"01.p01": ["balloons or layout"]}


def test_a_panel_in_the_middle_is_one_missing_panel(done: Path) -> None:
    edit(done, "      - id: c\n", "      - id: new\n        prompt: cloud\n        box: [0, 0, 1, 0.4]\n      - id: c\n")
    edit(done, "prompt: mountain", "prompt: mountain\n        box: [0, 0.4, 1, 0.6]")
    before = {s.unit: s.recipe for s in plan_of(done).steps if s.stage == "panel"}
    assert before["01.new"] is not None
    assert states(plan_of(done), "panel")["01.new"] == "missing"
    assert {u: s for u, s in states(plan_of(done), "panel").items() if u in (A, B)} == {A: "fresh", B: "fresh"}


def test_what_goes_back_to_what_it_was_is_found_and_costs_nothing(done: Path) -> None:
    edit(done, "prompt: river", "prompt: river at night")
    make_all(done)
    edit(done, "prompt: river at night", "prompt: river")
    plan = plan_of(done)
    assert [s.basis for s in plan.steps if s.todo and s.stage in ("panel", "final")] == ["found in the store"] * 2
    takes = len(open_production(done).history().takes)
    make_all(done)
    assert len(open_production(done).history().takes) == takes
    assert plan_of(done).done


def test_a_picture_that_was_deleted_is_missing_whatever_the_ledger_says(done: Path) -> None:
    production = open_production(done)
    step = plan_of(done).step(C, "panel")
    assert step is not None
    assert step.artifact
    production.artifacts.path(step.artifact, ".png").unlink()
    assert states(plan_of(done), "panel") == {A: "fresh", B: "fresh", C: "missing"}


@pytest.mark.parametrize(
    ("old", "new", "field", "finding", "remedy"),
    [
        ("prompt: river", "prompt: river\n        override: {guidance: 9}", "override.guidance", "out of bounds", "inside"),
        ("prompt: river", "prompt: river\n        override: {guidance: high}", "override.guidance", "not a number", "number"),
        ("prompt: river", "prompt: river\n        override: {steps: 9}", "override.steps", "does not open 'steps'",
         "Open here: guidance, sampler"),
        ("prompt: river", "prompt: river\n        override: {sampler: lcm}", "override.sampler", "not open", "euler, ddim"),
        ("prompt: river", "prompt: river\n        preset: fakes", "preset", "unknown preset 'fakes'", "Did you mean 'fake'?"),
        ("prompt: river", "prompt: river\n        loras: [{model: other, weight: 1}]", "loras", "not on the allow-list",
         "Allowed: ink"),
    ],
)
def test_what_a_preset_does_not_allow_blocks_one_panel_and_names_its_line(
    folder: Path, old: str, new: str, field: str, finding: str, remedy: str
) -> None:
    edit(folder, old, new)
    plan = plan_of(folder)
    step = plan.step(B, "panel")
    assert step is not None
    assert states(plan, "panel") == {A: "missing", B: "blocked", C: "missing"}
    assert isinstance(step.error, PresetError)
    assert step.error.file == str(folder / "storyboards" / "01.yaml")
    assert step.error.line == 13
    assert step.error.field == f"pages[0].panels[1].{field}"
    assert finding in step.error.message
    assert remedy in (step.error.remedy or "")
    assert states(plan, "page")["01.p01"] == "blocked"
    assert states(plan, "page")["01.p02"] == "missing"


def test_overrides_inside_the_bounds_are_shown_as_a_diff_and_recorded(folder: Path) -> None:
    edit(folder, "prompt: river", "prompt: river\n        override: {guidance: 6.5, sampler: ddim}")
    step = plan_of(folder).step(B, "panel")
    assert step is not None
    assert step.to_json()["overrides"] == ["guidance: 5.0 -> 6.5", "sampler: euler -> ddim"]
    make_all(folder)
    lines = [e for _, _, e in open_production(folder).ledger.lines() if e and e["event"] == "take" and e["unit"] == B]
    assert lines[0]["overrides"] == [
        {"field": "guidance", "was": 5.0, "now": 6.5}, {"field": "sampler", "was": "euler", "now": "ddim"},
    ]


def test_a_preset_that_changed_under_its_version_is_an_error_that_says_so(done: Path) -> None:
    preset(done, version=1, guidance=6.0)
    production = open_production(done)
    with pytest.raises(PresetError, match="still version 1") as caught:
        production.check_versions(production.history())
    assert caught.value.file == str(done / "presets" / "fake.yaml")
    assert caught.value.field == "version"
    assert "version: 2" in (caught.value.remedy or "")


def test_nothing_is_rendered_with_a_preset_that_changed_under_its_version(done: Path) -> None:
    preset(done, version=1, guidance=6.0)
    made = make_all(done)
    assert {m.step.unit for m in made if isinstance(m.error, PresetError)} == {A, B, C}
    assert len([t for t in open_production(done).history().takes.values() if t.stage == "panel"]) == 3
    preset(done, version=2, guidance=6.0)
    make_all(done)
    assert plan_of(done).done


def test_a_preset_with_only_a_comment_changed_is_the_same_preset(done: Path) -> None:
    file = done / "presets" / "fake.yaml"
    file.write_text("# a remark\n" + yaml.safe_dump(PRESET))
    production = open_production(done)
    production.check_versions(production.history())
    assert plan_of(done).done


def blocked_by_model(folder: Path) -> ModelError:
    step = plan_of(folder).step(A, "panel")
    assert step is not None
    assert step.state == "blocked"
    assert isinstance(step.error, ModelError)
    assert step.error.remedy
    return step.error


@pytest.mark.parametrize(
    ("card", "field", "finding"),
    [
        ({"file": "gone.safetensors"}, "models.tiny.file", "'gone.safetensors' is missing"),
        ({"file": "model.ckpt"}, "models.tiny.file", "pickle"),
        ({"file": "../../etc/passwd"}, "models.tiny.file", "outside the models folders"),
        ({"file": "tiny.safetensors", "sha256": "0" * 64}, "models.tiny.sha256", "its card says"),
        ({"file": "ink.safetensors"}, "architecture", "no SD 1.x checkpoint"),
    ],
)
def test_a_wrong_model_card_blocks_its_panels(folder: Path, card: dict[str, str], field: str, finding: str) -> None:
    models = yaml.safe_load((folder / "models.yaml").read_text())["models"]
    models["tiny"] = {"architecture": "sd15", **card}
    change(folder / "models.yaml", models=models)
    error = blocked_by_model(folder)
    assert error.file
    assert error.field == field
    assert finding in error.message


def test_an_sdxl_file_is_told_from_sd15(folder: Path) -> None:
    write_weights(folder / "models" / "tiny.safetensors", "conditioner.embedders.1.w")
    assert "SDXL" in blocked_by_model(folder).message


def test_a_truncated_model_file_is_named(folder: Path) -> None:
    file = folder / "models" / "tiny.safetensors"
    file.write_bytes(file.read_bytes()[:-8])
    error = blocked_by_model(folder)
    assert error.file == str(file)
    assert "truncated" in error.message


@pytest.mark.parametrize("damage", ["truncated", "altered"])
def test_a_damaged_file_is_named_with_expected_and_found_sha256_where_the_folder_has_sums(folder: Path, damage: str) -> None:
    file = folder / "models" / "tiny.safetensors"
    whole = file.read_bytes()
    expected = hashlib.sha256(whole).hexdigest()
    (folder / "models" / "SHA256SUMS").write_text(f"{expected}  tiny.safetensors\n{'0' * 64}  elsewhere.safetensors\n")
    assert plan_of(folder).counts()["blocked"] == 0
    file.write_bytes(whole[:-8] if damage == "truncated" else whole[:-1] + b"!")
    error = blocked_by_model(folder)
    assert error.file == str(file)
    assert f"expected sha256 {expected}, found {hashlib.sha256(file.read_bytes()).hexdigest()}" in error.message


def test_a_broken_line_of_sha256sums_is_named(folder: Path) -> None:
    (folder / "models" / "SHA256SUMS").write_text("what is this\n")
    error = blocked_by_model(folder)
    assert (error.file, error.line) == (str(folder / "models" / "SHA256SUMS"), 1)


def test_an_unknown_model_suggests_the_nearest(folder: Path) -> None:
    preset(folder, model="tinny")
    error = blocked_by_model(folder)
    assert "unknown model 'tinny'" in error.message
    assert "Did you mean 'tiny'?" in (error.remedy or "")
