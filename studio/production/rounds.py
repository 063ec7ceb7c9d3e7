"""Rounds of variation over one unit: begun from a take or a winner, numbered, compared, and what their lock was worth."""

import itertools
import string
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import yaml
from pydantic import ValidationError

from studio.errors import PresetError, RenderError, StoryError
from studio.judge.locking import Saving, keeping
from studio.judge.sheets import Tile, rounds_sheet, small
from studio.plan.history import PastTake
from studio.plan.locks import Locked
from studio.plan.sweeps import keeps
from studio.production.opening import Production
from studio.production.sweeping import Standing, standings, sweep_planner, tile_of
from studio.render.renderer import Run
from studio.store.artifacts import write_atomically
from studio.store.writing import create_exclusively
from studio.story.drawn import LOCKS, Drawn
from studio.story.fields import Value
from studio.story.reading import nearest
from studio.story.sweeps import (
    Sweep,
    read_sweep,
    read_sweeps,
    readable_sweeps,
    rounds_over,
    sweep_unit,
    too_large,
)

BEST = 5
"""Pictures of a round in the sheet that compares rounds."""
MOST_FREE = 200
"""Takes without the lock that are looked at, the latest."""
HEAD = "# Variation round {round} over {unit}. 'genga sweep run {name}' draws it; docs/judging.md tells what may stand here.\n"


def begin_round(
    production: Production, unit: str, over: Mapping[str, Sequence[Value]], lock: Mapping[str, object], cell: str = ""
) -> tuple[Path, Sweep]:
    """Write the next round over `unit` into sweeps/ and give it; nothing is drawn.

    over: axis -> values. lock: fields of the lock but its take and round. cell: winner of an earlier round or sweep over the
    unit, whose picture is locked and whose settings stay where they are not crossed anew; else the take in use is locked.
    Raises StoryError, ModelError for what cannot be drawn; the file is not written then.
    """
    folder = production.show.folder / "sweeps"
    number, name = _next(folder, unit)
    kept: dict[str, Sequence[Value]] = {}
    written: dict[str, object] = {}
    drawn: Drawn | None = None
    if cell:
        source, settings, drawn = _winner(production, unit, cell)
        kept = {axis: [value] for axis, value in settings.items() if axis not in ("lock", "seed", "take")}
        written = {"take": source.artifact[:16]}
    crossed = {axis: list(values) for axis, values in {**kept, **over}.items()}
    if not any(len(values) > 1 for values in crossed.values()) and not over:
        raise StoryError("nothing varies", field="vary", remedy="Give a --palette, a --texture, a --lora or an --over")
    if drawn is None:
        begun = sweep_planner(production, _parsed({"sweep": name, "unit": unit, "lock": dict(lock)}))
        drawn = begun.base
        written = {"take": begun.locked.take.artifact[:16]} if begun.locked else {}
    # what is in use and what is written may change: a round stays what it was
    plain: dict[str, object] = {
        "sweep": name, "title": f"{unit}, round {number}", "unit": unit, "lock": {**written, "round": number, **lock},
        "over": crossed, "drawn": _unlocked(drawn),
    }
    sweep = _parsed(plain)
    sweep_planner(production, sweep).check()
    while not create_exclusively(folder / f"{name}.yaml", _text(plain)):  # somebody else began a round at the same time
        number, name = _next(folder, unit)
        plain |= {"sweep": name, "title": f"{unit}, round {number}", "lock": {**written, "round": number, **lock}}
    return folder / f"{name}.yaml", read_sweep(folder / f"{name}.yaml")


def _next(folder: Path, unit: str) -> tuple[int, str]:
    """Number and name of the next round over `unit`. Two units may be written alike in names: theirs are counted on."""
    # listed before they are read: a file that comes between is counted as a round, one that comes later is met when writing
    taken = {file.stem for file in folder.glob("*.yaml")}
    sweeps = read_sweeps(folder)
    rounds = rounds_over((sweep for _, sweep in sweeps.values()), unit)
    number = max((sweep.lock.round for sweep in rounds if sweep.lock), default=0) + 1
    return number, next(_free(f"{unit.replace('.', '-')[:50]}-round-{number}", taken | sweeps.keys()))


def _free(name: str, taken: Collection[str]) -> Iterator[str]:
    endings = itertools.chain(string.ascii_lowercase[1:], map(str, itertools.count(27)))
    for one in itertools.chain([name], (f"{name}-{ending}" for ending in endings)):
        if one not in taken:
            yield one


def _text(plain: Mapping[str, object]) -> bytes:
    lock = plain["lock"]
    assert isinstance(lock, dict)
    head = HEAD.format(round=lock["round"], unit=plain["unit"], name=plain["sweep"])
    return (head + yaml.safe_dump(dict(plain), sort_keys=False, allow_unicode=True)).encode()


