"""Using: a sweep's cell becomes what its unit is drawn as, written into the storyboard. Its picture is found, not drawn again."""

from pathlib import Path
from typing import Any

from studio.errors import StoryError
from studio.plan.history import Stage
from studio.plan.locks import Locked
from studio.plan.recipes import ImageRecipe
from studio.plan.seeds import SPACE
from studio.plan.sweeps import OPENED, SweepPlanner
from studio.production.opening import Production
from studio.production.sweeping import sweep_planner
from studio.store.artifacts import write_atomically
from studio.story.drawn import LOCKS, Drawn
from studio.story.importing.drawing import with_drawn
from studio.story.reading import nearest
from studio.story.storyboard import Storyboard, keyframe_unit, panel_unit
from studio.story.sweeps import ADDED, Sweep

STAGES: tuple[Stage, ...] = ("panel", "keyframe")
FIELDS = ("prompt", "preset", "take", "seed_offset", "override", "loras", "control", "init")
"""What a cell decides of a unit."""


def use(production: Production, sweep: Sweep, cell: str) -> tuple[Path, list[str]]:
    """Write what `cell` settled into its unit in the storyboard; the file, and what changed there.

    Raises StoryError for an unknown cell or one that is not drawn, a sweep over free prompts, a unit that would not be drawn
    the same way (then its storyboard is as before), or a file that cannot be changed in place.
    """
    planner = sweep_planner(production, sweep)
    if cell not in planner.cells():
        raise StoryError(f"sweep '{sweep.sweep}' has no cell '{cell}'", field="cell", remedy=nearest(cell, planner.cells()))
    if sweep.unit is None:
        raise StoryError(f"sweep '{sweep.sweep}' tries free prompts, no unit", field="unit",
                         remedy="'genga sweep adopt' writes a winner into a look")
    step = planner.step(cell)
    if not isinstance(step.recipe, ImageRecipe) or step.artifact is None:
        raise StoryError(f"cell '{cell}' is not drawn to the end", field="cell",
                         remedy=f"Run 'genga sweep run {sweep.sweep}' first")
    board = next(b for b in production.boards() if b.episode == sweep.unit.split(".", 1)[0])
    assert board.file is not None
    _refuse_reviewed(production, sweep.unit, step.artifact)
    before = board.file.read_bytes().decode("utf-8")
    kept = _pictures(production, planner, cell)
    changes = _changes(production, planner, cell, kept)
    if (planner.base.candidates or production.show.settings.candidates) > 1:
        changes["candidates"] = 1  # the best is found: others would be drawn beside it
    write_atomically(board.file, with_drawn(before, board, sweep.unit, changes).encode())
    try:
        _settle_seed(production, board, sweep.unit, step.recipe, changes, before)
    except BaseException:
        write_atomically(board.file, before.encode())
        raise
    return board.file, [f"{field}: {value}" for field, value in changes.items() if value is not None]


def _refuse_reviewed(production: Production, unit: str, artifact: str) -> None:
    """Raises StoryError where people's words ask for another take than the cell's."""
    history = production.history()
    for stage in STAGES:
        accepted, rejected = history.accepted(unit, stage), history.rejected(unit, stage)
        if artifact in rejected:
            raise StoryError(f"{rejected[artifact].reviewer} rejected this very picture for {unit}", field="cell",
                             remedy="Use another cell, or take the review back")
        if accepted and accepted != artifact:
            raise StoryError(f"somebody accepted take {accepted[:12]}… of {unit}", field="cell",
                             remedy=f"'genga review --undo {unit}' takes that back; then use the cell")


def _pictures(production: Production, planner: SweepPlanner, cell: str) -> dict[str, str]:
    """sha256 -> file in the show of the pictures that a locked cell was drawn along, copied out of the store."""
    locked = planner.locked
    if locked is None or not dict(planner.cells()[cell]).get("lock", True):
        return {}
    found: dict[str, str] = {}
    for sha in filter(None, (locked.lines.artifact if locked.lines else None, locked.take.artifact if _starts(locked) else None)):
        name = f"{LOCKS}/{planner.sweep.unit}-{sha[:12]}.png"
        write_atomically(production.show.folder / name, production.artifacts.get(sha, ".png"))
        found[sha] = name
    return found


