"""What needs the whole painter: pictures from the shipped weights, judged."""

from pathlib import Path

import numpy as np
import pytest
from diffusers import ControlNetModel, StableDiffusionControlNetPipeline
from PIL import Image

from house import shelf
from house.draw.clips import clip_scene
from house.draw.looks import CHARACTER, character_scene
from house.draw.picture import line_art
from house.draw.scene import sample
from house.measure.figures import share
from house.measure.lines import above_chance, uncomposed
from house.measure.movement import open_moving, paint_clip
from house.measure.painter import agreement, prompt_scenes
from house.measure.sampling import generate, open_pipeline
from house.train.judge import load_judge, shown, verdicts
from house.train.lora import FIXED_TAGS

MODELS = Path(__file__).parents[2] / "models"


@pytest.fixture(scope="module")
def pipeline():
    """The house pipeline, opened once."""
    return open_pipeline(MODELS)


def test_pictures_show_what_their_prompts_say(pipeline) -> None:
    scenes = prompt_scenes(12)
    made = generate(pipeline, [scene.caption() for scene in scenes], range(12))
    hits = agreement(load_judge(MODELS), scenes, made)
    assert share([hit for each in hits.values() for hit in each]) >= 85


def test_the_controlnet_gives_the_lines_that_the_prompt_leaves_open(pipeline) -> None:
    scenes = [sample(70_000 + number, count=1, style="cel shading") for number in range(6)]
    maps = np.stack([line_art(scene, 128) for scene in scenes])
    model = ControlNetModel.from_pretrained(shelf.control(MODELS), dtype=pipeline.dtype)
    led = StableDiffusionControlNetPipeline(**pipeline.components, controlnet=model, requires_safety_checker=False)
    led.set_progress_bar_config(disable=True)
    images = [Image.fromarray(np.repeat(drawn[..., None], 3, -1)) for drawn in maps]
    assert above_chance(generate(led, [uncomposed(scene) for scene in scenes], range(6), image=images), maps) >= 0.15


def test_the_motion_adapter_moves_a_character_that_stays_itself(pipeline) -> None:
    moving = open_moving(pipeline, MODELS)
    scene = clip_scene(90_000)[0]
    frames = paint_clip(moving, scene.caption(), 1, frames=8, steps=10)
    change = np.abs(np.diff(frames.astype(np.float32), axis=0)).mean()
    other = np.abs(frames[0].astype(np.float32) - paint_clip(moving, scene.caption(), 2, frames=1, steps=10)[0]).mean()
    assert 0.1 < change < 0.7 * other
    found = verdicts(load_judge(MODELS), frames)["hair colour"]
    assert share(found == shown(scene)["hair colour"]) >= 75


def test_the_character_s_name_calls_up_her_look_and_only_with_her_lora() -> None:
    scenes = [character_scene(95_000 + number) for number in range(6)]
    prompts = [", ".join([CHARACTER, *(tag for tag in scene.tags() if tag not in FIXED_TAGS)]) for scene in scenes]
    own = open_pipeline(MODELS)
    judge = load_judge(MODELS)

    def held() -> float:
        hits = agreement(judge, scenes, generate(own, prompts, range(6)))
        return share([hit for name in ("hair colour", "outfit") for hit in hits[name]])

    assert held() < 60
    own.load_lora_weights(shelf.lora(MODELS, CHARACTER))
    assert held() >= 90