def saving(production: Production, sweep: Sweep, found: Sequence[Standing]) -> Saving | None:
    """What the lock of a round was worth; None for a sweep without one, or one that keeps no lines."""
    locked = sweep_planner(production, sweep).locked
    if locked is None or locked.lines is None or locked.lines.artifact is None:
        return None
    picture = production.sources.picture
    lines, own = picture(locked.lines.artifact), picture(locked.take.artifact)
    drawn = [one.take.artifact for one in found if keeps(one.settings)]
    free = [take.artifact for take in _without(production, sweep, locked)]
    return Saving(keeping(map(picture, drawn), lines, own), len(drawn), keeping(map(picture, free), lines, own), len(free))


def publish_rounds(production: Production, unit: str, run: Run) -> Path | None:
    """Write out/sweeps/UNIT-rounds.png, where all rounds over `unit` are compared; None while none is drawn."""
    rows: list[tuple[str, str, list[Tile]]] = []
    readable, _ = readable_sweeps(production.show.folder / "sweeps")  # a broken file keeps no other from being shown
    for sweep in rounds_over((sweep for _, sweep in readable), unit):
        try:
            locked = sweep_planner(production, sweep).locked
            found = standings(production, sweep, run)
        except (RenderError, StoryError, PresetError):  # a round that is not drawn yet, or cannot be any more
            continue
        assert locked is not None and sweep.lock is not None
        own = small(production.sources.picture(locked.take.artifact))
        first = Tile({}, own, "locked", f"take {locked.take.artifact[:8]}")
        worth = saving(production, sweep, found)
        best = [_tile(production, one) for one in found if keeps(one.settings)][:BEST]
        rows.append((f"round {sweep.lock.round}", worth.told() if worth else "", [first, *best]))
    if not rows:
        return None
    file = production.show.out / "sweeps" / f"{unit}-rounds.png"
    write_atomically(file, rounds_sheet(f"{unit}: rounds of variation", rows))
    return file


def _tile(production: Production, one: Standing) -> Tile:
    tile = tile_of(production, one)
    return replace(tile, settings={axis: value for axis, value in tile.settings.items() if axis != "lock"})


def _winner(production: Production, unit: str, cell: str) -> tuple[PastTake, dict[str, Value], Drawn]:
    """The picture of a cell of some sweep over the unit, its settings, and the words that they were tried on."""
    history = production.history()
    known: dict[str, tuple[PastTake, dict[str, Value], Drawn]] = {}
    for _, sweep in read_sweeps(production.show.folder / "sweeps").values():
        if sweep.unit != unit or too_large(sweep):
            continue
        planner = sweep_planner(production, sweep)
        for name, settings in planner.cells().items():
            pick = history.picks.get((sweep_unit(sweep, name), "sweep", ""))
            if pick and pick.recipe in history.takes:
                known[name] = (history.takes[pick.recipe], dict(settings), planner.base)
    if cell not in known:
        raise StoryError(f"no drawn sweep over {unit} has a cell '{cell}'", field="--from", remedy=nearest(cell, known))
    return known[cell]


def _unlocked(drawn: Drawn) -> dict[str, object]:
    """A unit's words as they are written, without what an earlier round locked in them: the new lock takes its place."""
    said = Drawn.model_validate(drawn.model_dump(include=set(Drawn.model_fields)))
    said = said.model_copy(update={"control": tuple(c for c in said.control if not (c.image or "").startswith(f"{LOCKS}/"))})
    if said.init and said.init.image.startswith(f"{LOCKS}/"):
        said = said.model_copy(update={"init": None})
    return said.model_dump(mode="json", exclude_defaults=True)


def _parsed(plain: Mapping[str, object]) -> Sweep:
    try:
        return Sweep.model_validate(plain)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StoryError(first["msg"].removeprefix("Value error, "), field=where or "vary",
                         remedy="'genga vary --help' shows examples") from exc


def _without(production: Production, sweep: Sweep, locked: Locked) -> list[PastTake]:
    """Takes of the unit that were drawn without any lock: its own and those of sweeps over it, this one's too."""
    history = production.history()
    readable, _ = readable_sweeps(production.show.folder / "sweeps")
    sweeps = [other.sweep for _, other in readable if other.unit == sweep.unit]
    lines = {take.artifact for take in history.takes.values() if take.stage == "lines" and take.unit == sweep.unit}
    beginnings = tuple(f"sweep-{name}." for name in sweeps)
    others = [
        take for take in history.takes.values()
        if ((take.unit == sweep.unit and take.stage in ("panel", "keyframe"))
            or (take.stage == "sweep" and take.unit.startswith(beginnings)))
        and take.artifact != locked.take.artifact and production.artifacts.has(take.artifact, take.suffix)
        and not take.body.get("init") and not any(c.get("image") in lines for c in take.body.get("controls", ()))
    ]
    return others[-MOST_FREE:]
