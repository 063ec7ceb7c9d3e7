"""Sweeps: a look is tried over many settings at once; what an author writes of it, one file each in sweeps/."""

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from studio.errors import StoryError
from studio.record import canonical_json, sha256
from studio.story.drawn import Drawn
from studio.story.fields import ID, Fraction, Id, Text, Value, Words
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

    SCHEMA = "sweep"

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
    _file: Path | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _finite(cls, data: Any) -> Any:
        for where, number in _floats(data):
            if not math.isfinite(number):
                raise ValueError(f"{where}: {number} is no number that anything could be set to")
        return data

    @model_validator(mode="after")
    def _fits(self) -> "Sweep":
        if bool(self.unit) == bool(self.prompts):
            raise ValueError("a sweep tries either a 'unit' or 'prompts'")
        for axis, values in self.over.items():
            _check_axis(axis, values)
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
    def file(self) -> Path | None:
        """Where it is written; None for one that is not."""
        return self._file

    def read_from(self, file: Path) -> "Sweep":
        """The same sweep, knowing its file."""
        self._file = file
        return self

    @property
    def axes(self) -> dict[str, tuple[Value, ...]]:
        """All that is crossed, free prompts first."""
        return ({"prompt": self.prompts} if self.prompts else {}) | dict(self.over)


def _floats(data: Any, where: str = "") -> Iterator[tuple[str, float]]:
    """Every float in what was written, with its place."""
    if isinstance(data, float):
        yield where, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _floats(value, f"{where}.{key}".removeprefix("."))
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _floats(value, where)


def _check_axis(axis: str, values: tuple[Value, ...]) -> None:
    """Raises ValueError for what cannot be crossed."""
    if axis not in AXES[:-1] and not axis.startswith("lora."):
        raise ValueError(f"over: '{axis}' cannot be crossed; these can: {', '.join(AXES[:-1])}, lora.NAME")
    if axis.startswith("lora.") and not re.fullmatch(ID, axis.removeprefix("lora.")):
        raise ValueError(f"over.{axis}: '{axis.removeprefix('lora.')}' is no name of a LoRA; models.yaml names them")
    if not values:
        raise ValueError(f"over.{axis}: no value is given")
    if len(set(values)) != len(values):
        raise ValueError(f"over.{axis}: a value stands twice")
    for value in values:
        _check_value(axis, value)


def _check_value(axis: str, value: Value) -> None:
    """Raises ValueError for what an axis cannot be set to; a preset's fields are checked by the preset."""
    number = None if isinstance(value, str | bool) else value
    whole = number if isinstance(number, int) else -1
    if axis.startswith("lora."):
        if number is None or not -2 <= number <= 2:
            raise ValueError(f"over.{axis}: '{value}' is no weight of a LoRA; use numbers from -2 to 2")
    elif axis == "seed" and not 0 <= whole < 2**32:
        raise ValueError(f"over.seed: '{value}' is no seed; use whole numbers from 0 to 4294967295")
    elif axis == "take" and not 1 <= whole <= 10_000:
        raise ValueError(f"over.take: '{value}' is no take; use whole numbers from 1 to 10000")
    elif axis in ("preset", *ADDED) and not isinstance(value, str):
        raise ValueError(f"over.{axis}: '{value}' is no text; put it in quotes")


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


def too_large(sweep: Sweep) -> bool:
    """Whether it has more cells than its ceiling: they are not to be made."""
    return size_of_sweep(sweep) > sweep.most


def read_sweep(file: Path) -> Sweep:
    """A sweep. Raises StoryError for what means nothing."""
    return Source(file).parse(Sweep).read_from(file)


def sweep_in(file: Path) -> Sweep:
    """The sweep in `file`, whatever else is broken in its folder. Raises StoryError for what means nothing, or a name that
    another file there has too.
    """
    sweep = read_sweep(file)
    for other, twin in readable_sweeps(file.parent)[0]:
        if other != file and twin.sweep == sweep.sweep:
            raise _twice(file, other, sweep.sweep)
    return sweep


def readable_sweeps(folder: Path) -> tuple[list[tuple[Path, Sweep]], list[StoryError]]:
    """Every file in `folder` with its sweep, and what is wrong with those that mean nothing."""
    found: list[tuple[Path, Sweep]] = []
    broken: list[StoryError] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            found.append((file, read_sweep(file)))
        except StoryError as exc:
            broken.append(exc)
    return found, broken


def read_sweeps(folder: Path) -> dict[str, tuple[Path, Sweep]]:
    """Name -> file and sweep, of every file in `folder`. Raises StoryError for what means nothing, or a name used twice."""
    readable, broken = readable_sweeps(folder)
    if broken:
        raise broken[0]
    found: dict[str, tuple[Path, Sweep]] = {}
    for file, sweep in readable:
        if sweep.sweep in found:
            raise _twice(file, found[sweep.sweep][0], sweep.sweep)
        found[sweep.sweep] = (file, sweep)
    return found


def find_sweep(folder: Path, name: str) -> tuple[Path, Sweep]:
    """The sweep `name`, whatever else is broken in `folder`. Raises StoryError with the nearest known name."""
    readable, broken = readable_sweeps(folder)
    found = [(file, sweep) for file, sweep in readable if sweep.sweep == name]
    if len(found) > 1:
        raise _twice(found[1][0], found[0][0], name)
    if not found and broken:  # it may be the one that was meant
        raise broken[0]
    if not found:
        raise StoryError(f"there is no sweep '{name}'", file=folder, remedy=nearest(name, [s.sweep for _, s in readable]))
    return found[0]


def _twice(file: Path, other: Path, name: str) -> StoryError:
    return Source(file).error(f"sweep '{name}' stands in {other.name} too", ("sweep",), "Give one another name")


def rounds_over(sweeps: Iterable[Sweep], unit: str) -> list[Sweep]:
    """The variation rounds over `unit` among `sweeps`, in the order of their numbers."""
    rounds = [sweep for sweep in sweeps if sweep.lock and sweep.unit == unit]
    return sorted(rounds, key=lambda sweep: (sweep.lock.round if sweep.lock else 0, sweep.sweep))


def sweep_unit(sweep: Sweep, cell: str) -> str:
    """Unit id of a sweep's cell."""
    return f"sweep-{sweep.sweep}.{cell}"
