"""Recipes between keyframes: how a preset's motion leads from one picture to the next, and what becomes of the frames."""

from typing import Any

from studio.errors import PresetError
from studio.plan.film_recipes import FramesFinalRecipe, InbetweenRecipe, SequenceRef
from studio.plan.library import Library
from studio.plan.models import Architecture
from studio.plan.motion import Motion
from studio.plan.presets import Preset
from studio.plan.prompts import PanelWish
from studio.plan.refs import LoraRef
from studio.story.shots import Quality

DRAFT = "flow"
"""Engine of drafts: needs no weights."""
WITHOUT_WEIGHTS = ("flow", "fake")


def motion_of(preset: Preset) -> Motion:
    """How this look moves; the defaults where the preset does not say."""
    return preset.motion or Motion()


def inbetween_recipe(
    library: Library, wish: PanelWish, quality: Quality | None, first: str, last: str, frames: int,
    control: SequenceRef | None = None,
) -> InbetweenRecipe:
    """`frames` pictures from keyframe `first` to `last` (sha256), both included, in the look and words of `wish`.

    Raises PresetError or ModelError for what the preset's motion lacks.
    """
    preset, drawn, motion = wish.preset, wish.recipe, motion_of(wish.preset)
    quality = quality or motion.quality
    engine = DRAFT if quality == "draft" and motion.engine not in WITHOUT_WEIGHTS else motion.engine
    named: dict[str, Any] = {
        "engine": engine, "contract": library.contract(engine, f"{preset.name}.motion.engine"), "first": first, "last": last,
        "frames": frames, "width": drawn.width, "height": drawn.height,
    }
    if engine in WITHOUT_WEIGHTS:
        return InbetweenRecipe(**named)
    if motion.adapter is None:
        raise PresetError(f"engine '{engine}' needs a motion adapter", field=f"{preset.name}.motion.adapter",
                          remedy="Name a model card of architecture motion, or use engine flow")
    steps = max(1, drawn.steps // 2) if quality == "standard" else drawn.steps
    if steps * motion.strength < 1:
        raise PresetError(f"strength {motion.strength:g} of {steps} steps leaves no step to do",
                          field=f"{preset.name}.motion.strength", remedy=f"Use {1 / steps:.2f} or more, or engine flow")
    return InbetweenRecipe(
        **named, model=drawn.model, vae=drawn.vae, loras=drawn.loras, adapter=library.models.expect(motion.adapter, "motion"),
        motion_loras=tuple(
            LoraRef(model=library.models.expect(use.model, "motion_lora"), weight=use.weight) for use in motion.loras
        ),
        prompt=drawn.prompt, negative=drawn.negative, sampler=motion.sampler or drawn.sampler, scheduler=drawn.scheduler,
        steps=steps, guidance=drawn.guidance,
        clip_skip=drawn.clip_skip, strength=motion.strength, window=motion.window, stride=motion.stride,
        overlap=motion.overlap, seed=drawn.seed, seed_mode=motion.seed_mode, control=control, precision=preset.precision,
    )


def frames_final_recipe(library: Library, preset: Preset, frames: str, count: int) -> FramesFinalRecipe:
    """How `count` drawn frames, the sequence `frames` (sha256), become final ones."""
    up = motion_of(preset).finals
    upscaler: Architecture = "upscaler"
    return FramesFinalRecipe(
        engine=up.engine, contract=library.contract(up.engine, f"{preset.name}.motion.finals.engine"),
        model=library.models.expect(up.model, upscaler) if up.model else None, frames=frames, count=count, scale=up.scale,
        tile=up.tile, overlap=up.overlap, denoise=up.denoise, sharpen=up.sharpen, sharpen_limit=up.sharpen_limit,
        precision=preset.precision,
    )
