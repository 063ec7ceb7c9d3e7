"""The `animatediff` engine: inbetweens drawn by a Stable Diffusion 1.x model with a motion adapter between its layers."""

import math
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

from studio.errors import ModelError, RenderError
from studio.plan.film_recipes import InbetweenRecipe
from studio.record import canonical_json
from studio.render.batching import refuse_kind
from studio.render.engine import Bench, Rendered, Sources
from studio.render.engines.flow import keyframe
from studio.render.engines.moving.adapters import check_adapter, check_motion_lora
from studio.render.engines.moving.control import open_control
from studio.render.engines.moving.drawing import Animator, steps_of
from studio.render.engines.moving.holding import MotionLadders, lend_moving, lend_vae, moving_key, unet_config
from studio.render.engines.sd15.loading import import_quietly
from studio.render.engines.sd15.loras import wear
from studio.render.engines.sd15.samplers import check_sampler
from studio.render.environment import settle, torch_environment
from studio.render.finite import drawn_again
from studio.render.model_cache import relieve


class AnimateDiffEngine:
    """InbetweenRecipe as video to video: optical flow's draft, drawn anew as far as the strength says, keyframes held.

    Gaps longer than a window slide over it, or carry frames from window to window, so that the device never holds more
    than one window.
    """

    name = "animatediff"
    contract = 1

    def import_libraries(self) -> None:
        """See Engine."""
        import_quietly()

    def group(self, recipe: Any) -> Hashable:
        """Everything but keyframes, words and seed. Raises RenderError for what this engine cannot do."""
        if not isinstance(recipe, InbetweenRecipe):
            raise refuse_kind(self.name, recipe, "inbetween")
        for field, what, card in (("model", "a model", recipe.model), ("adapter", "an adapter", recipe.adapter)):
            if card is None:
                raise RenderError(f"engine 'animatediff' needs {what}", field=f"motion.{field}",
                                  remedy=f"Name {what}'s card in the preset, or use engine flow")
        check_sampler(recipe.sampler, recipe.scheduler)
        _check_numbers(recipe)
        alike = recipe.model_dump(mode="json", exclude={"first", "last", "prompt", "negative", "seed"})
        if recipe.control:
            del alike["control"]["frames"]
        return canonical_json(alike)

    def batch_size(self, recipe: Any) -> int:
        """One: a gap is a batch of frames already."""
        return 1

    def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
        """Sequences of the recipe's length. Raises ModelError before anything is drawn for weights that do not go together."""
        with bench.loading():
            import_quietly()
        settle()
        return [Rendered(frames=drawn_again(lambda r: self._draw(r, bench), recipe, bench, "the sequence")) for recipe in recipes]

    def check(self, recipe: InbetweenRecipe, sources: Sources) -> None:
        """Raises ModelError for an adapter that this recipe cannot use; reads headers only."""
        _check_weights(recipe, sources)

    def environment(self, device: str) -> dict[str, str]:
        """Device, driver or threads, and all libraries' versions."""
        return torch_environment(device)

    def _draw(self, recipe: InbetweenRecipe, bench: Bench) -> Path:
        import torch

        group = self.group(recipe)
        first, last = (keyframe(recipe, which, bench.sources) for which in ("first", "last"))
        _check_weights(recipe, bench.sources)
        with torch.inference_mode():
            held = lend_moving(recipe, bench)
            vae = lend_vae(recipe, bench) if recipe.vae else held.pipe.vae
            _check_vae(recipe, vae, held.pipe.unet, bench)
            control = open_control(recipe, held.pipe.unet, bench)
            wear(held, (*recipe.loras, *recipe.motion_loras), bench)
            ladders = held.gaps.setdefault(group, MotionLadders(recipe, bench.device))
            keys: list[Hashable] = [moving_key(recipe, bench)]
            keys += [("vae", recipe.vae, recipe.precision, bench.device)] if recipe.vae else []
            keys += [("controlnet", recipe.control.model, recipe.precision, bench.device)] if recipe.control else []
            animator = Animator(recipe, held, vae, control, bench, ladders, relieve=lambda: relieve(bench.cache, keys))
            return animator.animate(first, last)


def _check_numbers(recipe: InbetweenRecipe) -> None:
    """Raises RenderError for numbers that mean nothing together."""
    for side, value in (("width", recipe.width), ("height", recipe.height)):
        if value % 8 or value < 8:
            raise RenderError(f"{value} is no multiple of 8 pixels", field=f"recipe.{side}", remedy="Round it to 8")
    if recipe.steps < 1 or not 0 < recipe.strength <= 1 or steps_of(recipe) < 1:
        raise RenderError(f"strength {recipe.strength} of {recipe.steps} steps leaves no step to do", field="recipe.strength",
                          remedy=f"Use {math.ceil(100 / max(1, recipe.steps)) / 100:.2f} .. 1, and one step or more")
    if len(recipe.motion_loras) > 2:
        raise RenderError(f"{len(recipe.motion_loras)} motion LoRAs are more than the two that go together",
                          field="recipe.motion_loras", remedy="Take all but two away")
    if recipe.window == 1 or recipe.window < 0:
        raise RenderError(f"a window of {recipe.window} frames shows no motion", field="recipe.window", remedy="Use 2 or more")
    if not 0 <= recipe.overlap <= 0.5:
        raise RenderError(f"an overlap of {recipe.overlap} is no share of a window", field="recipe.overlap", remedy="Use 0..0.5")
    if 0 < recipe.window < recipe.frames and not recipe.overlap and not 0 < recipe.stride < recipe.window:
        raise RenderError(f"windows of {recipe.window} frames share none at a stride of {recipe.stride}", field="recipe.stride",
                          remedy=f"Use 1 .. {recipe.window - 1}")
    control = recipe.control
    if control and not 0 <= control.start < control.end <= 1:
        raise RenderError(f"a control cannot act from {control.start} to {control.end}", field="recipe.control",
                          remedy="Use 0 <= start < end <= 1")


def _check_weights(recipe: InbetweenRecipe, sources: Sources) -> None:
    """Raises ModelError for an adapter or motion LoRAs that do not go with the model or the window; headers only."""
    assert recipe.model and recipe.adapter
    model, adapter = sources.model(recipe.model), sources.model(recipe.adapter)
    # without windows all frames are one
    facts = check_adapter(adapter, unet_config(model), model, recipe.window or recipe.frames)
    for lora in recipe.motion_loras:
        check_motion_lora(sources.model(lora.model), adapter, facts)


def _check_vae(recipe: InbetweenRecipe, vae: Any, unet: Any, bench: Bench) -> None:
    if recipe.vae and vae.config.latent_channels != unet.config.out_channels:
        raise ModelError(f"the VAE has {vae.config.latent_channels} latent channels, the model {unet.config.out_channels}",
                         file=bench.sources.model(recipe.vae), field="vae", remedy="Use a VAE of this model's family")
