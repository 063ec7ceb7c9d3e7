"""Garbage: Python looks for it while objects are made, which is lost time where tens of thousands are made and kept."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def left_alone() -> Generator[None]:
    """Garbage is looked for afterwards: reading a large ledger, or planning from it, takes two thirds of the time.

    Not around work on a device, whose memory may hang on garbage.
    """
    if not gc.isenabled():  # within another of these
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