def _starts(locked: Locked) -> bool:
    """Whether cells start from the take itself."""
    return locked.lock.strength is not None or locked.mask is not None


def _changes(production: Production, planner: SweepPlanner, cell: str, kept: dict[str, str]) -> dict[str, Any]:
    """The fields of the unit that a cell settles, as they are written."""
    settings, drawn = dict(planner.cells()[cell]), planner.base
    # what an earlier cell settled goes, unless this one was tried with it
    written = drawn.model_dump(mode="json", exclude_defaults=True)
    changes: dict[str, Any] = {field: written.get(field) for field in FIELDS}
    changes |= {axis: settings[axis] for axis in ("preset", "take") if axis in settings}
    added = [str(settings[axis]) for axis in ADDED if settings.get(axis)]
    if added:
        changes["prompt"] = ", ".join((drawn.prompt, *added))
    opened = {axis: settings[axis] for axis in OPENED if axis in settings}
    if opened:
        changes["override"] = {**drawn.override, **opened}
    weights = {axis.removeprefix("lora."): value for axis, value in settings.items() if axis.startswith("lora.")}
    if weights:
        uses = {use.model: use.weight for use in drawn.loras} | weights
        changes["loras"] = [{"model": model, "weight": weight} for model, weight in uses.items() if weight]
    return changes | (_lock_fields(production, planner, drawn, kept) if kept else {})


def _lock_fields(production: Production, planner: SweepPlanner, drawn: Drawn, kept: dict[str, str]) -> dict[str, Any]:
    locked = planner.locked
    assert locked is not None
    fields: dict[str, Any] = {}
    if locked.lines and locked.lines.artifact:
        control = {"model": production.library.models.name_of(locked.model), "image": kept[locked.lines.artifact],
                   "weight": locked.lock.weight, "start": locked.lock.start, "end": locked.lock.end}
        before = [use.model_dump(mode="json", exclude_defaults=True) for use in drawn.control]
        fields["control"] = [*before, control]
    if _starts(locked):
        init = {"image": kept[locked.take.artifact], "strength": locked.strength}
        fields["init"] = init | ({"mask": locked.lock.mask} if locked.lock.mask else {})
    return fields


def _settle_seed(
    production: Production, board: Storyboard, unit: str, wanted: ImageRecipe, changes: dict[str, Any], before: str
) -> None:
    """Make the unit's seed the cell's by its offset, and see that its plan asks for the cell's recipe. Raises StoryError."""
    made = _recipe(production, board, unit)
    if made.seed != wanted.seed:
        offset = _offset(board, unit)
        changes["seed_offset"] = (offset + wanted.seed - made.seed) % SPACE
        assert board.file is not None
        write_atomically(board.file, with_drawn(before, board, unit, changes).encode())
        made = _recipe(production, board, unit)
    if made.digest() != wanted.digest():
        one, other = made.model_dump(mode="json"), wanted.model_dump(mode="json")
        differs = ", ".join(field for field in one if one[field] != other[field])
        raise StoryError(f"in the storyboard the cell would be another picture ({differs})", file=board.file, field=unit,
                         remedy="Keyframes drawn over each other, or joined with a background of their own, cannot be written so")


def _recipe(production: Production, board: Storyboard, unit: str) -> ImageRecipe:
    (again,) = (b for b in production.boards(board.episode) if b.episode == board.episode)
    step = next(s for s in production.plan(again).steps if s.unit == unit and s.stage in ("panel", "keyframe"))
    if step.error:
        raise step.error
    assert isinstance(step.recipe, ImageRecipe)
    return step.recipe


def _offset(board: Storyboard, unit: str) -> int:
    drawn = {panel_unit(board, panel): panel.seed_offset for page in board.pages for panel in page.panels}
    drawn |= {keyframe_unit(board, shot, k): k.seed_offset for shot in board.shots for k in shot.keyframes}
    return drawn[unit]
