"""What keyframes are made from: a background drawn once, figures drawn apart, depth frames that lay a shot out."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from studio.errors import GengaError
from studio.plan.film_recipes import InbetweenRecipe
from studio.plan.recipes import ImageRecipe
from studio.plan.refs import LayersRef, PoseRef
from studio.production.opening import open_production
from studio.production.shots import make_keyframes
from studio.render.renderer import Run
from studio.store.frames import read_frames, write_frames
from tests.story.filming import PICTURE, keyframe, shot, write_film_show, write_shots
from tests.story.making import PRESET, change, dump, write_weights

from .filming import make_film, takes
from .making import plan_of, states

BEACH = {"id": "beach", "prompt": "beach, no humans"}
SIZE = (PICTURE["width"], PICTURE["height"])


def split(*keyframes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A shot whose background is drawn apart."""
    return shot("s1", keyframes=list(keyframes) or [keyframe("k1"), keyframe("k2")], background={**BEACH, **more})


def write_depths(folder: Path, count: int, size: tuple[int, int] = SIZE) -> Path:
    """Depth frames of a near wall that comes in from the left."""
    folder.mkdir(parents=True)
    for number in range(count):
        depth = np.full((size[1], size[0]), 60, np.uint8)
        depth[:, : 40 + 4 * number] = 200
        Image.fromarray(depth).save(folder / f"{number:04d}.png")
    return folder


def laid_out(folder: Path, frames: str = "depth", **more: Any) -> Path:
    """A show whose shot has a blockout, with a ControlNet on its shelf and the engine that would read it."""
    write_film_show(folder, shot("s1", keyframes=[keyframe("k1"), keyframe("k2"), keyframe("k3")],
                                 blockout={"model": "control", "frames": frames, **more}))
    write_weights(folder / "models" / "control.safetensors", "controlnet_cond_embedding.conv_in.weight")
    models = yaml.safe_load((folder / "models.yaml").read_text())["models"]
    change(folder / "models.yaml", models={**models, "control": {"file": "control.safetensors", "architecture": "controlnet"}})
    return folder


