"""Peaks: what a batch held at most, not what the process held before it."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from studio.render import peaks
from studio.render.peaks import watch_memory

MEGA = 2**20
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's mark is reset through /proc")


def touched(megabytes: int) -> int:
    """Hold that much memory for a moment."""
    return int(np.ones(megabytes * MEGA, np.uint8)[::4096].sum())


@linux
def test_what_was_held_and_given_back_is_the_peak() -> None:
    quiet = watch_memory("cpu")()
    peak = watch_memory("cpu")
    touched(96)
    assert 90 * MEGA < peak() - quiet < 200 * MEGA


@linux
def test_what_was_held_before_is_not_counted_again() -> None:
    first = watch_memory("cpu")
    touched(128)
    large = first()
    second = watch_memory("cpu")
    touched(4)
    assert second() < large - 90 * MEGA


def test_where_the_mark_cannot_be_reset_only_a_risen_one_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(peaks, "_FORGET", tmp_path / "gone" / "clear_refs")
    marks = iter([500, 500, 500, 800])
    monkeypatch.setattr(peaks, "_since_start", lambda: next(marks))
    assert watch_memory("cpu")() == 0
    assert watch_memory("cpu")() == 800


def test_a_gpus_peak_is_torchs_own_since_the_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    cuda = SimpleNamespace(init=lambda: asked.append("init"), reset_peak_memory_stats=lambda d: asked.append(f"reset {d}"),
                           max_memory_allocated=lambda d: asked.append(f"read {d}") or 7 * MEGA)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    peak = watch_memory("cuda:0")
    assert asked == ["init", "reset cuda:0"]
    assert peak() == 7 * MEGA and asked[-1] == "read cuda:0"


def test_of_other_devices_nothing_is_told() -> None:
    assert watch_memory("mps")() == 0
