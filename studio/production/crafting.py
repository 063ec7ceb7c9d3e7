"""Crafting: what is made here on the CPU from things that are ready; found again by its recipe."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from studio.errors import GengaError, RenderError
from studio.plan.causes import why_made
from studio.plan.history import History, PastTake, Verdict
from studio.plan.plans import Step
from studio.production.gating import gate_verdicts, stopping
from studio.production.making import Made, failed, keep_verdicts, pick, why_not
from studio.production.opening import Production
from studio.render.renderer import Cost, Order, Run, paid
from studio.store.artifacts import write_atomically
from studio.store.events import Failure, Publish
from studio.store.hashing import file_sha256
from studio.store.previews import keep_preview, put_preview

FORGOTTEN = 86_400
"""Seconds after which a file that was never finished is nobody's."""


@dataclass(frozen=True)
class Crafted:
    """What a craft gives back."""

    data: bytes | Path
    """Bytes, or a file that is taken over and deleted."""
    suffix: str
    extras: dict[str, bytes] = field(default_factory=dict[str, bytes])
    measures: dict[str, float] = field(default_factory=dict[str, float])
    notes: tuple[str, ...] = ()
    """What was done that nobody asked for, in sentences; people are told."""
    preview: bytes = b""
    """A small WebP, moving or still, that stands for it in lists; a PNG makes its own."""


Craft = Callable[[Step], Crafted]
Inspect = Callable[[Step, PastTake], list[Verdict]]


def make_crafted(production: Production, step: Step, run: Run, craft: Craft, inspect: Inspect | None = None) -> Made:
    """Find what `step` wants or make it. A step that cannot be made, or fails, comes back with its error."""
    if step.waiver:
        return Made(step, production.history().takes[step.digest], reused=True)
    if step.recipe is None or step.state == "blocked":
        return Made(step, None, error=why_not(step))
    production.claims.wait([step.digest])
    try:
        return _found_or_made(production, step, run, craft, inspect)
    finally:
        production.claims.release(step.digest)


def _found_or_made(production: Production, step: Step, run: Run, craft: Craft, inspect: Inspect | None) -> Made:
    """What another process made meanwhile is found: the ledger is read after the claim."""
    history = production.history()
    take = production.renderer(run).find(history, step.digest)
    reused = take is not None
    if take is None:
        order, started = _order(production, step, history), time.perf_counter()
        try:
            take = _keep(production, step, run, craft, order)
        except Exception as exc:  # one that fails must not keep the others of a run from being made
            error = exc if isinstance(exc, GengaError) else RenderError(
                f"{step.stage} cannot be made ({type(exc).__name__}: {exc})", field=step.unit,
                remedy="'genga doctor' looks at the machine; 'genga --debug' tells more")
            production.ledger.append(Failure(
                show=production.show.name, unit=step.unit, recipe=step.digest, trace=run.trace, run=run.id,
                attempt=run.attempt, stage=step.stage, language=step.language, error=type(exc).__name__, message=error.render(),
                **paid(order, Cost(time.perf_counter() - started)),
            ))
            return Made(step, None, error=error)
    verdicts = inspect(step, take) if inspect else []
    try:
        verdicts += gate_verdicts(production, step, take, run, history.numbers)
    except GengaError as exc:
        return replace(failed(production, step, run, exc, reused), verdicts=tuple(verdicts))
    if step.state != "fresh":
        keep_verdicts(production, step, take, run, verdicts)
    stopped = stopping(history, step, take, verdicts)
    if stopped:
        why = "; ".join(f"{v.check}: {v.note}" for v in stopped)
        return Made(step, None, reused, tuple(verdicts), RenderError(
            f"it failed a blocking check ({why})", field=step.unit, remedy="'genga why' tells what it was made from"))
    if step.state != "fresh":
        pick(production, step, take, run, reused)
    return Made(step, take, reused, tuple(verdicts))


def _order(production: Production, step: Step, history: History) -> Order:
    assert step.recipe is not None
    return Order(step.unit, step.stage, step.recipe, inputs=step.inputs, pool=step.pool,
                 rate=production.show.price(step.pool), language=step.language, why=why_made(step, history), predicted=step.each)


def _keep(production: Production, step: Step, run: Run, craft: Craft, order: Order) -> PastTake:
    renderer = production.renderer(run)
    renderer.keep_inputs([order])
    start = time.perf_counter()
    try:
        made = craft(step)
        cost = Cost(time.perf_counter() - start)
        take = renderer.keep(order, made.data, made.suffix, cost, made.extras, made.measures, made.notes)
    finally:
        while production.scratched:
            production.scratched.pop().unlink(missing_ok=True)
    if made.preview:
        keep_preview(production.artifacts, take.artifact, made.preview)
    elif made.suffix == ".png":
        put_preview(production.artifacts, take.artifact, production.sources.picture(take.artifact))
    return take


def kept(production: Production, step: Step, sha: str) -> Path:
    """A file of the show that a step was told to keep first; an artifact's name keeps its suffix."""
    return production.artifacts.path(sha, step.inputs[sha].suffix.lower())


def scratch(production: Production, suffix: str) -> Path:
    """A place for a file on its way to the store, on the same disk; gone when its craft is done or fails."""
    folder = production.show.out / "making"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():  # of processes that were killed
        if old.stat().st_mtime < time.time() - FORGOTTEN:
            shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=suffix, delete=False) as handle:
        production.scratched.append(Path(handle.name))
        return Path(handle.name)


def publish(production: Production, step: Step, take: PastTake, run: Run, files: dict[Path, tuple[str, str]]) -> None:
    """Copy a deliverable's files (path -> artifact sha256, suffix) to where people look; nothing where they are already."""
    changed = [path for path, (sha, _) in files.items() if not (path.is_file() and file_sha256(path) == sha)]
    for path in changed:
        write_atomically(path, production.artifacts.get(*files[path]))
    if changed:
        production.ledger.append(Publish(
            show=production.show.name, unit=step.unit, recipe=take.recipe, trace=run.trace, run=run.id,
            attempt=run.attempt, files=tuple(str(p.relative_to(production.show.folder)) for p in files),
            artifacts=tuple(sha for sha, _ in files.values()),
        ))
