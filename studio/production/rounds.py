"""Rounds of variation over one unit: begun from a take or a winner, numbered, compared, and what their lock was worth."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import yaml
from pydantic import ValidationError

from studio.errors import RenderError, StoryError
from studio.judge.locking import Saving, keeping
from studio.judge.sheets import Tile, rounds_sheet
from studio.plan.history import PastTake
from studio.plan.locks import Locked
from studio.production.opening import Production
from studio.production.sweeping import Standing, keeps, standings, sweep_planner, tile_of
from studio.render.renderer import Run
from studio.store.artifacts import write_atomically
from studio.story.drawn import LOCKS, Drawn
from studio.story.fields import Value
from studio.story.reading import nearest
from studio.story.sweeps import Sweep, read_sweep, read_sweeps, rounds_over, sweep_unit

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
    before = rounds_over(folder, unit)
    number = max((sweep.lock.round for sweep in before if sweep.lock), default=0) + 1
    name = f"{unit.replace('.', '-')[:50]}-round-{number}"
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
    plain = {"sweep": name, "title": f"{unit}, round {number}", "unit": unit, "lock": {**written, "round": number, **lock},
             "over": crossed, "drawn": _unlocked(drawn)}
    sweep = _parsed(plain)
    sweep_planner(production, sweep).check()
    file = folder / f"{name}.yaml"
    text = HEAD.format(round=number, unit=unit, name=name) + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)
    write_atomically(file, text.encode())
    return file, read_sweep(file)


def saving(production: Production, sweep: Sweep, found: Sequence[Standing]) -> Saving | None:
    """What the lock of a round was worth; None for a sweep without one, or one that keeps no lines."""
    locked = sweep_planner(production, sweep).locked
    if locked is None or locked.lines is None or locked.lines.artifact is None:
        return None
    picture = production.sources.picture
    lines, own = picture(locked.lines.artifact), picture(locked.take.artifact)
    drawn = [picture(one.take.artifact) for one in found if keeps(one.settings)]
    free = [picture(take.artifact) for take in _without(production, sweep, locked)]
    return Saving(keeping(drawn, lines, own), len(drawn), keeping(free, lines, own), len(free))


def publish_rounds(production: Production, unit: str, run: Run) -> Path | None:
    """Write out/sweeps/UNIT-rounds.png, where all rounds over `unit` are compared; None while none is drawn."""
    rows: list[tuple[str, str, list[Tile]]] = []
    for sweep in rounds_over(production.show.folder / "sweeps", unit):
        locked = sweep_planner(production, sweep).locked
        try:
            found = standings(production, sweep, run)
        except RenderError:  # a round that is not drawn yet
            continue
        assert locked is not None and sweep.lock is not None
        first = Tile({}, production.sources.picture(locked.take.artifact), "locked", f"take {locked.take.artifact[:8]}")
        worth = saving(production, sweep, found)
        best = [_tile(production, one) for one in found if keeps(one.settings)][:BEST]
        rows.append((f"round {sweep.lock.round}", worth.told() if worth else "", [first, *best]))
    if not rows:
        return None
    file = production.show.out / "sweeps" / f"{unit.replace('.', '-')}-rounds.png"
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
        if sweep.unit != unit:
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
    sweeps = [other.sweep for _, other in read_sweeps(production.show.folder / "sweeps").values() if other.unit == sweep.unit]
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
