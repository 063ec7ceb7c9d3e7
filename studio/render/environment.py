"""Environment: what outside a recipe may decide bits, and the settings that keep it still."""

import os
import platform
import sys
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from studio.record import canonical_json, sha256

LIBRARIES = ("torch", "diffusers", "transformers", "peft", "compel", "torchsde", "spandrel", "numpy", "pillow")


# libgomp reads it when torch loads it, so it is set on import.  Left alone, threads of a kernel wait for each other by spinning
# for milliseconds: beside one busy program a picture takes twenty times as long.  This costs an idle machine a twentieth.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")


def go_offline() -> None:
    """Tell every hub client of this process that nothing is ever downloaded; call before importing diffusers."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        os.environ[name] = "1"


def threads() -> int:
    """CPU threads per picture: $GENGA_THREADS, or the processors this process may use. Another number, other bits."""
    named = os.environ.get("GENGA_THREADS", "")
    if named.isdigit() and int(named) > 0:
        return int(named)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def settle() -> None:
    """Make the calling thread compute reproducibly: fixed threads, deterministic kernels, true fp32.

    OpenMP counts threads per calling thread, so every thread that renders has to call this itself.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS opens; without it sums may vary
    import torch

    if torch.get_num_threads() != threads():
        torch.set_num_threads(threads())
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


def channels_last(device: str) -> bool:
    """Whether a picture's channels lie beside each other in memory: a processor convolves faster so (docs/speed.md)."""
    return device == "cpu"


def best_device() -> str:
    """`cuda:0`, `mps` or `cpu`: the first of them that this machine has."""
    import torch

    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def plain_environment(*libraries: str) -> dict[str, str]:
    """Python, platform and the named libraries' versions: enough for an engine that uses no device."""
    return {**_interpreter(), **_known_versions(*libraries)}


def _interpreter() -> dict[str, str]:
    return {
        "python": ".".join(str(n) for n in sys.version_info[:2]),
        "platform": f"{platform.system().lower()}-{platform.machine()}",
    }


def _versions(*libraries: str) -> dict[str, str]:
    """Of those that are installed now."""
    found: dict[str, str] = {}
    for name in libraries:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


_known_versions = cache(_versions)
"""Asked for with every batch, and each time it reads files; what is loaded stays as it was loaded."""


def torch_environment(device: str) -> dict[str, str]:
    """`plain_environment` of all libraries, and the device with its driver, or the processor with its threads."""
    import torch

    facts = plain_environment(*LIBRARIES)
    if device.startswith("cuda"):
        cuda: Any = torch.cuda
        properties = cuda.get_device_properties(device)
        facts |= {
            "device": properties.name,
            "capability": f"{properties.major}.{properties.minor}",
            "cuda": str(torch.version.cuda),
            "cudnn": str(torch.backends.cudnn.version()),
            "driver": _nvidia_driver(),
        }
    else:
        facts |= {
            "device": device if device != "cpu" else _processor(),
            "capability": torch.backends.cpu.get_cpu_capability(),
            "threads": str(threads()),
        }
        if channels_last(device):
            facts["layout"] = "channels-last"
    return facts


def outer_environment() -> dict[str, str]:
    """What can be told of the environment in a moment, without torch: enough to notice that something about it changed."""
    cards = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    lines = (line for card in cards for line in card.read_text().splitlines())
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("Model")]
    return {**_interpreter(), **_versions(*LIBRARIES), "processor": _processor(), "threads": str(threads()),
            "driver": _nvidia_driver(), "devices": ", ".join(models)}


def environment_digest(facts: dict[str, str]) -> str:
    """sha256 of the facts: inside one digest, a recipe gives the same bytes."""
    return sha256(canonical_json(facts).encode())


@cache
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _nvidia_driver() -> str:
    try:
        return Path("/sys/module/nvidia/version").read_text().strip()
    except OSError:
        return "unknown"
