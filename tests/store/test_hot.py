"""Hot weights: copied once, verified, bounded, shared by processes; what is local already is left alone."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from studio.errors import ModelError, StoreError
from studio.production import checkup
from studio.store import hot
from studio.store.hashing import HashMemory
from studio.store.hot import HotWeights, Near, doubts, hot_weights


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """A folder that counts as far away."""
    folder = tmp_path / "nas"
    folder.mkdir()
    return folder


@pytest.fixture
def cache(tmp_path: Path, far: Path) -> HotWeights:
    """Room for a thousand bytes."""
    return HotWeights(tmp_path / "hot", 1000, (far,))


def weights(file: Path, size: int = 100, letter: str = "a") -> tuple[Path, str]:
    """A file of weights and its sha256."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(letter.encode() * size)
    return file, digest(file)


def digest(path: Path) -> str:
    return HashMemory(path.parent.parent / "hashes.json").digest(path)


def age(cache: HotWeights, near: Near, seconds: float = 2 * hot.GRACE) -> None:
    """As if it had been used so long ago."""
    entry = next(p for p in near.path.parents if p.parent == cache.folder)
    os.utime(entry, (time.time() - seconds,) * 2)


def test_what_lies_here_is_never_copied(tmp_path: Path, cache: HotWeights) -> None:
    path, sha = weights(tmp_path / "models" / "a.safetensors")
    assert cache.near(path, sha) == Near(path, None)
    assert not cache.folder.exists()


def test_what_lies_far_is_fetched_once(far: Path, cache: HotWeights) -> None:
    path, sha = weights(far / "a.safetensors")
    first = cache.near(path, sha)
    assert first.hot is False and first.path.read_bytes() == path.read_bytes() and first.path.is_relative_to(cache.folder)
    path.unlink()
    path.symlink_to("/nowhere/at/all")
    assert HotWeights(cache.folder, 1000, (Path("/nowhere"),)).near(path, sha) == Near(first.path, True)


def test_a_folder_is_fetched_with_all_that_decides_pixels(far: Path, cache: HotWeights) -> None:
    for name in ("unet/model.safetensors", "unet/config.json", "tokenizer/merges.txt", "README.md", ".git/x.json"):
        weights(far / "house" / name, letter=name[0])
    sha = digest(far / "house")
    near = cache.near(far / "house", sha)
    assert digest(near.path) == sha
    assert sorted(p.name for p in near.path.rglob("*") if p.is_file()) == ["config.json", "merges.txt", "model.safetensors"]


def test_what_lies_beside_a_file_is_found_beside_its_copy(far: Path, cache: HotWeights) -> None:
    path, sha = weights(far / "a.safetensors")
    weights(far / "b.safetensors")
    weights(far / "a.config" / "config.json")
    near = cache.near(path, sha)
    assert (near.path.with_suffix(".config") / "config.json").read_bytes()
    assert not (near.path.parent / "b.safetensors").exists()
    weights(far / "tokenizer" / "merges.txt")  # put there later
    assert (cache.near(path, sha).path.parent / "tokenizer" / "merges.txt").read_bytes()


@pytest.mark.parametrize("folder", [False, True])
def test_a_wrong_copy_is_refused_and_not_kept(far: Path, cache: HotWeights, folder: bool) -> None:
    path, _ = weights(far / "house" / "a.safetensors")
    planned = "0" * 64
    with pytest.raises(ModelError, match=f"{path.parent if folder else path}: sha256: .* planned with {planned}"):
        cache.near(path.parent if folder else path, planned)
    assert cache.held_bytes() == 0


def test_a_torn_read_leaves_nothing(far: Path, cache: HotWeights, monkeypatch: pytest.MonkeyPatch) -> None:
    path, sha = weights(far / "a.safetensors")

    def torn(file: Path):  # type: ignore[no-untyped-def]
        yield b"aaa"
        raise StoreError("the file cannot be read (Input/output error)", file=file)

    with monkeypatch.context() as patch:
        patch.setattr(hot, "read_chunks", torn)
        with pytest.raises(StoreError, match="Input/output error"):
            cache.near(path, sha)
    assert cache.held_bytes() == 0
    assert cache.near(path, sha).path.read_bytes() == path.read_bytes()


def test_the_least_recently_used_goes_first(far: Path, cache: HotWeights) -> None:
    made = {name: weights(far / f"{name}.safetensors", 400, name) for name in "abc"}
    near = {name: cache.near(*made[name]) for name in "ab"}
    age(cache, near["a"], 3 * hot.GRACE)
    age(cache, near["b"])
    assert cache.near(*made["a"]).hot  # used again, so b is older now
    cache.near(*made["c"])
    assert not near["b"].path.exists() and near["a"].path.exists()
    assert cache.held_bytes() == 800


def test_what_may_not_have_been_opened_yet_stays_and_the_rest_is_read_from_afar(far: Path, cache: HotWeights) -> None:
    made = {name: weights(far / f"{name}.safetensors", 400, name) for name in "abc"}
    near = [cache.near(*made[name]) for name in "ab"]
    assert cache.near(*made["c"]) == Near(made["c"][0], False)
    large = weights(far / "large.safetensors", 1001)
    for one in near:
        age(cache, one)
    assert cache.near(*large) == Near(large[0], False)
    assert all(one.path.exists() for one in near)  # nothing goes for what would not fit anyway


