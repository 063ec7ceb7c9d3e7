"""Collecting: Python looks for what is forgotten while objects are made, lost time where tens of thousands are made and kept."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def later() -> Generator[None]:
    """Python collects afterwards: reading a large ledger, or planning from it, takes two thirds of the time.

    Not around work on a device, whose memory may hang on what is to be collected.
    """
    if not gc.isenabled():  # within another of these
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
