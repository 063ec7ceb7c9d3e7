"""The camera moves over a finished picture: pan, zoom and shake, at the film's rate and between pixels.

A window of the picture is enlarged to the whole frame. It never reaches outside, so no border is ever seen.
"""

import math
from typing import TYPE_CHECKING

from studio.motion.effects.stage import Applied, Moment, Stage, smooth
from studio.story.effects import Ease, Pan, Shake, Zoom

if TYPE_CHECKING:
    import numpy as np


def eased(progress: float, ease: Ease) -> float:
    """Progress of a movement that gains speed (`in`), loses it (`out`), or both (`in_out`); 0 and 1 stay."""
    match ease:
        case "linear":
            return progress
        case "in":
            return progress * progress
        case "out":
            return 1 - (1 - progress) ** 2
        case "in_out":
            return smooth(progress)


def pan(effect: Pan, stage: Stage) -> Applied:
    """The window travels in a straight line; points nearer to an edge than the window allows are moved inside first."""
    half = 0.5 / effect.zoom
    (x0, y0), (x1, y1) = ([min(1 - half, max(half, v)) for v in point] for point in (effect.start, effect.end))

    def move(frame: "np.ndarray", moment: Moment) -> "np.ndarray":
        done = eased(moment.progress, effect.ease)
        return window(frame, x0 + (x1 - x0) * done - half, y0 + (y1 - y0) * done - half, effect.zoom)

    return move


def zoom(effect: Zoom, stage: Stage) -> Applied:
    """The scale grows by the same factor in the same time, which the eye takes for an even speed."""

    def near(frame: "np.ndarray", moment: Moment) -> "np.ndarray":
        scale = effect.start * (effect.end / effect.start) ** eased(moment.progress, effect.ease)
        left, top = (v * (1 - 1 / scale) for v in effect.focus)
        return window(frame, left, top, scale)

    return near


def shake(effect: Shake, stage: Stage) -> Applied:
    """A smooth walk between random places, `hertz` of them a second; the window shrinks just enough to stay inside."""

    def tremble(frame: "np.ndarray", moment: Moment) -> "np.ndarray":
        reach = effect.amount * ((1 - moment.progress) ** 2 if effect.fade else 1.0)
        knot, part = divmod(moment.seconds * effect.hertz, 1.0)
        (x0, y0), (x1, y1) = (_place(moment.seed, int(knot) + i) for i in (0, 1))
        part = smooth(part)
        return window(frame, reach * (1 + x0 + (x1 - x0) * part), reach * (1 + y0 + (y1 - y0) * part), 1 / (1 - 2 * reach))

    return tremble


def _place(seed: tuple[int, ...], knot: int) -> tuple[float, float]:
    """A place on the unit circle, on the other side of the one before it, so that every knot turns the direction."""
    import numpy as np

    angle = math.pi * (knot % 2) + np.random.default_rng((*seed, knot)).uniform(-1, 1) * math.pi / 3
    turn = np.random.default_rng(seed).uniform(0, 2 * math.pi)
    return math.cos(angle + turn), math.sin(angle + turn)


def window(frame: "np.ndarray", left: float, top: float, scale: float) -> "np.ndarray":
    """The part of `frame` that begins at (`left`, `top`), as fractions, and is 1 / `scale` as wide, at the frame's own size.

    Lanczos over 8x8 pixels; exact to 1/32 of a pixel, which no eye sees.
    """
    import cv2
    import numpy as np

    if scale == 1:
        return frame
    tall, wide = frame.shape[:2]
    step = 1 / scale
    shift = [start * size + step / 2 - 0.5 for start, size in ((left, wide), (top, tall))]
    matrix = np.asarray([[step, 0, shift[0]], [0, step, shift[1]]])
    moved = cv2.warpAffine(frame, matrix, (wide, tall), flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
                           borderMode=cv2.BORDER_REPLICATE)
    return np.clip(moved, 0, 1)
