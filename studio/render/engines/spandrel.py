"""The `spandrel` engine: enlarging by any upscaler that spandrel knows, in overlapping tiles without seams."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import ModelError, RenderError
from studio.plan.models import check_weights
from studio.plan.recipes import UpscaleRecipe
from studio.render.batching import refuse_kind
from studio.render.engine import Bench, Rendered
from studio.render.engines.sd15.loading import refuse_pickle, torch_dtype
from studio.render.environment import settle, torch_environment
from studio.render.ladder import Ladder, Rung
from studio.render.model_cache import relieve

if TYPE_CHECKING:
    from PIL import Image

SMALLEST = 64
"""Pixels; below this a tile is mostly border."""


@dataclass
class Enlarger:
    """One upscaler in memory."""

    descriptor: Any
    """spandrel's ImageModelDescriptor: takes (1, channels, H, W) in 0..1, gives (1, channels, H scale, W scale)."""
    ladders: dict[Hashable, Ladder[int]] = field(default_factory=dict)
    """By tile size asked for: which smaller one held."""

    @property
    def modules(self) -> tuple[Any, ...]:
        """The network."""
        return (self.descriptor.model,)


class SpandrelEngine:
    """UpscaleRecipe by the network in `recipe.model`; where its own scale is another, Lanczos does the rest."""

    name = "spandrel"
    contract = 1

    def group(self, recipe: Any) -> Hashable:
        """Weights and tiling. Raises RenderError for other recipes, no model, or an overlap that fills the tile."""
        if not isinstance(recipe, UpscaleRecipe):
            raise refuse_kind(self.name, recipe, "upscale")
        if recipe.model is None:
            raise RenderError("engine 'spandrel' needs a model", field="upscale.model",
                              remedy="Name an upscaler's card in the preset, or use engine lanczos")
        if recipe.tile < 1 or not 0 <= recipe.overlap * 2 < recipe.tile:
            raise RenderError(f"an overlap of {recipe.overlap} does not fit a tile of {recipe.tile}",
                              field="upscale.overlap", remedy=f"Use 0 .. {max(0, (recipe.tile - 1) // 2)}")
        return (recipe.model, recipe.scale, recipe.tile, recipe.overlap, recipe.precision)

    def batch_size(self, recipe: Any) -> int:
        """One: pictures differ in size."""
        return 1

    def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
        """Pictures of scale times the size of their source."""
        return [Rendered(self._one(recipe, bench)) for recipe in recipes]

    def environment(self, device: str) -> dict[str, str]:
        """Device, driver or threads, and all libraries' versions."""
        return torch_environment(device)

    def _one(self, recipe: UpscaleRecipe, bench: Bench) -> "Image.Image":
        from PIL import Image

        self.group(recipe)
        assert recipe.model is not None
        settle()
        path = bench.sources.model(recipe.model)
        key = ("upscaler", recipe.model, recipe.precision, bench.device)
        held = bench.lend(key, lambda: load_enlarger(path, recipe.precision, bench.device), path)
        picture = bench.sources.picture(recipe.image).convert("RGB")
        ladder = held.ladders.setdefault((recipe.tile, recipe.overlap), Ladder(tile_rungs(recipe.tile, recipe.overlap)))

        def attempt(tile: int) -> Image.Image:
            return enlarge_tiled(picture, held.descriptor, tile, recipe.overlap, bench)

        drawn = ladder.climb(attempt, bench.ladder, lambda: relieve(bench.cache, [key]))
        size = (picture.width * recipe.scale, picture.height * recipe.scale)
        return drawn if drawn.size == size else drawn.resize(size, Image.Resampling.LANCZOS)


def tile_rungs(tile: int, overlap: int) -> list[Rung[int]]:
    """The ladder of an upscale: tiles of half the side, again and again."""
    rungs = [Rung("", tile)]
    while tile // 2 >= max(SMALLEST, overlap * 2 + 1):
        tile //= 2
        rungs.append(Rung(f"tile-{tile}", tile))
    return rungs


