"""Makers: recipes, and the place where engines find what they name."""

import hashlib
from pathlib import Path
from typing import Any

from PIL import Image

from studio.errors import ModelError, StoreError
from studio.plan.film_recipes import FramesFinalRecipe, InbetweenRecipe
from studio.plan.recipes import ImageRecipe, UpscaleRecipe
from studio.render.engine import Bench
from studio.render.model_cache import ModelCache
from studio.store.hot import Near

HOUSE_FOLDER = Path(__file__).parents[2] / "models" / "house"
HOUSE = "a" * 64
GIRL = "1girl, pink hair, twintails, school uniform, smile, beach"
BOY = "1boy, black hair, blue kimono, city night"


class Shelf:
    """Sources over plain dictionaries."""

    def __init__(self) -> None:
        self._models: dict[str, Path] = {HOUSE: HOUSE_FOLDER}
        self._pictures: dict[str, Image.Image] = {}
        self._sequences: dict[str, Path] = {}

    def put_model(self, path: Path) -> str:
        """Name weights; returns their stand-in for a sha256."""
        sha = hashlib.sha256(str(path).encode()).hexdigest()
        self._models[sha] = path
        return sha

    def put_picture(self, picture: Image.Image) -> str:
        """Keep a picture; returns its digest."""
        sha = hashlib.sha256(picture.tobytes() + picture.mode.encode()).hexdigest()
        self._pictures[sha] = picture
        return sha

    def model(self, sha256: str) -> Path:
        """See Sources."""
        if sha256 not in self._models:
            raise ModelError(f"no model {sha256[:8]}", file="models.yaml")
        return self._models[sha256]

    def near(self, sha256: str) -> Near:
        """See Sources."""
        return Near(self.model(sha256))

    def picture(self, sha256: str) -> Image.Image:
        """See Sources."""
        if sha256 not in self._pictures:
            raise StoreError(f"picture {sha256[:8]} is not kept here")
        return self._pictures[sha256]

    def put_frames(self, file: Path) -> str:
        """Keep a frame sequence where it lies; returns its digest."""
        sha = hashlib.sha256(file.read_bytes()).hexdigest()
        self._sequences[sha] = file
        return sha

    def frames(self, sha256: str) -> Path:
        """See Sources."""
        if sha256 not in self._sequences:
            raise StoreError(f"sequence {sha256[:8]} is not kept here")
        return self._sequences[sha256]


def drawn(**changes: Any) -> ImageRecipe:
    """A small, quick recipe for the house model."""
    fields: dict[str, Any] = {
        "engine": "diffusers", "contract": 1, "model": HOUSE, "prompt": GIRL, "sampler": "dpmpp_2m", "steps": 2,
        "guidance": 4.0, "width": 64, "height": 64, "seed": 7, "batch_size": 2,
    }
    return ImageRecipe(**{**fields, **changes})


def faked(**changes: Any) -> ImageRecipe:
    """A recipe for the fake engine."""
    return drawn(**{"engine": "fake", **changes})


def enlarged(image: str, **changes: Any) -> UpscaleRecipe:
    """An upscale of a picture on the shelf."""
    return UpscaleRecipe(**{"engine": "lanczos", "contract": 1, "image": image, "scale": 2, **changes})


def between(first: str, last: str, **changes: Any) -> InbetweenRecipe:
    """Five frames from one picture on the shelf to another, 64 pixels square."""
    fields: dict[str, Any] = {"engine": "fake", "contract": 1, "first": first, "last": last, "frames": 5,
                              "width": 64, "height": 64}
    return InbetweenRecipe(**{**fields, **changes})


def finished(frames: str, **changes: Any) -> FramesFinalRecipe:
    """The finals of a sequence on the shelf."""
    return FramesFinalRecipe(**{"engine": "fake", "contract": 1, "frames": frames, "scale": 2, **changes})


def bench(shelf: Shelf, **changes: Any) -> Bench:
    """A bench on the CPU with a cache of its own."""
    return Bench(shelf, changes.pop("cache", ModelCache()), **changes)


def gradient(width: int, height: int) -> Image.Image:
    """A smooth colourful picture, in which every seam would show."""
    picture = Image.new("RGB", (width, height))
    picture.putdata([(255 * x // width, 255 * y // height, 128) for y in range(height) for x in range(width)])
    return picture
