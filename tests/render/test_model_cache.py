"""The model cache is bounded, and whole models leave."""

import pytest

from studio.render.model_cache import ModelCache, free_bytes, weight_bytes


class Weights:
    """Stands for a model of so many bytes."""

    def __init__(self, size: int) -> None:
        self.size = size


def load(cache: ModelCache, key: str, size: int = 40) -> Weights:
    """A model through the cache."""
    return cache.get(key, lambda: Weights(size), size=lambda w: w.size, expected_bytes=size)


def test_a_model_is_loaded_once() -> None:
    """The second asking is a hit and gives the same object."""
    cache = ModelCache(100)
    assert load(cache, "a") is load(cache, "a")
    assert (cache.stats.misses, cache.stats.hits, cache.stats.loaded_bytes) == (1, 1, 40)


def test_the_least_recently_used_model_leaves_whole() -> None:
    """`a` was used after `b`, so `b` goes."""
    cache = ModelCache(100)
    for key in ("a", "b", "a", "c"):
        load(cache, key)
    assert cache.keys() == ("a", "c")
    assert (cache.used_bytes, cache.stats.evictions) == (80, 1)


def test_room_is_made_before_loading() -> None:
    """Old and new weights never stand in memory together."""
    cache = ModelCache(100)
    load(cache, "a", 80)
    seen: list[tuple[object, ...]] = []

    def loader() -> Weights:
        seen.append(cache.keys())
        return Weights(50)

    cache.get("b", loader, size=lambda w: w.size, expected_bytes=50)
    assert seen == [()]


def test_a_model_larger_than_the_budget_is_kept_alone() -> None:
    """Without it nothing could be rendered."""
    cache = ModelCache(100)
    load(cache, "small")
    load(cache, "large", 500)
    assert cache.keys() == ("large",)


def test_a_failed_load_leaves_nothing_behind() -> None:
    """The error passes and the key stays unknown."""
    cache = ModelCache(100)

    def broken() -> Weights:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        cache.get("a", broken)
    assert cache.keys() == ()


def test_others_leave_when_the_device_is_full() -> None:
    """Only what the batch needs stays."""
    cache = ModelCache(200)
    for key in ("a", "b", "c"):
        load(cache, key)
    assert cache.evict_others(["b"]) == 2
    assert cache.keys() == ("b",)


def test_the_budget_is_a_share_of_free_memory() -> None:
    """Without a figure the cache asks the machine."""
    assert 0 < ModelCache().budget_bytes < free_bytes("cpu") * 1.1


def test_weights_are_counted_in_bytes() -> None:
    """Ten fp16 numbers in a dictionary are twenty bytes; a module counts its parameters."""
    import torch

    assert weight_bytes({"x": torch.zeros(10, dtype=torch.float16)}) == 20
    assert weight_bytes(torch.nn.Linear(3, 2)) == (3 * 2 + 2) * 4
