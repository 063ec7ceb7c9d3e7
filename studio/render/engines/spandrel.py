"""The `spandrel` engine: enlarging by any upscaler that spandrel knows, in overlapping tiles without seams."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import ModelError, NotANumber, RenderError
from studio.plan.film_recipes import FramesFinalRecipe
from studio.plan.models import check_weights
from studio.plan.recipes import UpscaleRecipe
from studio.render.batching import chunks, pad, refuse_kind
from studio.render.engine import Bench, Rendered
from studio.render.engines.finishing import check_amounts, finish, kept
from studio.render.engines.sd15.loading import refuse_pickle, torch_dtype
from studio.render.environment import plain_environment, settle, torch_environment
from studio.render.finite import drawn_again, numbers
from studio.render.ladder import Ladder, Rung
from studio.render.model_cache import relieve
from studio.store.frames import read_frames

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

SMALLEST = 64
"""Pixels; below this a tile is mostly border."""
TOGETHER = 8
"""Frames that a GPU enlarges at once when one tile holds each; a processor gains little."""


@dataclass(frozen=True)
class Piece:
    """What the network sees at once."""

    tile: int
    """Longest side of the input, pixels."""
    frames: int = 1


@dataclass
class Enlarger:
    """One upscaler in memory."""

    descriptor: Any
    """spandrel's ImageModelDescriptor: takes (1, channels, H, W) in 0..1, gives (1, channels, H scale, W scale)."""
    ladders: dict[Hashable, Ladder[Piece]] = field(default_factory=dict)
    """By tiling and number of frames asked for: which smaller piece held."""

    @property
    def modules(self) -> tuple[Any, ...]:
        """The network."""
        return (self.descriptor.model,)


class SpandrelEngine:
    """UpscaleRecipe and FramesFinalRecipe by the network in `recipe.model`.

    Where its own scale is another than the recipe's, Lanczos does the rest.
    """

    name = "spandrel"
    contract = 1

    def import_libraries(self) -> None:
        """See Engine."""
        import_module("spandrel")

    def group(self, recipe: Any) -> Hashable:
        """Weights and tiling. Raises RenderError for other recipes, no model, or an overlap that fills the tile."""
        if not isinstance(recipe, UpscaleRecipe | FramesFinalRecipe):
            raise refuse_kind(self.name, recipe, "upscale and frames_final")
        if recipe.model is None:
            raise RenderError("engine 'spandrel' needs a model", field=f"{recipe.kind}.model",
                              remedy="Name an upscaler's card in the preset, or use engine lanczos")
        if recipe.tile < 1 or not 0 <= recipe.overlap * 2 < recipe.tile:
            raise RenderError(f"an overlap of {recipe.overlap} does not fit a tile of {recipe.tile}",
                              field=f"{recipe.kind}.overlap", remedy=f"Use 0 .. {max(0, (recipe.tile - 1) // 2)}")
        if isinstance(recipe, FramesFinalRecipe):
            check_amounts(recipe)
        return (recipe.kind, recipe.model, recipe.scale, recipe.tile, recipe.overlap, recipe.precision)

    def batch_size(self, recipe: Any) -> int:
        """One: pictures differ in size, and a sequence fills batches with its own frames."""
        return 1

    def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
        """Pictures, or sequences, of scale times the size of their source."""
        return [self._one(recipe, bench) for recipe in recipes]

    def environment(self, device: str) -> dict[str, str]:
        """Device, driver or threads, and all libraries' versions."""
        return torch_environment(device) | plain_environment("opencv-python-headless", "av")

    def _one(self, recipe: UpscaleRecipe | FramesFinalRecipe, bench: Bench) -> Rendered:
        self.group(recipe)
        settle()
        if isinstance(recipe, UpscaleRecipe):
            picture = bench.sources.picture(recipe.image).convert("RGB")
            return Rendered(_enlarge([picture], recipe, bench)[0])
        return kept(recipe, finish(_frames(recipe, bench), recipe), bench)


def _frames(recipe: FramesFinalRecipe, bench: Bench) -> "Iterator[np.ndarray]":
    """The enlarged frames of a sequence; as many at once as the device takes well."""
    import numpy as np
    from PIL import Image

    source = (Image.fromarray(frame) for frame in read_frames(bench.sources.frames(recipe.frames)))
    first = list(islice(source, 1))
    small = all(max(picture.size) <= recipe.tile for picture in first)
    together = TOGETHER if small and bench.device != "cpu" else 1
    source = chain(first, source)
    while pictures := list(islice(source, together)):
        bench.in_time()
        yield from (np.asarray(p) for p in _enlarge(pictures, recipe, bench, together))


