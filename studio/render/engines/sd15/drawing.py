"""Drawing one batch: words, noise, denoising, decoding. Every stage has the same shape whoever is in the batch."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from studio.errors import NotANumber, OutOfMemory
from studio.plan.recipes import ImageRecipe
from studio.plan.refs import ControlRef, InitRef, LayersRef, PoseRef
from studio.render.batching import chunks, pad
from studio.render.engine import Bench, Rendered
from studio.render.engines.sd15.layering import Layers, lay
from studio.render.engines.sd15.loading import Held, Ladders
from studio.render.engines.sd15.masking import NATIVE, keep_outside
from studio.render.engines.sd15.samplers import make_scheduler
from studio.render.engines.sd15.skeleton import draw_pose
from studio.render.engines.sd15.words import Words
from studio.render.finite import DECODED_AGAIN, in_fp32, in_half, numbers
from studio.render.ladder import Footing, Ladder

if TYPE_CHECKING:
    from PIL import Image

PIPELINES = {
    (False, False, False): "StableDiffusionPipeline",
    (True, False, False): "StableDiffusionImg2ImgPipeline",
    (True, True, False): "StableDiffusionInpaintPipeline",
    (False, False, True): "StableDiffusionControlNetPipeline",
    (True, False, True): "StableDiffusionControlNetImg2ImgPipeline",
    (True, True, True): "StableDiffusionControlNetInpaintPipeline",
}
"""(first picture, mask, control) -> pipeline class in diffusers."""


@dataclass
class Easel:
    """What a batch is drawn with: the model, its VAE or another, its ControlNets, and how they are held in memory."""

    held: Held
    vae: Any
    controlnets: list[Any]
    bench: Bench
    ladders: Ladders
    relieve: Callable[[], None]
    """Frees what other models hold."""
    laid: dict[str, Layers] = field(default_factory=dict[str, Layers])
    """Init -> its layers, at the batch's size: cutting a figure out takes a while, and is asked for twice and more."""

    def draw(self, recipes: Sequence[ImageRecipe]) -> list[Rendered]:
        """Pictures in the order of `recipes`, all of one group; NotANumber is the error of those that are none."""
        held = self.held
        words = Words(held.pipe.tokenizer, held.pipe.text_encoder, recipes[0].clip_skip, held.texts, held.worn,
                      place=lambda: held.pipe.text_encoder.to(self.bench.device))
        embeddings = words.embed(text for r in recipes for text in (r.prompt, r.negative))
        # pictures with longer prompts are denoised apart: chunks of another length would change the batch's shape
        lengths = [max(embeddings[r.prompt].shape[1], embeddings[r.negative].shape[1]) for r in recipes]
        made: dict[int, Rendered] = {}
        for length in sorted(set(lengths)):
            members = [i for i, n in enumerate(lengths) if n == length]
            states = {t: words.lengthen(e, length) for t, e in embeddings.items() if e.shape[1] <= length}
            latents = self._latents([recipes[i] for i in members], states)
            made.update(zip(members, self._pictures(latents, recipes[0].batch_size), strict=True))
        return [self._repaint(recipe, made[i]) for i, recipe in enumerate(recipes)]

    def _latents(self, recipes: list[ImageRecipe], states: dict[str, Any]) -> list[Any]:
        """One (channels, height / f, width / f) per recipe, f pixels a latent, in as large batches as there is room for.

        states: embeddings (1, tokens, width) of all texts, of one length.
        """

        def attempt(footing: Footing) -> list[Any]:
            self._place(text=not footing.offload, unet=True)
            drawn: list[Any] = []
            for piece in chunks(recipes, footing.batch):
                drawn.extend(self._denoise(pad(piece, footing.batch), states)[: len(piece)])
            return drawn

        return self.ladders.denoise.climb(attempt, self.bench.ladder, self.relieve)

    def _pictures(self, latents: list[Any], batch: int) -> list[Rendered]:
        """One picture per latents; NotANumber where the values are none, even after decoding in fp32."""
        values = self._decoded(latents, batch, self.ladders.decode, self.bench)
        sound, steps = numbers(values), dict[int, tuple[str, ...]]()
        mendable = [i for i, ok in enumerate(sound) if not ok and in_half(self.vae) and all(numbers(latents[i][None]))]
        if mendable:
            with self.bench.apart() as bench, suppress(OutOfMemory):
                again = self._decoded([latents[i] for i in mendable], batch, self.ladders.decode_again, bench, in_fp32)
                for i, value, ok in zip(mendable, again, numbers(again), strict=True):
                    values[i], sound[i], steps[i] = value, ok, (DECODED_AGAIN, *bench.ladder)
        return [Rendered(_to_picture(value), ladder=steps.get(i, ())) if ok else Rendered(error=NotANumber("no picture"))
                for i, (value, ok) in enumerate(zip(values, sound, strict=True))]

    def _decoded(
        self, latents: list[Any], batch: int, ladder: Ladder[Footing], bench: Bench,
        manner: Callable[[Any], AbstractContextManager[None]] = nullcontext,
    ) -> Any:
        """Values (n, 3, height, width) of n latents, decoded as many at once as there is room for; its steps go to `bench`.

        manner: how the autoencoder computes meanwhile.
        """
        import torch

        def attempt(footing: Footing) -> Any:
            self._place(text=not footing.offload, unet=not footing.offload)
            with manner(self.vae):
                whole = torch.stack(pad(latents, batch)).to(self.vae.dtype)
                return torch.cat([self._decode(piece, footing.tiles) for piece in whole.split(footing.batch)])

        return ladder.climb(attempt, bench.ladder, self.relieve)[: len(latents)]

    def _denoise(self, batch: list[ImageRecipe], states: dict[str, Any]) -> Any:
        """Latents (batch, channels, height / f, width / f): 4 and 8 in SD 1.5 itself."""
        import torch

        first = batch[0]
        self.bench.claim("denoise", len(batch) * first.width * first.height)
        given: dict[str, Any] = {
            "prompt_embeds": torch.cat([states[r.prompt] for r in batch]),
            "num_inference_steps": first.steps, "guidance_scale": first.guidance,
            "generator": [torch.Generator("cpu").manual_seed(r.seed) for r in batch], "output_type": "latent",
        }
        if first.guidance > 1:
            given["negative_prompt_embeds"] = torch.cat([states[r.negative] for r in batch])
        given |= self._start(batch) | self._control(batch)
        if self.bench.deadline is not None:
            given["callback_on_step_end"] = _watched(self.bench, given.get("callback_on_step_end"))
        return self._pipeline(first)(**given).images

    def _start(self, batch: list[ImageRecipe]) -> dict[str, Any]:
        """What the pipeline begins with: a size, or first pictures, and what is held outside their masks."""
        first, init, seeds = batch[0], batch[0].init, [r.seed for r in batch]
        size = {"width": first.width, "height": first.height}
        if init is None:
            return size
        if isinstance(init, LayersRef):
            layers = [self._layers(r) for r in batch]
            kept = keep_outside(self.vae, [a.ground for a in layers], [a.mask for a in layers], seeds, touched=True)
            return {"image": [a.pasted for a in layers], "strength": init.strength, "callback_on_step_end": kept}
        pictures = [self._picture(r.init.image, r) for r in batch if r.init]
        given: dict[str, Any] = {"image": pictures, "strength": init.strength}
        if init.mask is None:
            return given
        masks = [self._mask(r) for r in batch]
        if self._inpaints(first):
            return {**given, "mask_image": masks, **size}
        return {**given, "callback_on_step_end": keep_outside(self.vae, pictures, masks, seeds)}

    def _inpaints(self, recipe: ImageRecipe) -> bool:
        """Whether diffusers' own pipelines with a mask draw this; they know one picture, so never layers."""
        masked = isinstance(recipe.init, InitRef) and recipe.init.mask is not None
        return masked and self.held.pipe.unet.config.in_channels in NATIVE

    def _pipeline(self, recipe: ImageRecipe) -> Any:
        pipe = self.held.pipe
        key = (recipe.init is not None, self._inpaints(recipe), bool(recipe.controls))
        parts: dict[str, Any] = {
            "vae": self.vae, "text_encoder": None, "tokenizer": None, "unet": pipe.unet, "safety_checker": None,
            "scheduler": make_scheduler(recipe.sampler, recipe.scheduler, pipe.scheduler.config),
            "feature_extractor": None, "requires_safety_checker": False,
        }
        if self.controlnets:
            parts["controlnet"] = self.controlnets if len(self.controlnets) > 1 else self.controlnets[0]
        made = getattr(import_module("diffusers"), PIPELINES[key])(**parts)
        made.set_progress_bar_config(disable=True)
        return made

    def _control(self, batch: list[ImageRecipe]) -> dict[str, Any]:
        """Control maps as tensors (batch, 3, height, width) in 0..1, one per ControlNet, with their reach."""
        import torch
        from torchvision.transforms.functional import pil_to_tensor

        controls = batch[0].controls
        if not controls:
            return {}
        maps = [
            torch.stack([pil_to_tensor(self._map(r.controls[i], r)) / 255 for r in batch])
            for i in range(len(controls))
        ]
        one = len(controls) == 1
        name = "control_image" if batch[0].init else "image"

        def each(values: list[Any]) -> Any:
            return values[0] if one else values

        return {
            name: each(maps), "controlnet_conditioning_scale": each([c.weight for c in controls]),
            "control_guidance_start": each([c.start for c in controls]),
            "control_guidance_end": each([c.end for c in controls]),
        }

    def _decode(self, latents: Any, tiles: bool) -> Any:
        """Values (batch, 3, height, width) in -1..1, in main memory; the VAE is as before afterwards."""
        vae, (count, _, height, width) = self.vae, latents.shape
        latents = latents / vae.config.scaling_factor
        pixels = 2 ** (len(vae.config.block_out_channels) - 1)  # to a latent, along each side
        if not tiles:
            self.bench.claim("decode", count * height * width * pixels**2)
            return vae.decode(latents, return_dict=False)[0].float().cpu()
        side = max(8, min(height, width) // 2)
        self.bench.claim("decode", count * (pixels * side) ** 2)
        before = (vae.use_tiling, vae.tile_latent_min_size, vae.tile_sample_min_size)
        vae.use_tiling, vae.tile_latent_min_size, vae.tile_sample_min_size = True, side, side * pixels
        try:
            return vae.decode(latents, return_dict=False)[0].float().cpu()
        finally:
            vae.use_tiling, vae.tile_latent_min_size, vae.tile_sample_min_size = before

    def _repaint(self, recipe: ImageRecipe, made: Rendered) -> Rendered:
        """Outside the mask the first picture or the background stands, to the byte: the VAE would have blurred it."""
        from PIL import Image

        if made.picture is None or recipe.init is None:
            return made
        if isinstance(recipe.init, LayersRef):
            layers = self._layers(recipe)
            return replace(made, picture=Image.composite(made.picture, layers.ground, layers.mask))
        if recipe.init.mask is None:
            return made
        first = self._picture(recipe.init.image, recipe)
        return replace(made, picture=Image.composite(made.picture, first, self._mask(recipe)))

    def _layers(self, recipe: ImageRecipe) -> Layers:
        init = recipe.init
        assert isinstance(init, LayersRef)
        key = init.canonical()
        if key not in self.laid:
            figure, ground = self._picture(init.image, recipe), self._picture(init.ground, recipe)
            self.laid[key] = lay(figure, ground, self._mask(recipe) if init.mask else None, init.feather)
        return self.laid[key]

    def _map(self, control: ControlRef | PoseRef, recipe: ImageRecipe) -> "Image.Image":
        if isinstance(control, PoseRef):
            return draw_pose(control, recipe.width, recipe.height)
        return self._picture(control.image, recipe)

    def _picture(self, sha: str, recipe: ImageRecipe) -> "Image.Image":
        from PIL import Image

        picture = self.bench.sources.picture(sha).convert("RGB")
        size = (recipe.width, recipe.height)
        return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)

    def _mask(self, recipe: ImageRecipe) -> "Image.Image":
        assert recipe.init is not None and recipe.init.mask is not None
        return self._picture(recipe.init.mask, recipe).convert("L")

    def _place(self, text: bool, unet: bool) -> None:
        """What computes now goes to the device, the rest to main memory; nothing moves that is there already."""
        pipe, device = self.held.pipe, self.bench.device
        pipe.text_encoder.to(device if text else "cpu")
        for module in (pipe.unet, *self.controlnets):
            module.to(device if unet else "cpu")
        self.vae.to(device)


def _watched(bench: Bench, then: Callable[..., dict[str, Any]] | None) -> Callable[..., dict[str, Any]]:
    """A callback after each step that looks at the clock, and then does what else is to be done."""

    def step_done(pipe: Any, number: int, step: Any, given: dict[str, Any]) -> dict[str, Any]:
        bench.in_time()
        return then(pipe, number, step, given) if then else {}

    return step_done


def _to_picture(values: Any) -> "Image.Image":
    """An RGB picture from (3, height, width) in -1..1."""
    import torch
    from PIL import Image

    bytes_ = ((values / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(bytes_.permute(1, 2, 0).numpy())
