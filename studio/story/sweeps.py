"""Sweeps: a look is tried over many settings at once; what an author writes of it, one file each in sweeps/."""

import itertools
import math
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from studio.errors import StoryError
from studio.record import canonical_json, sha256
from studio.story.drawn import Drawn
from studio.story.fields import Fraction, Id, Text, Value, Words
from studio.story.reading import Source, Written, nearest

CEILING = 64
"""Cells of a sweep that states no `most` of its own."""
LARGEST = 200_000
"""Cells of a grid that a random search may draw from."""
AXES = ("seed", "take", "guidance", "steps", "sampler", "scheduler", "clip_skip", "preset", "palette", "texture", "lock",
        "prompt")
"""What may be crossed, besides `lora.NAME`."""
ADDED = ("palette", "texture")
"""Axes whose values are words that are said after the prompt's own; none leave it as it is."""
Settings = tuple[tuple[str, Value], ...]
"""Axis -> value of one cell, in the order in which the axes are written."""


class Rank(Written):
    """One scorer's share in the order of a sweep's pictures."""

    scorer: Id
    weight: Annotated[float, Field(gt=0, le=100)] = 1.0
    parameters: dict[str, Value | list[str]] = Field(default_factory=dict)


class Rung(Written):
    """One round of successive halving: how cheaply pictures are drawn in it, and how many go on."""

    steps: Annotated[int, Field(ge=1, le=200)]
    native: Annotated[int, Field(ge=64, le=2048)] | None = None
    """Side in pixels of the square whose area is drawn; the preset's when left out."""
    keep: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share that goes on to the next round, the best ones."""


class Refine(Written):
    """What becomes of the winners."""

    top: Annotated[int, Field(ge=1, le=64)] = 1
    steps: Annotated[int, Field(ge=1, le=200)] | None = None
    native: Annotated[int, Field(ge=64, le=2048)] | None = None
    upscale: bool = True
    """Enlarge them as the preset enlarges its panels."""


class Lock(Written):
    """A take whose composition is kept while colours, strokes and blends vary: what makes a sweep a variation round."""

    take: Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")] | None = None
    """First letters of the artifact whose composition is kept; that of the unit's take in use when left out."""
    round: Annotated[int, Field(ge=1, le=999)] = 1
    """Rounds over one unit are numbered."""
    lines: bool = True
    """Keep it by its line art, as the map of a ControlNet."""
    model: Id | None = None
    """That ControlNet; the show's only one when left out."""
    weight: Annotated[float, Field(ge=0, le=2)] = 1.0
    start: Fraction = 0.0
    end: Fraction = 1.0
    strength: Annotated[float, Field(gt=0, le=1)] | None = None
    """Also start from the take itself, image to image: near 0 keeps its colours too."""
    mask: str | None = None
    """Picture file, relative to the show: white varies, black stays to the byte."""

    @model_validator(mode="after")
    def _locks_something(self) -> "Lock":
        if not self.lines and self.strength is None and self.mask is None:
            raise ValueError("nothing is kept: keep the 'lines', or give a 'strength' or a 'mask'")
        if self.start >= self.end:
            raise ValueError(f"the lines act from {self.start:g} to {self.end:g} of the steps: never")
        return self


