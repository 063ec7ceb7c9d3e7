"""The `diffusers` engine: the Stable Diffusion 1.x class, text to picture and picture to picture."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

from studio.errors import GengaError, ModelError, NotANumber, RenderError
from studio.plan.recipes import ImageRecipe
from studio.plan.refs import LayersRef, PoseRef
from studio.record import canonical_json
from studio.render.batching import refuse_kind
from studio.render.engine import Bench, Rendered
from studio.render.engines.sd15.drawing import Easel
from studio.render.engines.sd15.loading import Held, Ladders, import_quietly, load_controlnet, load_model, load_vae
from studio.render.engines.sd15.loras import wear
from studio.render.engines.sd15.samplers import check_sampler
from studio.render.environment import settle, torch_environment
from studio.render.finite import AGAIN, never_a_number
from studio.render.model_cache import relieve


class DiffusersEngine:
    """ImageRecipe by diffusers: LoRAs, ControlNets, poses, first picture, mask, layers, prompt weights, eight samplers."""

    name = "diffusers"
    contract = 1

    def import_libraries(self) -> None:
        """See Engine."""
        import_quietly()

    def group(self, recipe: Any) -> Hashable:
        """Everything but words, seed and pictures. Raises RenderError for what this engine cannot do."""
        if not isinstance(recipe, ImageRecipe):
            raise refuse_kind(self.name, recipe, "image")
        check_sampler(recipe.sampler, recipe.scheduler)
        _check_numbers(recipe)
        return recipe.alike()

    def batch_size(self, recipe: Any) -> int:
        """The recipe's own."""
        return recipe.batch_size

    def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
        """One batch of one group, padded to its batch size; what overflows in half precision is drawn again in fp32."""
        made = self._draw(recipes, bench)
        broken = [i for i, m in enumerate(made) if isinstance(m.error, NotANumber)]
        if broken:
            again = self._draw_again([recipes[i] for i in broken], bench)
            made = [again.pop(0) if i in broken else m for i, m in enumerate(made)]
        return made

    def _draw(self, recipes: Sequence[ImageRecipe], bench: Bench) -> list[Rendered]:
        """One batch, in its own precision."""
        first = recipes[0]
        group = self.group(first)
        with bench.loading():
            import_quietly()
        settle()
        import torch

        with torch.inference_mode():
            held = _lend(first.model, "model", load_model, first, bench)
            vae = _lend(first.vae, "vae", load_vae, first, bench) if first.vae else held.pipe.vae
            controlnets = [_lend(c.model, "controlnet", load_controlnet, first, bench) for c in first.controls]
            _check_fit(held, vae, controlnets, bench, first)
            wear(held, first.loras, bench)
            ladders = held.ladders.setdefault(group, Ladders(first.batch_size, bench.device))
            keys = [_key(sha, part, first, bench) for sha, part in _weights(first)]
            easel = Easel(held, vae, controlnets, bench, ladders, relieve=lambda: relieve(bench.cache, keys))
            return easel.draw(recipes)

    def _draw_again(self, recipes: Sequence[ImageRecipe], bench: Bench) -> list[Rendered]:
        """What came out as not-a-number, once more with all weights in fp32, as if the recipes asked for that.

        So their bytes are those of their fp32 twins, whoever else was in the batch.
        """
        weights, made = bench.sources.model(recipes[0].model), [Rendered()] * len(recipes)
        if recipes[0].precision != "fp32":
            with bench.apart() as own:
                try:
                    made = self._draw([r.model_copy(update={"precision": "fp32"}) for r in recipes], own)
                except GengaError as exc:
                    made = [Rendered(error=exc)] * len(recipes)
                made = [replace(m, ladder=(AGAIN, *own.ladder, *m.ladder)) for m in made]
        return [m if m.picture else replace(m, error=never_a_number("the picture", r.precision, weights, m.error))
                for r, m in zip(recipes, made, strict=True)]

    def environment(self, device: str) -> dict[str, str]:
        """Device, driver or threads, and all libraries' versions."""
        return torch_environment(device)


def _check_numbers(recipe: ImageRecipe) -> None:
    for side, value in (("width", recipe.width), ("height", recipe.height)):
        if value % 8 or value < 8:
            raise RenderError(f"{value} is no multiple of 8 pixels", field=f"recipe.{side}", remedy="Round it to 8")
    if recipe.steps < 1:
        raise RenderError("a picture needs at least one step", field="recipe.steps", remedy="Use 1 or more")
    init = recipe.init
    if init and not (0 < init.strength <= 1 and int(recipe.steps * init.strength) >= 1):
        raise RenderError(f"strength {init.strength} of {recipe.steps} steps leaves no step to do",
                          field="recipe.init.strength", remedy=f"Use {1 / recipe.steps:.2f} .. 1")
    if isinstance(init, LayersRef) and init.feather < 0:
        raise RenderError(f"a mask's edge cannot run out over {init.feather} pixels", field="recipe.init.feather",
                          remedy="Use 0 or more")
    for i, control in enumerate(recipe.controls):
        if isinstance(control, PoseRef) and not any(control.figures):
            raise RenderError("a pose without joints says nothing", field=f"recipe.controls.{i}.figures",
                              remedy="Give one figure at least, with one joint at least")
        if not 0 <= control.start < control.end <= 1:
            raise RenderError(f"a control cannot act from {control.start} to {control.end}",
                              field=f"recipe.controls.{i}", remedy="Use 0 <= start < end <= 1")


def _weights(recipe: ImageRecipe) -> list[tuple[str, str]]:
    """(sha256, part) of all weights but LoRAs."""
    vae = [(recipe.vae, "vae")] if recipe.vae else []
    return [(recipe.model, "model"), *vae, *((c.model, "controlnet") for c in recipe.controls)]


def _key(sha: str, part: str, recipe: ImageRecipe, bench: Bench) -> Hashable:
    return (part, sha, recipe.precision, bench.device)


def _lend(sha: str, part: str, load: Any, recipe: ImageRecipe, bench: Bench) -> Any:
    return bench.lend(_key(sha, part, recipe, bench), lambda path: load(path, recipe.precision, bench.device), sha)


def _check_fit(held: Held, vae: Any, controlnets: list[Any], bench: Bench, recipe: ImageRecipe) -> None:
    """Raises ModelError for parts that cannot work on this model; diffusers would fail deep inside."""
    unet = held.pipe.unet.config
    if vae.config.latent_channels != unet.out_channels:
        raise ModelError(f"the VAE has {vae.config.latent_channels} latent channels, the model {unet.out_channels}",
                         file=bench.sources.model(recipe.vae or recipe.model), field="vae",
                         remedy="Use a VAE of this model's family")
    if isinstance(recipe.init, LayersRef) and unet.in_channels != unet.out_channels:
        raise ModelError(f"layers cannot be joined by an inpainting model: its UNet takes {unet.in_channels} channels, "
                         f"a drawing one {unet.out_channels}", file=bench.sources.model(recipe.model), field="recipe.init",
                         remedy="Use a model that draws whole pictures")
    for control, net in zip(recipe.controls, controlnets, strict=True):
        for field in ("cross_attention_dim", "block_out_channels", "layers_per_block"):
            here, wanted = (canonical_json(getattr(config, field)) for config in (net.config, unet))
            if here != wanted:
                raise ModelError(f"the ControlNet's {field} is {here}, the model's is {wanted}",
                                 file=bench.sources.model(control.model), field="controls",
                                 remedy="Use a ControlNet that was trained for this model's architecture")
