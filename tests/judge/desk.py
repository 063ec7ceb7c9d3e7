"""Makers: a desk over the shipped weights and folders of pictures, and drawings as subjects."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from house.draw.picture import draw, line_art
from house.draw.scene import Scene, sample
from studio.errors import ModelError, StoreError, StoryError
from studio.judge.catalogue import make_scorer
from studio.judge.scorer import Desk, Measured, Subject
from studio.plan.recipes import ImageRecipe
from studio.render.model_cache import ModelCache
from studio.store.hashing import HashMemory

MODELS = Path(__file__).parents[2] / "models"
SCENES = [sample(20_000 + i) for i in range(40)]


@dataclass
class Shelf:
    """Sources over the models folder, `place` (boards and models of a test) and plain dictionaries."""

    place: Path
    maps: dict[str, Image.Image] = field(default_factory=dict)
    sheets: dict[str, list[Path]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._memory = HashMemory(self.place / "hashes.json")

    def model(self, name: str) -> Path:
        for folder in (self.place, MODELS):
            if name and (folder / name).exists():
                return folder / name
        raise ModelError(f"no model '{name}' here", file="models.yaml")

    def digest(self, path: Path) -> str:
        return self._memory.digest(path)

    def picture(self, sha256: str) -> Image.Image:
        if sha256 not in self.maps:
            raise StoreError(f"picture {sha256[:8]} is not kept here")
        return self.maps[sha256]

    def board(self, name: str) -> list[Path]:
        files = sorted((self.place / name).glob("*.png"))
        if not files:
            raise StoryError("the board is empty", file=self.place / name)
        return files

    def cast(self) -> list[str]:
        return sorted(self.sheets)

    def sheet(self, character: str) -> list[Path]:
        return self.sheets.get(character, [])

    def put_map(self, drawn: Image.Image) -> str:
        """Keep a control map; returns its digest."""
        sha = hashlib.sha256(drawn.tobytes()).hexdigest()
        self.maps[sha] = drawn
        return sha


def desks(shelf: Shelf, cache: ModelCache) -> Callable[[], Desk]:
    """Makes desks that have seen nothing, over one cache."""
    return lambda: Desk(shelf, cache)


def recipe(prompt: str = "sky", **changes: Any) -> ImageRecipe:
    """A recipe with this prompt."""
    fields = {"engine": "fake", "contract": 1, "model": "a" * 64, "prompt": prompt, "sampler": "euler", "steps": 4,
              "guidance": 5.0, "width": 128, "height": 128, "seed": 1}
    return ImageRecipe.model_validate({**fields, **changes})


def subject(picture: Image.Image | np.ndarray, prompt: str = "sky", characters: tuple[str, ...] = (), **changes: Any) -> Subject:
    """A picture to be judged; `changes` are the recipe's."""
    seen = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    artifact = hashlib.sha256(repr(seen.size).encode() + seen.tobytes()).hexdigest()
    return Subject(artifact, f"01.{artifact[:6]}", "panel", seen, recipe(prompt, **changes), characters)


def drawn(scene: Scene, size: int = 128, **told: Any) -> Subject:
    """A drawing with its caption as the prompt."""
    return subject(draw(scene, size), **{"prompt": scene.caption(), **told})


def lines_of(scene: Scene, size: int = 128) -> Image.Image:
    """A scene's line map."""
    return Image.fromarray(line_art(scene, size))


def save(folder: Path, scenes: list[Scene]) -> list[Path]:
    """A folder of drawings."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{i:02}.png" for i in range(len(scenes))]
    for file, scene in zip(files, scenes, strict=True):
        Image.fromarray(draw(scene, 128)).save(file)
    return files


def scores(desk: Desk, name: str, subjects: list[Subject], **parameters: Any) -> list[Measured | None]:
    """A scorer's numbers."""
    return make_scorer(name, parameters).score(subjects, desk)


def values(desk: Desk, name: str, subjects: list[Subject], **parameters: Any) -> np.ndarray:
    """Those that it has, as an array."""
    return np.array([m.value for m in scores(desk, name, subjects, **parameters) if m])


def noted(desk: Desk, name: str, one: Subject, **parameters: Any) -> str:
    """What it says beside its number."""
    measured = scores(desk, name, [one], **parameters)[0]
    assert measured
    return measured.note