def _enlarge(
    pictures: "Sequence[Image.Image]", recipe: UpscaleRecipe | FramesFinalRecipe, bench: Bench, together: int = 1
) -> "list[Image.Image]":
    """RGB pictures of one size at the recipe's scale; the network sees `together` of them at once, or less on a full device.

    What overflows in half precision is enlarged again in fp32.
    """
    return drawn_again(lambda r: _enlarge_once(pictures, r, bench, together), recipe, bench, "the enlarged picture")


def _enlarge_once(
    pictures: "Sequence[Image.Image]", recipe: UpscaleRecipe | FramesFinalRecipe, bench: Bench, together: int
) -> "list[Image.Image]":
    """As `_enlarge`, in the recipe's own precision. Raises NotANumber."""
    from PIL import Image

    assert recipe.model is not None
    key = ("upscaler", recipe.model, recipe.precision, bench.device)
    held = bench.lend(key, lambda path: load_enlarger(path, recipe.precision, bench.device), recipe.model)
    way = (recipe.tile, recipe.overlap, together)
    ladder = held.ladders.setdefault(way, Ladder(piece_rungs(*way)))
    width, height = pictures[0].width * recipe.scale, pictures[0].height * recipe.scale

    def attempt(piece: Piece) -> list[Image.Image]:
        batches = (pad(some, piece.frames) for some in chunks(pictures, piece.frames))
        drawn = [p for b in batches for p in enlarge_tiled(b, held.descriptor, piece.tile, recipe.overlap, bench)]
        return drawn[: len(pictures)]

    drawn = ladder.climb(attempt, bench.ladder, lambda: relieve(bench.cache, [key]))
    return [p if p.size == (width, height) else p.resize((width, height), Image.Resampling.LANCZOS) for p in drawn]


def piece_rungs(tile: int, overlap: int, frames: int = 1) -> list[Rung[Piece]]:
    """The ladder of enlarging: half as many frames down to one, then tiles of half the side, again and again."""
    rungs = [Rung("", Piece(tile, frames))]
    while frames > 1:
        frames = (frames + 1) // 2
        rungs.append(Rung(f"batch-{frames}", Piece(tile, frames)))
    while tile // 2 >= max(SMALLEST, overlap * 2 + 1):
        tile //= 2
        rungs.append(Rung(f"tile-{tile}", Piece(tile)))
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


def enlarge_tiled(
    pictures: "Sequence[Image.Image]", descriptor: Any, tile: int, overlap: int, bench: Bench
) -> "list[Image.Image]":
    """`pictures` (RGB, of one size) at the network's own scale, all of them at once in each tile.

    Neighbouring tiles share `overlap` input pixels and fade into each other there, weights summing to one. All tiles
    have one size (the last of a row starts earlier), so the network always sees one shape.
    """
    import torch
    from PIL import Image
    from torchvision.transforms.functional import pil_to_tensor

    scale, grey = descriptor.scale, descriptor.input_channels == 1
    source = torch.stack([pil_to_tensor(p.convert("L") if grey else p) for p in pictures]).float() / 255
    height, width = source.shape[2:]
    drawn = torch.zeros(len(pictures), descriptor.output_channels, height * scale, width * scale)
    weights = torch.zeros(1, height * scale, width * scale)
    with torch.inference_mode():
        for top, bottom in spans(height, tile, overlap):
            for left, right in spans(width, tile, overlap):
                bench.claim("decode", len(pictures) * (bottom - top) * (right - left) * scale * scale)
                piece = source[:, :, top:bottom, left:right].to(bench.device, descriptor.dtype)
                out = descriptor(piece).float().cpu()
                fade = _fade(top, bottom, height, overlap, scale)[:, None] * _fade(left, right, width, overlap, scale)
                area = (..., slice(top * scale, bottom * scale), slice(left * scale, right * scale))
                drawn[area] += out * fade
                weights[area] += fade
    values = drawn / weights
    if not all(numbers(values)):
        raise NotANumber("no picture")
    bytes_ = (values.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).squeeze(3).numpy()
    return [Image.fromarray(b).convert("RGB") for b in bytes_]


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
