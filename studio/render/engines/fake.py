"""Fakes that ship with the seam: a deterministic engine without weights, one that must not be asked, a small device."""

import hashlib
import os
import time
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import RenderError
from studio.plan.film_recipes import FramesFinalRecipe, InbetweenRecipe
from studio.plan.recipes import ImageRecipe, UpscaleRecipe
from studio.render.batching import refuse_kind
from studio.render.engine import Bench, Rendered
from studio.render.environment import plain_environment
from studio.store.frames import SUFFIX, read_frames, write_frames

if TYPE_CHECKING:
    import numpy as np


class FakeEngine:
    """A picture of coloured blocks that follows from the recipe's digest alone.

    Upscales by repeating pixels. A prompt that contains `fail!` raises RenderError, so that failures can be tried;
    $GENGA_FAKE_SECONDS makes each picture, and every eight inbetweens, take that long, so that something can happen meanwhile.
    """

    name = "fake"
    contract = 1

    def import_libraries(self) -> None:
        """There are none."""

    def group(self, recipe: Any) -> Hashable:
        """Model, size and batch size."""
        if isinstance(recipe, ImageRecipe):
            return ("image", recipe.model, recipe.width, recipe.height, recipe.batch_size)
        if isinstance(recipe, UpscaleRecipe):
            return ("upscale", recipe.model, recipe.scale)
        if isinstance(recipe, InbetweenRecipe | FramesFinalRecipe):
            return (recipe.kind,)
        raise refuse_kind(self.name, recipe, "image, upscale, inbetween and frames_final")

    def batch_size(self, recipe: Any) -> int:
        """The recipe's own; upscales go one by one."""
        return recipe.batch_size if isinstance(recipe, ImageRecipe) else 1

    def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
        """One picture per recipe. Raises RenderError for a prompt with `fail!`."""
        return [
            Rendered(frames=self._sequence(recipe, bench)) if recipe.kind in ("inbetween", "frames_final")
            else self._one(recipe, bench) for recipe in recipes
        ]

    def environment(self, device: str) -> dict[str, str]:
        """Python and Pillow."""
        return {**plain_environment("pillow", "av"), "device": device}

    def _sequence(self, recipe: InbetweenRecipe | FramesFinalRecipe, bench: Bench) -> Path:
        """Inbetweens fade from one keyframe to the other; finals repeat pixels."""
        self.group(recipe)
        _take_time(bench, recipe.frames / 8 if isinstance(recipe, InbetweenRecipe) else 1.0)
        assert bench.scratch is not None
        made = _faded(recipe, bench) if isinstance(recipe, InbetweenRecipe) else _repeated(recipe, bench)
        file = bench.scratch / f"{recipe.digest()}{SUFFIX}"
        write_frames(file, made, fps=8)
        return file

    def _one(self, recipe: Any, bench: Bench) -> Rendered:
        from PIL import Image

        self.group(recipe)
        _take_time(bench)
        if isinstance(recipe, UpscaleRecipe):
            small = bench.sources.picture(recipe.image).convert("RGB")
            size = (small.width * recipe.scale, small.height * recipe.scale)
            return Rendered(small.resize(size, Image.Resampling.NEAREST))
        if "fail!" in recipe.prompt:
            raise RenderError("the prompt asks the fake engine to fail", field="prompt", remedy="Take out 'fail!'")
        colours = hashlib.shake_256(recipe.digest().encode()).digest(8 * 8 * 3)
        blocks = Image.frombytes("RGB", (8, 8), colours)
        return Rendered(blocks.resize((recipe.width, recipe.height), Image.Resampling.NEAREST))


def _take_time(bench: Bench, pictures: float = 1.0) -> None:
    end = time.monotonic() + float(os.environ.get("GENGA_FAKE_SECONDS", "0")) * pictures
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 0.2))
        bench.in_time()
    bench.in_time()


def _faded(recipe: InbetweenRecipe, bench: Bench) -> "Iterator[np.ndarray]":
    import numpy as np

    first, last = (np.asarray(bench.sources.picture(sha).convert("RGB"), dtype=np.float32) for sha in (recipe.first, recipe.last))
    for i in range(recipe.frames):
        share = i / (recipe.frames - 1)
        yield np.rint(first * (1 - share) + last * share).astype(np.uint8)


def _repeated(recipe: FramesFinalRecipe, bench: Bench) -> "Iterator[np.ndarray]":
    for frame in read_frames(bench.sources.frames(recipe.frames)):
        yield frame.repeat(recipe.scale, 0).repeat(recipe.scale, 1)


class RenderedAnyway(BaseException):
    """Something was rendered where nothing may be. No Exception, as a test runner's own failures: nobody may catch it."""


class RaiseIfRendersEngine(FakeEngine):
    """Stands where nothing may be rendered: groups like the fake, and fails the test when asked for a picture."""

    def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
        """Always raises RenderedAnyway."""
        raise RenderedAnyway(f"nothing may be rendered here, but {len(recipes)} recipes were: {recipes[0].canonical()}")


@dataclass
class SmallDevice:
    """A device with room for so many pixels at once: give `claim` to a Bench to see an engine climb its ladder.

    denoise, decode: pixels that fit in each stage; None is no limit.
    """

    denoise: int | None = None
    decode: int | None = None

    def claim(self, stage: str, pixels: int) -> None:
        """Raises MemoryError when `pixels` do not fit."""
        room = {"denoise": self.denoise, "decode": self.decode}.get(stage)
        if room is not None and pixels > room:
            raise MemoryError(f"{stage} of {pixels} pixels on a device with room for {room}")
