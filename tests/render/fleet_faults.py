"""What a fleet meets in tests: sources that kill, and drivers that are killed. Importable where workers are."""

import os
import sys
import time
from pathlib import Path

from PIL import Image

from studio.render.fleet.farm import RayFarm
from studio.render.fleet.head import ray_head

from .shelf import Shelf, faked

DEADLY, HANGING = "d" * 64, "e" * 64


class DeadlyShelf(Shelf):
    """Whoever looks at one of its pictures dies, as of a fault in a driver; at another one, waits for ever."""

    def picture(self, sha256: str) -> Image.Image:
        """Ends the process for DEADLY, stops it for HANGING."""
        if sha256 == DEADLY:
            os._exit(1)
        if sha256 == HANGING:
            time.sleep(600)
        return super().picture(sha256)


def drive(address: str) -> None:
    """A driver that says when its first result came, and then waits to be killed."""
    for _ in RayFarm(address).render([faked(seed=s, batch_size=1) for s in range(100)], Shelf()):
        sys.stdout.write("first\n")
        sys.stdout.flush()
        time.sleep(600)


def hold(place: str) -> None:
    """A head that is held until its holder is killed; prints where it is."""
    with ray_head(1, Path(place, "log"), Path(place, "token")) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        time.sleep(600)


if __name__ == "__main__":
    {"drive": drive, "hold": hold}[sys.argv[1]](sys.argv[2])