def test_a_background_is_drawn_once_and_joined_with_every_figure(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", split())
    assert [m.error for m in make_film(folder) if m.error] == []
    assert takes(folder)[:5] == [
        ("background", "01.s1.beach"), ("figure", "01.s1.k1"), ("figure", "01.s1.k2"),
        ("keyframe", "01.s1.k1"), ("keyframe", "01.s1.k2"),
    ]
    plan = plan_of(folder)
    ground = plan.step("01.s1.beach", "background")
    for name in ("k1", "k2"):
        joined, figure = plan.step(f"01.s1.{name}", "keyframe").recipe, plan.step(f"01.s1.{name}", "figure")
        assert isinstance(joined.init, LayersRef)
        assert (joined.init.image, joined.init.ground) == (figure.artifact, ground.artifact)
        assert "simple background" in figure.recipe.prompt and "beach" not in figure.recipe.prompt
        assert "beach" in joined.prompt and "simple background" not in joined.prompt
    assert plan.done and all(m.reused for m in make_film(folder))


def test_a_changed_figure_draws_no_background_and_a_changed_background_no_figure(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", split())
    make_film(folder)
    before = len(takes(folder))
    write_shots(folder, split(keyframe("k1", take=2), keyframe("k2")))
    assert states(plan_of(folder), "background") == {"01.s1.beach": "fresh"}
    make_film(folder)
    drawn = [made for made in takes(folder)[before:] if made[0] in ("background", "figure", "keyframe")]
    assert drawn == [("figure", "01.s1.k1"), ("keyframe", "01.s1.k1")]
    before = len(takes(folder))
    write_shots(folder, split(keyframe("k1", take=2), keyframe("k2"), take=2))
    make_film(folder)
    drawn = [made for made in takes(folder)[before:] if made[0] in ("background", "figure", "keyframe")]
    assert drawn == [("background", "01.s1.beach"), ("keyframe", "01.s1.k1"), ("keyframe", "01.s1.k2")]


def test_figures_are_drawn_over_figures_and_a_mask_of_one_s_own_is_named(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show")
    Image.new("L", SIZE, 255).save(folder / "mask.png")
    write_shots(folder, split(keyframe("k1", mask="mask.png"), keyframe("k2", from_previous=0.4), feather=0, strength=0.5))
    assert [m.error for m in make_film(folder) if m.error] == []
    plan = plan_of(folder)
    first, second = (plan.step(f"01.s1.{name}", "keyframe").recipe for name in ("k1", "k2"))
    assert second.init.mask is None and (second.init.feather, second.init.strength) == (0, 0.5)
    assert first.init.mask == open_production(folder).library.files.digest(folder / "mask.png")
    over = plan.step("01.s1.k2", "figure").recipe.init
    assert (over.image, over.strength) == (plan.step("01.s1.k1", "figure").artifact, 0.4)


def test_a_background_that_fails_is_the_reason_that_its_keyframes_give(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", split(prompt="fail! now"), shot("s2"))
    errors = {(m.step.stage, m.step.unit): m.error for m in make_film(folder) if m.error}
    for name in ("k1", "k2"):
        assert "asks the fake engine to fail" in errors["keyframe", f"01.s1.{name}"].message
    assert ("clip", "01.s2") in takes(folder) and not [t for t in takes(folder) if t[0] == "keyframe" and "s1" in t[1]]


def test_depth_frames_give_every_keyframe_the_map_of_its_moment(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "show")
    write_depths(folder / "depth", 8)
    assert [m.error for m in make_film(folder) if m.error] == []
    production, plan = open_production(folder), plan_of(folder)
    for name, frame in (("k1", 0), ("k2", 4), ("k3", 7)):
        (control,) = plan.step(f"01.s1.{name}", "keyframe").recipe.controls
        shown = np.asarray(production.sources.picture(control.image))
        assert shown.shape == (*plan_size(plan)[::-1], 3)
        # the frame covers the picture and is cut at both sides
        scale = max(shown.shape[1] / SIZE[0], shown.shape[0] / SIZE[1])
        wall = (40 + 4 * frame) * scale - (SIZE[0] * scale - shown.shape[1]) / 2
        assert abs(np.count_nonzero(shown[0, :, 0] > 128) - wall) <= 1
    paid = takes(folder)
    assert paid[0] == ("blockout", "01.s1") and all(m.reused for m in make_film(folder)) and takes(folder) == paid


def plan_size(plan: Any) -> tuple[int, int]:
    recipe = plan.step("01.s1.k1", "keyframe").recipe
    assert isinstance(recipe, ImageRecipe)
    return recipe.width, recipe.height


def test_gaps_are_drawn_with_the_maps_of_their_drawings_and_only_those_whose_frames_changed(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "show", weight=0.7)
    write_depths(folder / "depth", 8)
    make_film(folder)
    before = gaps(folder)
    assert {unit: (recipe.control.weight, recipe.frames) for unit, recipe in before.items()} == {
        "01.s1.k1": (0.7, 5), "01.s1.k2": (0.7, 4),
    }
    production = open_production(folder)
    maps = list(read_frames(production.artifacts.path(before["01.s1.k1"].control.frames, ".mkv")))
    assert len(maps) == 5 and maps[0].shape[1::-1] == plan_size(plan_of(folder))
    Image.new("L", SIZE, 90).save(folder / "depth" / "0006.png")
    make_film(folder)
    after = gaps(folder)
    assert after["01.s1.k1"] == before["01.s1.k1"] and after["01.s1.k2"] != before["01.s1.k2"]


def gaps(folder: Path) -> dict[str, InbetweenRecipe]:
    """Unit -> recipe of each gap, as it is planned for an engine with weights; it could not draw with these."""
    kept = (folder / "presets" / "fake.yaml").read_text()
    write_weights(folder / "models" / "motion.safetensors", "down_blocks.0.motion_modules.0.temporal_transformer.norm.weight")
    models = yaml.safe_load((folder / "models.yaml").read_text())["models"]
    change(folder / "models.yaml", models={**models, "motion": {"file": "motion.safetensors", "architecture": "motion"}})
    change(folder / "presets" / "fake.yaml", motion={"engine": "animatediff", "adapter": "motion", "fps": 8, "strength": 0.5})
    steps = plan_of(folder).steps
    (folder / "presets" / "fake.yaml").write_text(kept)
    return {s.unit: s.recipe for s in steps if s.stage == "inbetween" and isinstance(s.recipe, InbetweenRecipe)}


def test_a_video_of_depth_frames_does_as_well_as_a_folder(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "show", frames="depth.mkv", invert=True, read="lines")
    write_frames(folder / "depth.mkv", (np.full((SIZE[1], SIZE[0], 3), 20 * i, np.uint8) for i in range(12)), fps=12)
    assert [m.error for m in make_film(folder) if m.error] == []


@pytest.mark.parametrize(("break_it", "told"), [
    (lambda d: (d / "0003.png").write_bytes(b"no picture"), ("depth frame 4 cannot be read", "0003.png", "Render this frame")),
    (lambda d: Image.new("L", (32, 32)).save(d / "0002.png"), ("depth frame 3 is 32x32 pixels, the first 128x96", "one size")),
    (lambda d: [f.unlink() for f in d.iterdir()], ("there is no picture in 'depth'", "name a video")),
])
def test_a_broken_depth_frame_is_named_by_its_number_before_anything_is_drawn(
    tmp_path: Path, break_it: Any, told: tuple[str, ...]
) -> None:
    folder = laid_out(tmp_path / "show")
    break_it(write_depths(folder / "depth", 8))
    errors = {m.step.key: m.error for m in make_film(folder) if m.error}
    message = errors["01.s1.k1 keyframe"].render()
    assert all(word in message for word in told), message
    assert "depth" in message and not [t for t in takes(folder) if t[0] == "keyframe"]


def test_a_video_that_ends_in_the_middle_names_the_frame(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "show", frames="depth.mkv")
    noise = np.random.default_rng(1).integers(0, 255, (8, SIZE[1], SIZE[0], 3), np.uint8)
    write_frames(folder / "depth.mkv", iter(noise), fps=8)
    data = bytearray((folder / "depth.mkv").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4000] = bytes(4000)
    (folder / "depth.mkv").write_bytes(data)
    errors = {m.step.key: m.error for m in make_film(folder) if m.error}
    assert "depth frame" in errors["01.s1.k1 keyframe"].message and "depth.mkv" in errors["01.s1.k1 keyframe"].render()


def test_a_pose_is_written_as_joints_and_stands_in_the_recipe(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "show")
    pose = [{"neck": [0.5, 0.4], "nose": [0.5, 0.25]}]
    control = [{"model": "control", "pose": pose, "style": "lines", "weight": 0.8}]
    write_shots(folder, shot("s1", keyframes=[keyframe("k1", control=control), keyframe("k2")]))
    (ref,) = plan_of(folder).step("01.s1.k1", "keyframe").recipe.controls
    assert isinstance(ref, PoseRef) and ref.figures == ({"neck": (0.5, 0.4), "nose": (0.5, 0.25)},) and ref.style == "lines"


def test_only_figures_that_are_drawn_over_are_drawn_for_one_keyframe(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", split(keyframe("k1"), keyframe("k2"), keyframe("k3")))
    only(folder, "01.s1.k3")
    assert takes(folder) == [("background", "01.s1.beach"), ("figure", "01.s1.k3"), ("keyframe", "01.s1.k3")]
    write_shots(folder, split(keyframe("k1"), keyframe("k2", from_previous=0.5), keyframe("k3", from_previous=0.5, take=2)))
    before = len(takes(folder))
    only(folder, "01.s1.k3")
    assert [unit for stage, unit in takes(folder)[before:] if stage == "figure"] == ["01.s1.k1", "01.s1.k2", "01.s1.k3"]


def only(folder: Path, unit: str) -> None:
    """Draw one keyframe and what it needs."""
    production = open_production(folder)
    made = list(make_keyframes(production, production.boards("01")[0], Run(), lambda step: step.unit == unit))
    assert [m.error for m in made] == [None]


def test_a_background_may_be_drawn_at_another_size_in_a_look_of_its_own(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", split(preset="big"))
    dump(folder / "presets" / "big.yaml", {**PRESET, "name": "big", "native": 128})
    assert [m.error for m in make_film(folder) if m.error] == []


def test_a_video_that_was_cut_without_encoding_shows_what_it_shows(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "show", frames="depth.mkv")
    write_frames(folder / "depth.mkv", (np.full((SIZE[1], SIZE[0], 3), 20 * i, np.uint8) for i in range(12)), fps=12)
    data = (folder / "depth.mkv").read_bytes()
    (folder / "depth.mkv").write_bytes(data[: len(data) * 2 // 3])
    errors = [m.error for m in make_film(folder) if m.error]
    assert all(isinstance(error, GengaError) for error in errors)


def test_an_adapter_that_cannot_take_its_window_is_refused_before_keyframes_are_paid_for(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", shot("s1"), shot("s2", preset="still"))
    models = yaml.safe_load((folder / "models.yaml").read_text())["models"]
    house = {"house": {"file": "house", "architecture": "sd15"}, "motion": {"file": "house-motion", "architecture": "motion"}}
    change(folder / "models.yaml", models={**models, **house})
    motion = {"engine": "animatediff", "adapter": "motion", "fps": 8, "window": 64}
    change(folder / "presets" / "fake.yaml", model="house", motion=motion)
    dump(folder / "presets" / "still.yaml", {**PRESET, "name": "still", "motion": {"engine": "fake", "fps": 8}})
    errors = {m.step.key: m.error for m in make_film(folder) if m.error}
    assert "a window of 64 frames is longer than this v3 adapter's 32 positions" in errors["01.s1.k1 keyframe"].message
    assert {unit for stage, unit in takes(folder) if stage == "keyframe"} == {"01.s2.k1", "01.s2.k2"}
