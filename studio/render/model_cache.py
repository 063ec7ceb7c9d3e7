"""ModelCache: weights kept between batches, bounded by memory; whole models leave, least recently used first."""

import gc
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

T = TypeVar("T")

SHARE = 0.6
"""Part of the memory free at the start that weights may take; the rest is for pictures on their way."""


@dataclass(frozen=True)
class CacheStats:
    """What the cache did since it was made."""

    hits: int = 0
    misses: int = 0
    evictions: int = 0
    loaded_bytes: int = 0
    load_seconds: float = 0.0


@dataclass(frozen=True)
class _Entry:
    value: Any
    size: int


class ModelCache:
    """Keyed by what decides the weights in memory: digests, precision, device.

    budget_bytes: None takes a share of what the device (or main memory) has free when the first model is loaded.
    One model larger than the whole budget is still kept, alone: without it nothing could be rendered.
    """

    def __init__(self, budget_bytes: int | None = None, device: str = "cpu") -> None:
        self._budget, self._device = budget_bytes, device
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = threading.RLock()
        self.stats = CacheStats()

    @property
    def budget_bytes(self) -> int:
        """Bytes that weights may take."""
        if self._budget is None:
            self._budget = int(free_bytes(self._device) * SHARE)
        return self._budget

    @property
    def used_bytes(self) -> int:
        """Bytes of the weights kept now."""
        return sum(entry.size for entry in self._entries.values())

    def keys(self) -> tuple[Hashable, ...]:
        """What is kept, least recently used first."""
        return tuple(self._entries)

    def get(
        self, key: Hashable, load: Callable[[], T], size: Callable[[T], int] | None = None, expected_bytes: int = 0
    ) -> T:
        """The value of `key`, loaded when it is not kept.

        size: bytes of a loaded value (default `weight_bytes`). expected_bytes: room made before loading, so that old
        and new weights never stand in memory together. Whatever `load` raises is passed on and nothing is kept.
        """
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                self._count(hits=1)
                return self._entries[key].value
            self._make_room(expected_bytes)
            started = time.perf_counter()
            value = load()
            seconds = time.perf_counter() - started
            bytes_ = (size or weight_bytes)(value)
            self._make_room(bytes_)
            self._entries[key] = _Entry(value, bytes_)
            self._count(misses=1, loaded_bytes=bytes_, load_seconds=seconds)
            return value

    def evict_others(self, keep: Collection[Hashable]) -> int:
        """Let go of everything but `keep`; returns how many models left. For a device that is full."""
        with self._lock:
            leaving = [key for key in self._entries if key not in keep]
            self._evict(leaving)
            return len(leaving)

    def clear(self) -> None:
        """Let go of everything."""
        self.evict_others(())

    def _make_room(self, wanted: int) -> None:
        leaving: list[Hashable] = []
        used = self.used_bytes
        for key, entry in self._entries.items():
            if used + wanted <= self.budget_bytes:
                break
            leaving.append(key)
            used -= entry.size
        self._evict(leaving)

    def _evict(self, keys: list[Hashable]) -> None:
        for key in keys:
            del self._entries[key]
        if keys:
            self._count(evictions=len(keys))
            release_memory()

    def _count(
        self, hits: int = 0, misses: int = 0, evictions: int = 0, loaded_bytes: int = 0, load_seconds: float = 0.0
    ) -> None:
        s = self.stats
        self.stats = CacheStats(s.hits + hits, s.misses + misses, s.evictions + evictions,
                                s.loaded_bytes + loaded_bytes, s.load_seconds + load_seconds)


def relieve(cache: ModelCache, keep: Collection[Hashable]) -> None:
    """For a device that is full: everything goes but the weights in `keep`."""
    cache.evict_others(keep)
    release_memory()


def release_memory() -> None:
    """Give memory of dropped tensors back: cycles first, then the device's own pool."""
    import sys

    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def free_bytes(device: str) -> int:
    """Bytes free now on a torch device, or in main memory for the CPU."""
    if device.startswith("cuda"):
        import torch

        return torch.cuda.mem_get_info(device)[0]
    import psutil

    return psutil.virtual_memory().available


def weight_bytes(value: Any) -> int:
    """Bytes of all tensors in a module, a dict of tensors, or anything with a `modules` sequence of modules."""
    if isinstance(value, dict):
        return sum(weight_bytes(v) for v in cast("dict[str, Any]", value).values())
    if hasattr(value, "element_size"):
        return int(value.numel() * value.element_size())
    if hasattr(value, "parameters"):
        tensors = [*value.parameters(), *value.buffers()]
        return sum(int(t.numel() * t.element_size()) for t in tensors)
    return sum(weight_bytes(m) for m in value.modules)
