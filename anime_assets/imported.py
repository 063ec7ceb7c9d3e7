"""What every run of a show needs: imported and read once, by the process that runs are forked from (`code_server`).

Nothing here may open a device or start a thread: neither survives a fork.
"""

import atexit
import gc
import os
from contextlib import suppress
from importlib import import_module
from multiprocessing import util

from PIL import Image

from anime_assets.definitions import defs
from resources.show import show_folder
from studio.errors import GengaError
from studio.plan.presets import read_presets
from studio.render.catalogue import ENGINES, engine
from studio.render.farms import FARM
from studio.render.fleet.connecting import import_ray
from studio.render.orphans import die_with_parent
from studio.store.ledger import Ledger
from studio.story.show import open_show

STEPS = ("resources.event_log", "upath.core", "imagehash", "studio.production.panels", "studio.production.pages",
         "studio.production.shots", "studio.production.films")
"""What steps import when they begin, before and after they draw."""


def import_everything() -> None:
    """With the engines of the show's presets where they draw in the run's own process, with Ray where a fleet does it."""
    for name in STEPS:
        import_module(name)
    Image.init()  # its formats
    with suppress(GengaError):  # whoever asks for the run is told
        if os.environ.get(FARM, "here") != "here":
            import_ray()
            return
        for preset in read_presets(show_folder() / "presets").values():
            for name in preset.engines & ENGINES.keys():
                engine(name).import_libraries()


def read_ledger() -> None:
    """What the show's ledger holds by now: each run reads on from there, not the takes of ten thousand panels first."""
    with suppress(Exception):  # whoever asks for the run is told
        Ledger(open_show(show_folder()).out / "ledger").history()


def begin(_registered: object) -> None:
    """In each fork: it ends when what forked it is killed, and tidies up at its end as any other program does."""
    die_with_parent()
    util.Finalize(None, atexit._run_exitfuncs, exitpriority=0)


die_with_parent()
os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")  # torch then looks for a GPU without opening it
import_everything()
read_ledger()
defs.get_repository_def()  # ordered and checked once
util.register_after_fork(begin, begin)
gc.freeze()  # the collector would write into every page that forks share
