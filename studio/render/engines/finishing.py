"""Finishing: what makes drawn frames final ones after they are enlarged, frame by frame. Noise goes, lines get crisp."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from studio.errors import RenderError
from studio.plan.film_recipes import FramesFinalRecipe, InbetweenRecipe
from studio.render.engine import Bench, Rendered
from studio.store.frames import SUFFIX, write_frames

if TYPE_CHECKING:
    import numpy as np

FPS = 8
"""Rate written into a sequence's file, for players; a clip decides its own."""
NOISE = 24.0
"""Difference in brightness (of 255) up to which neighbours count as the same flat colour."""


def check_amounts(recipe: FramesFinalRecipe) -> None:
    """Raises RenderError for amounts that mean nothing."""
    for name, most in (("denoise", 1.0), ("sharpen", 3.0), ("sharpen_limit", 1.0)):
        found = getattr(recipe, name)
        if not 0 <= found <= most:
            raise RenderError(f"{name} is {found:g}", field=f"frames_final.{name}", remedy=f"Use 0 .. {most:g}")


def finish(frames: "Iterable[np.ndarray]", recipe: FramesFinalRecipe) -> "Iterator[np.ndarray]":
    """Enlarged frames, (height, width, 3) uint8 RGB, cleaned and sharpened as the recipe asks, one by one."""
    for frame in frames:
        clean = denoise(frame, recipe.denoise, recipe.scale)
        yield sharpen(clean, recipe.sharpen, recipe.sharpen_limit, recipe.scale)


def denoise(picture: "np.ndarray", amount: float, scale: int = 1) -> "np.ndarray":
    """`picture` without noise on its flat parts; edges stay (bilateral filter, Tomasi and Manduchi 1998).

    amount: 0 gives the same bytes, 1 the filter's picture, between them a mixture. scale: how much the picture was
    enlarged, since its noise grew as much.
    """
    import cv2
    import numpy as np

    if amount == 0:
        return picture
    filtered = cv2.bilateralFilter(picture, -1, NOISE, 0.75 + scale / 2)
    mixed = picture + amount * (filtered.astype(np.float32) - picture)
    return np.rint(mixed).astype(np.uint8)


def sharpen(picture: "np.ndarray", amount: float, limit: float, scale: int = 1) -> "np.ndarray":
    """`picture` with crisper lines: unsharp masking of its brightness, the same change for all three colours.

    amount: 0 gives the same bytes; 1 doubles what a blur takes away. limit: most that a value may change, as a fraction
    of 255, so that lines get no bright halo. scale: how much the picture was enlarged, since its lines grew as much.
    """
    import cv2
    import numpy as np

    if amount == 0 or limit == 0:
        return picture
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    most = np.floor(limit * 255)  # whole steps, so that rounding never goes beyond the limit
    change = np.clip(amount * (grey - cv2.GaussianBlur(grey, (0, 0), 0.5 + scale / 2)), -most, most)
    return np.clip(np.rint(picture + change[..., None]), 0, 255).astype(np.uint8)


def kept(recipe: FramesFinalRecipe | InbetweenRecipe, frames: "Iterable[np.ndarray]", bench: Bench) -> Rendered:
    """The frames of a recipe, written to the bench's scratch folder as they come; nothing is left there when one fails."""
    if bench.scratch is None:
        raise RenderError(f"there is no folder for the frames of a {recipe.kind} recipe", field="bench.scratch",
                          remedy="Render sequences on a farm, or give the Bench a scratch folder")
    file = bench.scratch / f"{recipe.digest()}{SUFFIX}"
    try:
        write_frames(file, frames, FPS)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return Rendered(frames=file)