class Sweep(Written):
    """One file in sweeps/."""

    sweep: Id
    title: Text = ""
    unit: str | None = None
    """Panel or keyframe whose words, characters and controls are tried."""
    drawn: Drawn | None = None
    """What the unit's author had written when a round began, so that the round stays what it was while the storyboard goes on."""
    prompts: tuple[Words, ...] = ()
    """Instead of a unit: free prompts, each of which is an axis' value of its own."""
    characters: tuple[Id, ...] = ()
    """Of free prompts."""
    preset: Id | None = None
    """Look that is tried; the unit's, or the show's default."""
    over: dict[str, tuple[Value, ...]] = Field(default_factory=dict)
    """Axis -> values: seed, take, guidance, steps, sampler, scheduler, clip_skip, preset, palette, texture, lock or lora.NAME."""
    lock: Lock | None = None
    """Keep the composition of a take of the unit: a variation round. Crossing `lock: [true, false]` shows what that is worth."""
    search: Literal["grid", "random", "halving"] = "grid"
    cells: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """How many cells `random` draws from the grid."""
    most: Annotated[int, Field(ge=1, le=10_000)] = CEILING
    """Ceiling: a sweep of more cells is refused, with what it would cost."""
    rungs: tuple[Rung, ...] = ()
    """Of `halving`, cheapest first; the last is drawn as the preset says."""
    rank: Annotated[tuple[Rank, ...], Field(min_length=1)] = (Rank(scorer="clip"),)
    """What makes a picture good: weighted ranks of scorers within the sweep."""
    refine: Refine | None = None

    @model_validator(mode="after")
    def _fits(self) -> "Sweep":
        if bool(self.unit) == bool(self.prompts):
            raise ValueError("a sweep tries either a 'unit' or 'prompts'")
        for axis, values in self.over.items():
            if axis not in AXES[:-1] and not axis.startswith("lora."):
                raise ValueError(f"over: '{axis}' cannot be crossed; these can: {', '.join(AXES[:-1])}, lora.NAME")
            if not values:
                raise ValueError(f"over.{axis}: no value is given")
            if len(set(values)) != len(values):
                raise ValueError(f"over.{axis}: a value stands twice")
        if self.lock and not self.unit:
            raise ValueError("a lock keeps the composition of a unit's take: name the 'unit' instead of prompts")
        if self.drawn and not self.unit:
            raise ValueError("'drawn' are the words of a unit: name the 'unit' instead of prompts")
        if "lock" in self.over and (not self.lock or not all(isinstance(value, bool) for value in self.over["lock"])):
            raise ValueError("over.lock: true and false are crossed, and 'lock' says what is kept")
        if self.search == "random" and math.prod(len(values) for values in self.axes.values()) > LARGEST:
            raise ValueError(f"the grid that is drawn from has more than {LARGEST} cells: cross fewer values")
        if self.search == "random" and self.cells is None:
            raise ValueError("a random search needs 'cells': how many are drawn from the grid")
        if (self.search == "halving") != bool(self.rungs):
            raise ValueError("successive halving needs 'rungs', and nothing else has them")
        return self

    @property
    def axes(self) -> dict[str, tuple[Value, ...]]:
        """All that is crossed, free prompts first."""
        return ({"prompt": self.prompts} if self.prompts else {}) | dict(self.over)


def cells_of_sweep(sweep: Sweep) -> dict[str, Settings]:
    """Cell id -> settings, in the order of the axes; ids follow from settings, so that editing a sweep keeps what it drew.

    A random search draws from the grid by the cells' own digests: the same sweep draws the same cells, and one that asks for more
    keeps those that it had.
    """
    names = list(sweep.axes)
    every = [tuple(zip(names, values, strict=True)) for values in itertools.product(*sweep.axes.values())]
    found = {sha256(canonical_json([sweep.sweep, *map(list, settings)]).encode())[:8]: settings for settings in every}
    if sweep.search != "random" or sweep.cells is None or sweep.cells >= len(found):
        return found
    drawn = set(sorted(found)[: sweep.cells])
    return {cell: settings for cell, settings in found.items() if cell in drawn}


def size_of_sweep(sweep: Sweep) -> int:
    """How many cells it has, counted without making them."""
    whole = math.prod(len(values) for values in sweep.axes.values())
    return min(whole, sweep.cells) if sweep.search == "random" and sweep.cells else whole


def read_sweep(file: Path) -> Sweep:
    """A sweep. Raises StoryError for what means nothing."""
    return Source(file).parse(Sweep)


def read_sweeps(folder: Path) -> dict[str, tuple[Path, Sweep]]:
    """Name -> file and sweep, of every file in `folder`. Raises StoryError for a name used twice."""
    found: dict[str, tuple[Path, Sweep]] = {}
    for file in sorted(folder.glob("*.yaml")):
        sweep = read_sweep(file)
        if sweep.sweep in found:
            raise Source(file).error(f"sweep '{sweep.sweep}' stands in {found[sweep.sweep][0].name} too", ("sweep",),
                                     "Give one another name")
        found[sweep.sweep] = (file, sweep)
    return found


def find_sweep(folder: Path, name: str) -> tuple[Path, Sweep]:
    """The sweep `name`. Raises StoryError with the nearest known name."""
    found = read_sweeps(folder)
    if name not in found:
        raise StoryError(f"there is no sweep '{name}'", file=folder, remedy=nearest(name, found))
    return found[name]


def rounds_over(folder: Path, unit: str) -> list[Sweep]:
    """The variation rounds over `unit`, in the order of their numbers."""
    rounds = [sweep for _, sweep in read_sweeps(folder).values() if sweep.lock and sweep.unit == unit]
    return sorted(rounds, key=lambda sweep: (sweep.lock.round if sweep.lock else 0, sweep.sweep))


def sweep_unit(sweep: Sweep, cell: str) -> str:
    """Unit id of a sweep's cell."""
    return f"sweep-{sweep.sweep}.{cell}"
