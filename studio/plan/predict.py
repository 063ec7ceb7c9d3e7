"""Predictor: how long a recipe will take, from the ledger's own history; a stated guess before there is any."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, NamedTuple

from studio.plan.film_recipes import InbetweenRecipe
from studio.plan.history import History, PastProfile, PastTake
from studio.plan.recipes import ImageRecipe, Recipe, UpscaleRecipe

GUESS_PER_PIXEL_STEP = 4.0e-6
"""Seconds per pixel and sampler step of a small model on two CPU cores; replaced by the first real take."""
GUESS_PER_PIXEL = 6.0e-7
"""Seconds per output pixel of an upscale without history."""
GUESS = {
    "page": 2.0, "book": 3.0, "inbetween": 5.0, "frames_final": 5.0, "inbetween_final": 5.0, "voice": 0.5, "clip": 4.0,
    "subtitles": 0.1, "film": 6.0, "blockout": 1.0, "lines": 0.1, "keyframe": 5.0, "background": 5.0, "figure": 5.0,
}
"""Seconds for what has no history and no better guess."""
GUESSED = "a guess, before any take"
"""What a prediction rests on before there is anything to rest on."""
_ALIKE = ("page", "book", "subtitles", "film", "blockout", "lines")
"""Stages of which any one costs about as much as another."""
LATEST = 60
"""Takes of a kind that are looked at, the last ones: machines and drivers change."""
SPREAD = 2.0
"""How many times its usual seconds a unit may take at the 90th percentile, where too few takes tell."""
FEW = 5
"""Takes under which SPREAD holds, and a line is not fitted."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Predicted device seconds, and what the prediction rests on."""

    seconds: float
    """As many take longer as take less."""
    basis: str
    high: float
    """Nine of ten take less."""
    takes: int = 0
    """Like takes that it rests on; 0 for a guess."""
    loading: float = 0.0
    """Its share of loading weights, as that of like takes was in the mean: charged, but no part of rendering."""
    places: float = 1.0
    """Of its batch, that it pays for: more than its own where the batch is not full."""

    @property
    def charged(self) -> float:
        """Device seconds that it will be charged for."""
        return self.seconds + self.loading

    def of(self, count: int) -> "Estimate":
        """The same for so many."""
        return replace(self, seconds=self.seconds * count, high=self.high * count, loading=self.loading * count)

    def paying(self, places: float) -> "Estimate":
        """The same for one that pays for so many places of its batch."""
        more = places / self.places
        return replace(self, seconds=self.seconds * more, high=self.high * more, places=places)


@dataclass(frozen=True, slots=True)
class Fit:
    """Seconds over amount of work: `start + rate x work`, and how far takes lie above it."""

    start: float
    rate: float
    spread: float
    """90th percentile of actual over predicted seconds."""
    takes: int
    profiled: bool = False
    """Of batches that were drawn to be measured, before any take."""
    other: int | None = None
    """Batch size of those, where it is not the recipe's."""
    loading: float = 0.0
    """Mean seconds of loading weights that fell to each."""

    def estimate(self, work: float) -> Estimate:
        """Seconds for so much work."""
        seconds = self.start + self.rate * work
        of = f"{self.takes} like {'profile' if self.profiled else 'take'}{'' if self.takes == 1 else 's'}"
        of += f" of another batch size ({self.other})" if self.other else ""
        basis = f"fit of {of}" if self.start else f"median of {of}"
        return Estimate(seconds, basis, seconds * self.spread, self.takes, self.loading)


def fit(takes: Sequence[tuple[float, float]]) -> Fit:
    """A line through (work, seconds) that single bad takes do not move; at least one take.

    The slope is the median over all pairs with different work (Theil 1950, Sen 1968); the start, never below 0, the median
    of what is left. Through the origin, at the median rate, where takes are few or all of a size.
    """
    rate = statistics.median(seconds / max(work, 1e-9) for work, seconds in takes)
    start = 0.0
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(takes, 2) if a[0] != b[0]] if len(takes) >= FEW else []
    if slopes and (slope := statistics.median(slopes)) > 0:
        left = statistics.median(seconds - slope * work for work, seconds in takes)
        if left > 0:
            start, rate = left, slope
    over = sorted(seconds / max(start + rate * work, 1e-9) for work, seconds in takes)
    spread = max(1.0, over[min(len(over) - 1, int(0.9 * len(over)))]) if len(takes) >= FEW else SPREAD
    return Fit(start, rate, spread, len(takes))


