"""Shots: keyframes, inbetweens and their finals, rendered on the farm and judged before anything is spent on what follows."""

from collections.abc import Iterator
from dataclasses import replace

from studio.errors import GengaError, StoryError
from studio.judge.sequences import judge_keyframe, judge_sequence
from studio.motion.blockout import make_blockout
from studio.plan.film_recipes import BlockoutRecipe, FramesFinalRecipe, InbetweenRecipe
from studio.plan.history import DRAWN, INGREDIENTS, PastTake, Stage, Verdict
from studio.plan.inbetweens import inbetween_recipe
from studio.plan.plans import Plan, Step
from studio.plan.recipes import ImageRecipe
from studio.production.candidates import draw_candidates
from studio.production.crafting import Crafted, kept, make_crafted, scratch
from studio.production.making import Judge, Made, Wanted, everything, make_rendered
from studio.production.opening import Production
from studio.render.catalogue import engine
from studio.render.renderer import Run
from studio.store.frames import SUFFIX as SEQUENCE
from studio.story.storyboard import Storyboard, keyframe_unit, shot_unit


def make_keyframes(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Draw the keyframes that `wanted` keeps, and what they are made from: blockouts, backgrounds, figures.

    One drawn over another waits for it, so this goes on until none is left. A keyframe that a blocking check refuses stops its
    shot: nothing after it is spent.
    """
    plan = production.plan(board)
    judge, stuck = _of_keyframes(production, plan), _cannot_move(production, plan, board)
    for step in plan.steps:
        if step.stage == "keyframe" and step.todo and step.place in stuck and wanted(step):
            yield Made(step, None, error=stuck[step.place])
    yield from _keyframes(production, board, run, lambda step: step.place not in stuck and wanted(step), judge)


def _cannot_move(production: Production, plan: Plan, board: Storyboard) -> dict[str, GengaError]:
    """Shots whose gaps could not be drawn by what their look names: nothing is paid for their keyframes."""
    stuck: dict[str, GengaError] = {}
    for shot in board.shots:
        place = shot_unit(board, shot)
        wish = next((s.wish for s in plan.steps if s.stage == "keyframe" and s.place == place and s.wish), None)
        if wish is None:
            continue
        try:
            recipe = inbetween_recipe(production.library, wish, shot.quality, "0" * 64, "0" * 64, frames=2)
            check = getattr(engine(recipe.engine), "check", None)  # engines whose weights may not fit each other have one
            if check:
                check(recipe, production.sources)
        except GengaError as exc:
            stuck[place] = exc
    return stuck


def _keyframes(production: Production, board: Storyboard, run: Run, wanted: Wanted, judge: Judge) -> Iterator[Made]:
    tried: set[str] = set()
    failed: dict[str, GengaError] = {}
    while True:
        plan = production.plan(board)
        ready = _ready(plan, board, wanted, tried)
        if not ready:
            break
        tried |= ready
        for stage in INGREDIENTS:
            made = _ingredients(production, plan.where(lambda step, ready=ready: step.key in ready), stage, run, judge)
            failed |= {one.step.key: one.error for one in made if one.error}
        lost = draw_candidates(production, board, run, "keyframe", lambda step, ready=ready: step.key in ready, judge)
        failed |= {f"{unit} keyframe": error for unit, error in lost.items()}
        drawn, sound = production.plan(board), frozenset(ready - failed.keys())
        yield from (Made(s, None, error=lost[s.unit]) for s in drawn.steps if s.stage == "keyframe" and s.unit in lost)
        yield from make_rendered(production, drawn, "keyframe", run, lambda step, sound=sound: step.key in sound, judge)
    rest = plan.where(lambda step: step.stage == "keyframe" and wanted(step) and step.key not in tried)
    for made in make_rendered(production, rest, "keyframe", run, everything, judge):
        cause = next(filter(None, (failed.get(need.key) or need.error for need in _needed(plan, board, made.step))), None)
        yield replace(made, error=cause) if cause else made


def _ready(plan: Plan, board: Storyboard, wanted: Wanted, tried: set[str]) -> set[str]:
    """Keys of keyframes that are wanted, and of what those to be drawn need, whose recipe is known and that were not tried."""
    keyframes = [s for s in plan.steps if s.stage == "keyframe" and wanted(s)]
    needs = [need for s in keyframes if s.todo for need in _needed(plan, board, s) if need.todo]
    return {s.key for s in (*keyframes, *needs) if s.recipe is not None and s.state != "blocked" and s.key not in tried}


def _needed(plan: Plan, board: Storyboard, keyframe: Step) -> list[Step]:
    """What a keyframe is made from: its shot's blockout and background, its figure, and the figures that that is drawn over."""
    here = [s for s in plan.steps if s.stage in INGREDIENTS and s.place == keyframe.place]
    figures = {s.unit: s for s in here if s.stage == "figure"}
    chain: list[Step] = []
    for unit, over in _backwards(board, keyframe):
        chain += [figures[unit]] if unit in figures else []
        if not over:
            break
    return [*(s for s in here if s.stage in ("blockout", "background")), *reversed(chain)]


def _backwards(board: Storyboard, keyframe: Step) -> Iterator[tuple[str, bool]]:
    """(unit, is it drawn over the one before it) of a keyframe and those before it in its shot, last first."""
    shot = next((shot for shot in board.shots if shot_unit(board, shot) == keyframe.place), None)
    known = [(keyframe_unit(board, shot, k), k.from_previous is not None) for k in shot.keyframes] if shot else []
    at = next((i for i, (unit, _) in enumerate(known) if unit == keyframe.unit), -1)
    yield from reversed(known[: at + 1])


def _ingredients(production: Production, plan: Plan, stage: Stage, run: Run, judge: Judge) -> Iterator[Made]:
    """What keyframes are made from, at one stage."""
    if stage in DRAWN:
        yield from make_rendered(production, plan, stage, run, everything, judge)
        return
    for step in plan.steps:
        if step.stage == stage:
            yield make_crafted(production, step, run, lambda step: _blockout(production, step))


def _blockout(production: Production, step: Step) -> Crafted:
    assert isinstance(step.recipe, BlockoutRecipe)
    out = scratch(production, SEQUENCE)
    files = [kept(production, step, sha) for sha in step.recipe.source]
    try:
        maps = make_blockout(step.recipe, files, out)
    except StoryError as exc:  # a broken frame is named as its author knows it
        sha = next((sha for sha, file in zip(step.recipe.source, files, strict=True) if str(file) == exc.file), None)
        raise StoryError(exc.message, file=step.inputs[sha] if sha else exc.file, field=f"{step.unit}.{exc.field}",
                         remedy=exc.remedy) from exc
    return Crafted(out, SEQUENCE, maps, {"frames": float(step.recipe.drawings)})


def _of_keyframes(production: Production, plan: Plan) -> Judge:
    """The checks of a keyframe, which know how large the others of its shot are."""
    sizes: dict[str, dict[str, tuple[int, int]]] = {}
    for step in plan.steps:
        if step.stage == "keyframe" and step.wish:
            sizes.setdefault(step.place, {})[step.unit] = (step.wish.recipe.width, step.wish.recipe.height)

    def asked(step: Step, take: PastTake) -> list[Verdict]:
        assert isinstance(step.recipe, ImageRecipe)
        data = production.artifacts.get(take.artifact, take.suffix)
        # a background may have a look of its own; it is brought to the keyframes' size when they are joined
        return judge_keyframe(step.unit, data, step.recipe, {} if step.stage == "background" else sizes[step.place])

    return asked


def make_inbetweens(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Fill the gaps after the keyframes that `wanted` keeps."""
    yield from make_rendered(production, production.plan(board), "inbetween", run, wanted, of_sequences(production))


def make_inbetween_finals(production: Production, board: Storyboard, run: Run, wanted: Wanted = everything) -> Iterator[Made]:
    """Bring the frames of the gaps that `wanted` keeps to their final size."""
    yield from make_rendered(production, production.plan(board), "inbetween_final", run, wanted, of_sequences(production))


def of_sequences(production: Production) -> Judge:
    """The checks of a frame sequence, as they are asked of a take."""

    def asked(step: Step, take: PastTake) -> list[Verdict]:
        assert isinstance(step.recipe, InbetweenRecipe | FramesFinalRecipe)
        recipe = step.recipe
        planned = recipe.frames if isinstance(recipe, InbetweenRecipe) else recipe.count
        size = (recipe.width, recipe.height) if isinstance(recipe, InbetweenRecipe) else None
        return judge_sequence(production.artifacts.path(take.artifact, take.suffix), planned, size)

    return asked
