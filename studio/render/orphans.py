"""Orphans: children that must not outlive this process, and how to end all that they started."""

import ctypes
import os
import signal
import sys
import time

_LIBC = ctypes.CDLL(None)  # opened before any fork
_PR_SET_PDEATHSIG = 1
END_SECONDS = 5.0


def die_with_parent() -> None:
    """In a child, before it becomes another program: ask the kernel for a SIGTERM when the parent is killed, which leaves it no
    chance to stop us. Linux only; elsewhere nothing happens.
    """
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end_group(group: int) -> None:
    """End a process group: whoever is in it was started by its first process."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(group, sign)
        except ProcessLookupError:
            return
        end = time.monotonic() + END_SECONDS
        while time.monotonic() < end and _group_lives(group):
            time.sleep(0.05)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
