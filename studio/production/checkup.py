"""Checkup: is everything here that rendering needs? Each test is a promise, with what to do when it is broken."""

import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from studio.errors import GengaError, ModelError, StoreError
from studio.fonts.shipped import FILES, FOLDER
from studio.plan.planner import plan_episode
from studio.plan.recipes import ImageRecipe
from studio.production.memory import Forecast, forecasts
from studio.production.opening import Production, open_production
from studio.render.environment import best_device
from studio.render.model_cache import free_bytes
from studio.render.renderer import Order, Run
from studio.store.artifacts import LocalArtifacts, write_atomically
from studio.store.hot import doubts, hot_weights
from studio.store.ledger import Ledger
from studio.story.starter import write_starter

GIB, GB = 2**30, 10**9
ENOUGH_DISK = 2 * GIB
LIBRARIES = ("dagster", "dagster-webserver", "diffusers", "torch", "transformers", "peft", "compel", "spandrel", "pillow")
TINY = {"width": 64, "height": 64, "steps": 2, "batch_size": 1}
"""A render small enough for any machine."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    name: str
    fine: bool
    told: str
    remedy: str = ""
    """What to do; of what is fine, as a warning."""


def check_up(folder: Path | None) -> Iterator[Finding]:
    """Look at the machine, then at the show in `folder` if there is one, and end with a real tiny render."""
    yield from (_tried("python", _python), _tried("libraries", _libraries), _tried("device", _device),
                _tried("fonts", _fonts))
    yield from _hot_weights()
    if folder is not None:
        try:
            production = open_production(folder)
        except GengaError as exc:
            yield Finding("show", False, exc.render())
        else:
            yield from _show(production)
    yield _tried("tiny render", _tiny_render)


def _tried(name: str, test: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, test())
    except GengaError as exc:
        return Finding(name, False, exc.message if not exc.place else f"{exc.place}: {exc.message}", exc.remedy or "")
    except Exception as exc:  # whatever a broken installation throws is the finding
        return Finding(name, False, f"{type(exc).__name__}: {exc}", "Install again from the lock file (make install)")


def _python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}, {sys.executable}"


def _libraries() -> str:
    return ", ".join(f"{name} {version(name)}" for name in LIBRARIES)


def _device() -> str:
    import torch

    device = best_device()
    if device.startswith("cuda"):
        free, total = torch.cuda.mem_get_info()
        return f"{torch.cuda.get_device_name()}, {free / GIB:.1f} of {total / GIB:.1f} GiB free"
    return f"{device}, {torch.get_num_threads()} threads; no GPU was found, large models will be slow"


def _fonts() -> str:
    missing = [name for name in FILES.values() if not (FOLDER / name).is_file()]
    if missing:
        raise StoreError(f"fonts are missing: {', '.join(missing)}", file=FOLDER, remedy="Install genga again")
    return f"{len(FILES)} shipped"


def _hot_weights() -> Iterator[Finding]:
    """Only what is to be said: rendering does without the cache."""
    try:
        yield from (Finding("weights", True, told, remedy) for told, remedy in doubts(hot_weights()))
    except StoreError as exc:
        yield Finding("weights", False, f"{exc.field}: {exc.message}", exc.remedy or "")


def _show(production: Production) -> Iterator[Finding]:
    yield _tried("out folder", lambda: _writable(production.show.out))
    yield _tried("ledger", lambda: _ledger(production))
    for name in production.library.models.cards:
        yield _tried(f"model {name}", lambda name=name: _weights(production.library.models.path(name)))
    yield _tried("storyboards", lambda: _boards(production))
    yield _tried("presets", lambda: _presets(production))
    yield from _memory(production)


def _weights(path: Path) -> str:
    hot = hot_weights()
    if not hot.is_far(path):
        return str(path)
    return f"{path}, far away; copies in {hot.folder} ({hot.held_bytes() / GB:.1f} of {hot.most_bytes / GB:g} GB)"


def _writable(out: Path) -> str:
    probe = out / ".doctor"
    write_atomically(probe, b"genga")
    probe.unlink()
    free = shutil.disk_usage(out).free
    if free < ENOUGH_DISK:
        raise StoreError(f"only {free / GIB:.1f} GiB are free", file=out, remedy="Make room before you render")
    return f"{out}, {free / GIB:.0f} GiB free"


def _ledger(production: Production) -> str:
    history = production.history()
    torn = f", {len(history.torn)} torn lines skipped: {', '.join(history.torn)}" if history.torn else ""
    return f"{len(history.takes)} takes, {len(history.picks)} picks{torn}"


def _boards(production: Production) -> str:
    boards = production.boards()
    history = production.history()
    blocked = [
        str(step.reasons[0]) for board in boards
        for step in plan_episode(production.show, board, production.library, history, production.artifacts.has).steps
        if step.stage == "panel" and step.state == "blocked"
    ]
    if blocked:
        raise ModelError(f"{len(blocked)} panels are blocked, first: {blocked[0]}", remedy="'genga plan' lists them")
    return ", ".join(f"episode {board.episode}: {sum(len(p.panels) for p in board.pages)} panels" for board in boards)


def _presets(production: Production) -> str:
    production.check_versions(production.history())
    return ", ".join(preset.stamp.label for preset in production.library.presets.values())


def _memory(production: Production) -> Iterator[Finding]:
    """A finding for each look; one by itself where a broken installation keeps them from being looked at."""
    found: list[Forecast] = []

    def look() -> str:
        device = best_device()
        found.extend(forecasts(production, device, free_bytes(device)))
        return ""

    looked = _tried("memory", look)
    if not looked.fine:
        yield looked
    yield from (Finding(one.name, one.fits, one.told, "" if one.fits else one.remedy) for one in found)


def _tiny_render() -> str:
    """The starter show's first panel, tiny, on the real engine, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "tiny"
        write_starter(folder)
        production = open_production(folder)
        step = production.plan(production.boards()[0]).steps[0]
        if not isinstance(step.recipe, ImageRecipe):
            raise step.error or ModelError("the house model cannot be planned with")
        recipe = step.recipe.model_copy(update=TINY)
        outcome = next(production.renderer(Run()).render([Order(step.unit, "panel", recipe)]))
        if outcome.take is None:
            raise outcome.error or ModelError("no picture came")
        LocalArtifacts(folder / "out" / "artifacts").verify(outcome.take.artifact, outcome.take.suffix)
        assert Ledger(folder / "out" / "ledger").history().takes
        return f"{recipe.width}x{recipe.height} in {outcome.take.seconds:.2f} s, kept and verified"
