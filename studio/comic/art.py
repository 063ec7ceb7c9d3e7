"""The art layer: the panels' pictures cropped into their polygons on one sheet of paper."""

from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw
from shapely import Polygon

from studio.story.show import PageSize

MM_PER_INCH = 25.4
FINER = 4
"""Masks are drawn this much larger and scaled down: smooth slanted edges."""


def sheet_pixels(size: PageSize, dpi: int) -> tuple[int, int]:
    """Width and height in pixels of the page with its bleed."""
    return (round((size.width_mm + 2 * size.bleed_mm) / MM_PER_INCH * dpi),
            round((size.height_mm + 2 * size.bleed_mm) / MM_PER_INCH * dpi))


def paste_art(
    pictures: Sequence[Image.Image], outlines: Sequence[Polygon], focuses: Sequence[tuple[float, float]],
    size: PageSize, dpi: int,
) -> Image.Image:
    """White paper with every picture covering its outline (mm from the trim), cropped around its focus; RGB."""
    sheet = Image.new("RGB", sheet_pixels(size, dpi), "white")
    scale = dpi / MM_PER_INCH
    for picture, outline, focus in zip(pictures, outlines, focuses, strict=True):
        points = [((x + size.bleed_mm) * scale, (y + size.bleed_mm) * scale) for x, y in outline.exterior.coords]
        left, top = int(min(x for x, _ in points)), int(min(y for _, y in points))
        right, bottom = int(max(x for x, _ in points)) + 1, int(max(y for _, y in points)) + 1
        fitted = cover(picture.convert("RGB"), right - left, bottom - top, focus)
        mask = _mask([(x - left, y - top) for x, y in points], fitted.size)
        sheet.paste(fitted, (left, top), mask)
    return sheet


def cover(picture: Image.Image, width: int, height: int, focus: tuple[float, float] = (0.5, 0.5)) -> Image.Image:
    """The picture scaled to cover width x height pixels; the overhang is cropped so that `focus` (fractions of the
    picture) comes as near to the middle as the picture's edges allow.
    """
    factor = max(width / picture.width, height / picture.height)
    scaled = picture.resize((max(width, round(picture.width * factor)), max(height, round(picture.height * factor))),
                            Image.Resampling.LANCZOS)
    left = _within(focus[0] * scaled.width - width / 2, scaled.width - width)
    top = _within(focus[1] * scaled.height - height / 2, scaled.height - height)
    return scaled.crop((left, top, left + width, top + height))


def _within(wanted: float, most: int) -> int:
    return min(max(round(wanted), 0), most)


def _mask(points: list[tuple[float, float]], size: tuple[int, int]) -> Image.Image:
    large = Image.new("L", (size[0] * FINER, size[1] * FINER), 0)
    ImageDraw.Draw(large).polygon([(x * FINER, y * FINER) for x, y in points], fill=255)
    mask = large.resize(size, Image.Resampling.BOX)
    return ImageChops.lighter(mask, Image.new("L", size, 0))