def _work(body: dict[str, Any]) -> float:
    """Amount of work in a recipe's body; takes of one model scale with it."""
    if body["kind"] == "image":
        strength = (body.get("init") or {}).get("strength", 1.0)
        return body["width"] * body["height"] * body["steps"] * strength
    if body["kind"] == "upscale":
        return body["scale"] ** 2
    if body["kind"] == "inbetween":
        return body["width"] * body["height"] * body["frames"] * max(1.0, body["steps"] * body["strength"])
    if body["kind"] == "frames_final":
        return body["scale"] ** 2 * max(1, body["count"])
    if body["kind"] == "clip":
        return body["width"] * body["height"] * body["frames"]
    return 1.0


def _like(body: dict[str, Any]) -> tuple[Any, ...]:
    """Recipes that should cost the same per unit of work: same engine, weights and precision."""
    return (body["kind"], body["engine"], body.get("model"), body.get("precision"), len(body.get("controls") or ()),
            bool(body.get("control")))


class Predictor:
    """Seconds of a recipe from its latest like takes, on the device that drew the last of them; from profiles before any take."""

    def __init__(self, history: History) -> None:
        self._takes, self._profiles = _seen(history.takes.values()), _seen(history.profiles)
        self._fits: dict[tuple[tuple[Any, ...], int | None], Fit | None] = {}

    def estimate(self, recipe: Recipe, size: tuple[int, int] | None = None) -> Estimate:
        """Seconds for `recipe`; `size` is the input of an upscale that is not rendered yet, width and height."""
        body = recipe.model_dump(include=_INCLUDE)
        found = self._fit(_like(body), body.get("batch_size"))
        if found:
            return found.estimate(_work(body))
        if isinstance(recipe, ImageRecipe | InbetweenRecipe):
            return _guess(GUESS_PER_PIXEL_STEP * _work(body))
        if isinstance(recipe, UpscaleRecipe):
            width, height = size or (512, 512)
            return _guess(GUESS_PER_PIXEL * width * height * recipe.scale**2)
        return _guess(GUESS[recipe.kind])

    def typical(self, kind: str) -> Estimate:
        """Seconds for a unit whose recipe cannot be known yet, by its stage."""
        found = self._fit((kind, kind, None, None, 0, False), None) if kind in _ALIKE else None
        return found.estimate(1.0) if found else _guess(GUESS[kind])

    def _fit(self, like: tuple[Any, ...], batch: int | None) -> Fit | None:
        if (like, batch) not in self._fits:
            profiled = like not in self._takes
            seen = _nearest(self._profiles.get(like, ()), batch) if profiled else _told(self._takes[like])
            here = [one for one in seen if one.device == seen[-1].device][-LATEST:]
            other = here[0].batch if here and profiled and here[0].batch != batch else None
            self._fits[like, batch] = replace(
                fit([(one.work, one.seconds) for one in here]), profiled=profiled, other=other,
                loading=statistics.fmean(one.loading for one in here)) if here else None
        return self._fits[like, batch]


class _Seen(NamedTuple):
    """What one take or profile tells."""

    device: str
    work: float
    seconds: float
    loading: float
    batch: int | None
    """Batch size of its recipe, where it is a picture."""
    told: bool
    """Whether it says how full its batch was; older takes do not."""


def _seen(measured: Iterable[PastTake | PastProfile]) -> dict[tuple[Any, ...], list[_Seen]]:
    """What was measured, by what is alike."""
    seen: dict[tuple[Any, ...], list[_Seen]] = defaultdict(list)
    for one in measured:
        loading = one.load_seconds if isinstance(one, PastTake) else 0.0
        seen[_like(one.body)].append(_Seen(one.device, _work(one.body), one.seconds * _fullness(one), loading,
                                          one.body.get("batch_size"), isinstance(one, PastTake) and one.batch > 0))
    return dict(seen)


def _told(takes: list[_Seen]) -> list[_Seen]:
    """Those of which one knows what they say of a full batch, as soon as there is one."""
    return [one for one in takes if one.told] or takes


def _nearest(profiles: Sequence[_Seen], batch: int | None) -> list[_Seen]:
    """Those of the same batch size, else of the nearest: a picture of a batch takes a share of what one alone does."""
    sizes = sorted({one.batch or 1 for one in profiles}, key=lambda size: (abs(size - (batch or 1)), size))
    return [one for one in profiles if (one.batch or 1) == sizes[0]]


def _fullness(one: PastTake | PastProfile) -> float:
    """How full its batch was: few in a padded batch share what many would."""
    size = one.body.get("batch_size", 1)
    return min(1.0, one.batch / size) if isinstance(one, PastTake) and one.batch else 1.0


def _guess(seconds: float) -> Estimate:
    return Estimate(seconds, GUESSED, seconds * SPREAD)


_INCLUDE = {"kind", "engine", "model", "precision", "controls", "width", "height", "steps", "init", "scale", "frames", "strength",
            "count", "control", "batch_size"}
