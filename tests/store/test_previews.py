"""Previews: small, WebP, faithful to shape and transparency."""

import io

import pytest
from PIL import Image

from studio.store.previews import preview


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize(("size", "expected"), [
    ((1024, 512), (256, 128)), ((300, 900), (85, 256)), ((100, 60), (100, 60)), ((5000, 3), (256, 1)),
])
def test_the_longest_side_is_256_and_small_pictures_stay(size: tuple[int, int], expected: tuple[int, int]) -> None:
    small = opened(preview(Image.new("RGB", size, "navy")))
    assert (small.format, small.size) == ("WEBP", expected)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_a_picture_of_any_mode_has_a_preview_that_looks_like_it(mode: str) -> None:
    grey = opened(preview(Image.new("L", (400, 400), 255).convert(mode)))
    assert min(grey.convert("RGB").getpixel((128, 128))) > 245  # type: ignore[type-var]


def test_transparency_survives() -> None:
    assert opened(preview(Image.new("RGBA", (400, 400), (255, 0, 0, 0)))).getpixel((9, 9))[3] == 0  # type: ignore[index]


def test_the_picture_itself_is_left_as_it_was() -> None:
    picture = Image.new("RGB", (600, 600), "red")
    picture.info["dpi"] = (350, 350)
    preview(picture)
    assert (picture.size, picture.info) == ((600, 600), {"dpi": (350, 350)})


def test_nothing_of_the_full_pictures_metadata_weighs_on_it() -> None:
    picture = Image.new("RGB", (600, 600), "red")
    bare = preview(picture)
    picture.info |= {"icc_profile": b"x" * 50_000, "exif": b"Exif\0\0" + b"y" * 50_000}
    assert preview(picture) == bare