def test_a_cache_that_cannot_be_written_costs_only_time(far: Path, tmp_path: Path) -> None:
    path, sha = weights(far / "a.safetensors")
    (tmp_path / "file").write_text("no folder")
    assert HotWeights(tmp_path / "file" / "hot", 1000, (far,)).near(path, sha) == Near(path, False)
    assert HotWeights(tmp_path / "hot", 0, (far,)).near(path, sha) == Near(path, None)


def test_several_processes_fetch_it_once(far: Path, cache: HotWeights) -> None:
    """Each says whether it found it; one killed in the middle is in nobody's way."""
    path, sha = weights(far / "a.safetensors", 900)
    left = cache.folder / f"{'e' * 40}.tmp" / "x.safetensors"
    weights(left, 900)
    program = f"""
from pathlib import Path
from studio.store import hot
read = hot.read_chunks
def told(file):
    print("read", flush=True)
    yield from read(file)
hot.read_chunks = told
near = hot.HotWeights(Path({str(cache.folder)!r}), 1000, (Path({str(far)!r}),)).near(Path({str(path)!r}), {sha!r})
assert near.path.read_bytes() == b"a" * 900
"""
    running = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert sorted(told) == ["", "", "read\n"]
    assert not left.exists() and cache.held_bytes() == 900


def test_what_is_being_fetched_is_no_room_for_others(far: Path, cache: HotWeights, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (weights(far / f"{n}.safetensors", 600, n) for n in "ab")
    read, begun, go = hot.read_chunks, threading.Event(), threading.Event()

    def slow(file: Path):  # type: ignore[no-untyped-def]
        begun.set()
        assert go.wait(10)
        yield from read(file)

    monkeypatch.setattr(hot, "read_chunks", slow)
    found: list[Near] = []
    thread = threading.Thread(target=lambda: found.append(cache.near(*one)))
    thread.start()
    assert begun.wait(10)
    monkeypatch.setattr(hot, "GRACE", -1.0)
    try:
        assert cache.near(*two) == Near(two[0], False)
    finally:
        go.set()
        thread.join(10)
    assert found[0].path.read_bytes() == one[0].read_bytes()


def test_settings_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GENGA_HOT_WEIGHTS", "GENGA_HOT_GB", "GENGA_FAR_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert hot_weights() == HotWeights(tmp_path / "genga" / "weights", 50 * 10**9)
    monkeypatch.setenv("GENGA_HOT_WEIGHTS", str(tmp_path / "ssd"))
    monkeypatch.setenv("GENGA_HOT_GB", "0.5")
    monkeypatch.setenv("GENGA_FAR_MODELS", f"{tmp_path}/a{os.pathsep}{tmp_path}/b")
    assert hot_weights() == HotWeights(tmp_path / "ssd", 5 * 10**8, (tmp_path / "a", tmp_path / "b"))
    for said in ("much", "-5", "nan", "inf"):
        monkeypatch.setenv("GENGA_HOT_GB", said)
        with pytest.raises(StoreError, match=f"GENGA_HOT_GB: '{said}' is no number of gigabytes"):
            hot_weights()


def test_wishes_without_effect_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENGA_HOT_GB", "1")
    monkeypatch.setenv("GENGA_HOT_WEIGHTS", str(tmp_path / "hot"))
    monkeypatch.setenv("GENGA_FAR_MODELS", str(tmp_path))
    assert not list(doubts(hot_weights()))
    (tmp_path / "file").touch()
    monkeypatch.setenv("GENGA_HOT_WEIGHTS", str(tmp_path / "file" / "hot"))  # not even root can write there
    monkeypatch.setenv("GENGA_FAR_MODELS", f"{tmp_path}{os.pathsep}{tmp_path / 'nowhere'}")
    told = [text for text, _ in doubts(hot_weights())]
    assert told[0].startswith(f"GENGA_HOT_WEIGHTS: nothing can be written to {tmp_path / 'file' / 'hot'}")
    assert told[1].startswith(f"GENGA_FAR_MODELS: there is no folder {tmp_path / 'nowhere'}")
    assert [finding.fine for finding in checkup._hot_weights()] == [True, True]
    monkeypatch.setenv("GENGA_HOT_GB", "-5")
    assert [finding.fine for finding in checkup._hot_weights()] == [False]


def test_a_network_file_system_counts_as_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import namedtuple

    import psutil

    part = namedtuple("part", "mountpoint fstype")
    mounts = [part("/", "ext4"), part(str(tmp_path / "mnt"), "nfs4"), part(str(tmp_path / "mnt" / "ssd"), "xfs")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: mounts)
    cache = HotWeights(tmp_path / "hot", 1000)
    places = (tmp_path / "mnt" / "a", tmp_path / "mnt" / "ssd" / "a", tmp_path / "mnt2", tmp_path)
    assert [cache.is_far(p) for p in places] == [True, False, False, False]
