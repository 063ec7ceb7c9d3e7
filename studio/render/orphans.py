"""Orphans: children that must not outlive this process, and how to end all that they started."""

import ctypes
import os
import signal
import subprocess
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


def begin_child() -> None:
    """In a child that Dagster or Ray will be: it dies with its parent, and hears when it is told to end.

    A shell lets what it starts in the background ignore SIGINT, children inherit that, and Dagster does with SIGTERM what it does
    with SIGINT.
    """
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def end_group(leader: subprocess.Popen[bytes]) -> None:
    """End a process group: whoever is in it was started by its first process, a child of ours."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(leader.pid, sign)
        except ProcessLookupError:
            return
        end = time.monotonic() + END_SECONDS
        while time.monotonic() < end and _group_lives(leader):
            time.sleep(0.05)


def _group_lives(leader: subprocess.Popen[bytes]) -> bool:
    leader.poll()  # while nobody has asked how it ended, it counts
    try:
        os.killpg(leader.pid, 0)
    except ProcessLookupError:
        return False
    return True
