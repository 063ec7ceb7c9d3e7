"""At which size a panel is rendered: the aspect of its box, the area its model was trained at."""

import math

STEP = 8
"""Latents are an eighth of the picture: sides are multiples of this."""


def render_size(aspect: float, native: int, max_side: int) -> tuple[int, int]:
    """Width and height in pixels for a box of `aspect` (width / height).

    Area about native**2, multiples of 8, no side above max_side or below 64; extreme aspects are cut, and the
    picture is cropped to its box when the page is made.
    """
    longest = max_side / native
    width = native * min(max(math.sqrt(aspect), 1 / longest), longest)
    height = native * min(max(1 / math.sqrt(aspect), 1 / longest), longest)
    return _round(width, max_side), _round(height, max_side)


def _round(side: float, max_side: int) -> int:
    return max(64, min(int(side / STEP + 0.5) * STEP, max_side // STEP * STEP))
