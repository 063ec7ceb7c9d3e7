"""Promises about every panel picture. Blocking ones forbid using it; the others warn."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image

from studio.judge.duplicates import RADIUS, Neighbours, perceptual_hash
from studio.plan.history import Verdict
from studio.plan.recipes import ImageRecipe
from studio.record import sha256
from studio.store.pictures import read_genga

FLAT = 3.0
"""Standard deviation of brightness (of 255) under which a picture counts as blank."""

CHECKS: dict[str, bool] = {
    "decodes": True,
    "size_as_planned": True,
    "not_blank": True,
    "lineage_complete": True,
    "not_a_near_duplicate": False,
}
"""Check name -> does it block. Twins are a warning: an author may want the same view twice; a gate may block."""


@dataclass
class PanelJudge:
    """Judges panels; remembers what they use to find twins."""

    neighbours: Neighbours = field(default_factory=Neighbours)
    """What the show's panels use."""

    def judge(self, unit: str, data: bytes, recipe: ImageRecipe) -> list[Verdict]:
        """Verdicts on one PNG, in the order of CHECKS; the rest fail with the first reason when it does not decode."""
        try:
            picture = Image.open(io.BytesIO(data)).convert("RGB")
        except Exception as exc:  # PIL raises a dozen kinds for damaged files
            return [Verdict(name, False, blocks, f"cannot be decoded: {exc}") for name, blocks in CHECKS.items()]
        answers: dict[str, Callable[[], str]] = {
            "decodes": lambda: "",
            "size_as_planned": lambda: _size(picture, recipe),
            "not_blank": lambda: _blank(picture),
            "lineage_complete": lambda: _lineage(data, recipe),
            "not_a_near_duplicate": lambda: self._twin(unit, sha256(data), picture),
        }
        notes = {name: answers[name]() for name in CHECKS}
        return [Verdict(name, not notes[name], blocks, notes[name]) for name, blocks in CHECKS.items()]

    def _twin(self, unit: str, artifact: str, picture: Image.Image) -> str:
        mine = perceptual_hash(picture)
        found = self.neighbours.twin(unit, artifact, mine)
        self.neighbours.use(unit, artifact, mine)
        return f"nearly the same picture as {found[0]}" if found and found[1] <= RADIUS else ""


def _size(picture: Image.Image, recipe: ImageRecipe) -> str:
    planned = (recipe.width, recipe.height)
    return "" if picture.size == planned else f"{picture.size} instead of {planned}"


def _blank(picture: Image.Image) -> str:
    from PIL import ImageStat

    spread = ImageStat.Stat(picture.convert("L")).stddev[0]
    return f"brightness varies by {spread:.1f} of 255 only" if spread < FLAT else ""


def _lineage(data: bytes, recipe: ImageRecipe) -> str:
    try:
        found, _ = read_genga(data)
    except Exception as exc:
        return f"no recipe in the file: {exc}"
    return "" if found.digest() == recipe.digest() else "the file holds another recipe"
