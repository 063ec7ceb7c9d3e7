"""Peaks: the most memory that was held while something ran, on a GPU by torch's count, else by the kernel's."""

import resource
import sys
from collections.abc import Callable
from pathlib import Path

_FORGET, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
"""Linux: `5` written to the first makes the process's high-water mark its size of now; the second tells it."""


def watch_memory(device: str) -> Callable[[], int]:
    """Begin to watch; what comes back, called at the end, gives the peak in bytes since then, 0 where that is not known.

    On CUDA it is what torch holds on the device, weights included; on the CPU it is all of this process. Of other devices
    nothing is told. One batch at a time: the kernel has one mark for the whole process.
    """
    if device.startswith("cuda"):
        return _on_cuda(device)
    return _in_process() if device == "cpu" else lambda: 0


def _on_cuda(device: str) -> Callable[[], int]:
    import torch

    torch.cuda.init()  # before it, there is no mark to reset
    torch.cuda.reset_peak_memory_stats(device)
    return lambda: torch.cuda.max_memory_allocated(device)


def _in_process() -> Callable[[], int]:
    try:
        _FORGET.write_text("5")
        return _high_water
    except OSError:  # no Linux, or a container that forbids it
        before = _since_start()

        def grown() -> int:
            """A mark that cannot be reset speaks of this batch only where it rose."""
            now = _since_start()
            return now if now > before else 0

        return grown


def _high_water() -> int:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def _since_start() -> int:
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024  # macOS counts bytes, Linux KiB
