"""The reference job of the field, benchmarks/reference-32f: its numbers as they stand in the recipes."""

import shutil
from pathlib import Path

import av
import pytest

from studio.plan.film_recipes import ClipRecipe, FilmRecipe, InbetweenRecipe
from studio.plan.inbetweens import inbetween_recipe, motion_of
from studio.plan.recipes import ImageRecipe
from studio.production.opening import open_production
from studio.render.engines.moving.drawing import steps_of
from studio.story.timing import shot_timing
from tests.production.filming import make_film
from tests.production.making import plan_of, states
from tests.story.making import change

JOB = Path(__file__).parents[2] / "benchmarks" / "reference-32f"
FRAMES, FPS, SIZE, STEPS, GUIDANCE, SEED = 32, 8, (512, 768), 20, 7.5, 12345


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """The show without what was made of it here, so that everything is still to do."""
    folder = tmp_path / "reference-32f"
    shutil.copytree(JOB, folder, ignore=shutil.ignore_patterns("out", "models"))
    return folder


def test_its_keyframes_have_the_size_steps_guidance_and_seed_of_the_reference_job(job: Path) -> None:
    plan = plan_of(job)
    assert set(states(plan, "keyframe").values()) == {"missing"} and plan.warnings == ()
    recipes = [step.wish.recipe for step in plan.steps if step.stage == "keyframe" and step.wish]
    assert len(recipes) == 2
    for recipe in recipes:
        assert isinstance(recipe, ImageRecipe)
        assert (recipe.width, recipe.height) == SIZE
        assert (recipe.steps, recipe.guidance, recipe.seed) == (STEPS, GUIDANCE, SEED)
        assert recipe.prompt and recipe.negative


def test_its_gap_is_32_frames_by_a_motion_adapter_that_does_all_steps(job: Path) -> None:
    production = open_production(job)
    board = production.boards("01")[0]
    wish = plan_of(job, production).step("01.reference.first", "keyframe").wish
    timing = shot_timing(board.shots[0], production.show.settings.fps, motion_of(wish.preset).fps)
    assert [gap.frames for gap in timing.gaps] == [FRAMES] and timing.hold == 1
    recipe = inbetween_recipe(production.library, wish, board.shots[0].quality, "0" * 64, "1" * 64, timing.gaps[0].frames)
    assert (recipe.engine, recipe.frames, recipe.width, recipe.height) == ("animatediff", FRAMES, *SIZE)
    assert (steps_of(recipe), recipe.guidance, recipe.seed) == (STEPS, GUIDANCE, SEED)
    assert recipe.model == wish.recipe.model and recipe.adapter == production.library.models.sha256("motion")
    assert 0 < recipe.stride < recipe.window <= 24  # the least positions that a published adapter has


def test_its_film_is_32_frames_at_8_a_second_in_h264(job: Path) -> None:
    drawn = {"engine": "fake", "fps": FPS, "finals": {"engine": "lanczos", "scale": 1}}
    change(job / "presets" / "reference-32f.yaml", engine="fake", motion=drawn)  # weights do not decide what is counted here
    make_film(job)
    plan = plan_of(job)
    gap, clip, film = (plan.step(*which).recipe for which in (
        ("01.reference.first", "inbetween"), ("01.reference", "clip"), ("01", "film", "en")))
    assert isinstance(gap, InbetweenRecipe) and isinstance(clip, ClipRecipe) and isinstance(film, FilmRecipe)
    assert gap.frames == clip.frames == clip.drawings == FRAMES and clip.hold == 1
    assert (clip.fps, clip.width, clip.height, clip.codec) == (FPS, *SIZE, "h264")
    assert film.codec == "h264"
    with av.open(str(job / "out" / "films" / "01.en.mp4")) as source:
        picture = source.streams.video[0]
        assert (picture.codec_context.name, picture.average_rate, picture.width, picture.height) == ("h264", FPS, *SIZE)
        assert sum(1 for _ in source.decode(video=0)) == FRAMES