def load_enlarger(path: Path, precision: str, device: str) -> Enlarger:
    """The upscaler at `path`. Raises ModelError for a pickle, a broken file, or one that is no upscaler."""
    library: Any = import_module("spandrel")
    refuse_pickle(path)
    check_weights(path, "upscaler")
    try:
        descriptor = library.ModelLoader(device=device).load_from_file(path)
    except (MemoryError, ModelError):
        raise
    except Exception as exc:
        raise ModelError(f"spandrel knows no model like this ({type(exc).__name__}: {exc})", file=path,
                         field="architecture", remedy="Use an upscaler that spandrel supports") from exc
    if not isinstance(descriptor, library.ImageModelDescriptor) or descriptor.input_channels not in (1, 3):
        raise ModelError(f"this is {descriptor.architecture.name}, which does not enlarge colour or grey pictures",
                         file=path, field="architecture", remedy="Use a super-resolution model")
    if (precision == "fp16" and not descriptor.supports_half) or (
        precision == "bf16" and not descriptor.supports_bfloat16
    ):
        raise ModelError(f"{descriptor.architecture.name} cannot compute in {precision}", file=path,
                         field="precision", remedy="Use precision fp32 for this upscaler")
    descriptor.model.eval()
    return Enlarger(descriptor.to(torch_dtype(precision)))


def enlarge_tiled(picture: "Image.Image", descriptor: Any, tile: int, overlap: int, bench: Bench) -> "Image.Image":
    """`picture` (RGB) at the network's own scale.

    Neighbouring tiles share `overlap` input pixels and fade into each other there, weights summing to one. All tiles
    have one size (the last of a row starts earlier), so the network always sees one shape.
    """
    import torch
    from PIL import Image
    from torchvision.transforms.functional import pil_to_tensor

    scale, grey = descriptor.scale, descriptor.input_channels == 1
    source = pil_to_tensor(picture.convert("L") if grey else picture).float()[None] / 255
    height, width = source.shape[2:]
    drawn = torch.zeros(descriptor.output_channels, height * scale, width * scale)
    weights = torch.zeros(1, height * scale, width * scale)
    with torch.inference_mode():
        for top, bottom in spans(height, tile, overlap):
            for left, right in spans(width, tile, overlap):
                bench.claim("decode", (bottom - top) * (right - left) * scale * scale)
                piece = source[:, :, top:bottom, left:right].to(bench.device, descriptor.dtype)
                out = descriptor(piece)[0].float().cpu()
                fade = _fade(top, bottom, height, overlap, scale)[:, None] * _fade(left, right, width, overlap, scale)
                area = (slice(None), slice(top * scale, bottom * scale), slice(left * scale, right * scale))
                drawn[area] += out * fade
                weights[area] += fade
    values = drawn / weights
    if not torch.isfinite(values).all():
        raise RenderError("the enlarged picture came out as not-a-number", field="recipe.precision",
                          remedy="Use precision fp32 in the preset's upscale")
    bytes_ = (values.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).squeeze(2).numpy()
    return Image.fromarray(bytes_).convert("RGB")


def spans(length: int, tile: int, overlap: int) -> Iterator[tuple[int, int]]:
    """(start, end) of tiles along one side: all `tile` long, at least `overlap` shared, nothing left out."""
    start = 0
    while start + tile < length:
        yield start, start + tile
        start += tile - overlap
    yield max(0, length - tile), length


def _fade(start: int, end: int, length: int, overlap: int, scale: int) -> Any:
    """Weights along one side of a tile: 1 inside, rising from nearly 0 over the overlap at edges inside the picture."""
    import torch

    weight = torch.ones((end - start) * scale)
    n = overlap * scale
    ramp = torch.arange(1, n + 1) / (n + 1)
    if start > 0 and n:
        weight[:n] = ramp
    if end < length and n:
        weight[-n:] = ramp.flip(0)
    return weight
