"""The catalogue of engines: one line per engine, imported when it is first asked for."""

from functools import cache
from importlib import import_module

from studio.errors import RenderError
from studio.render.engine import Engine
from studio.render.environment import best_device
from studio.story.reading import nearest

ENGINES = {
    "diffusers": "studio.render.engines.diffusers:DiffusersEngine",
    "lanczos": "studio.render.engines.lanczos:LanczosEngine",
    "spandrel": "studio.render.engines.spandrel:SpandrelEngine",
    "flow": "studio.render.engines.flow:FlowEngine",
    "animatediff": "studio.render.engines.animatediff:AnimateDiffEngine",
    "fake": "studio.render.engines.fake:FakeEngine",
}
"""Name in a preset -> `module:Class`. A class takes no arguments and its module imports nothing heavy."""


@cache
def engine(name: str) -> Engine:
    """The engine of this name; engines have no state, so one serves all. Raises RenderError for an unknown name."""
    if name not in ENGINES:
        raise RenderError(f"unknown engine '{name}'", field="engine", remedy=nearest(name, ENGINES))
    module, _, cls = ENGINES[name].partition(":")
    return getattr(import_module(module), cls)()


def contracts() -> dict[str, int]:
    """Engine name -> contract version, for planners, which write it into recipes."""
    return {name: engine(name).contract for name in ENGINES}


def surroundings(name: str) -> dict[str, str]:
    """Facts of the environment in which an engine renders on this machine's best device."""
    return engine(name).environment(best_device())
