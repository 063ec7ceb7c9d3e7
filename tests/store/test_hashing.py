"""Weights are hashed once per content, and a changed file is always noticed."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.errors import ModelError, StoreError
from studio.store import hashing
from studio.store.hashing import HashMemory, file_sha256


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were really read, in order."""
    seen: list[Path] = []

    def counted(file: Path) -> str:
        seen.append(file)
        return file_sha256(file)

    monkeypatch.setattr(hashing, "file_sha256", counted)
    return seen


def weights(file: Path, content: bytes = b"tensors") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def wait_for_tick(file: Path) -> None:
    """Until the disk's clock shows another time than the last change of `file`: about 4 ms."""
    probe = file.with_name(".probe")
    while True:
        probe.write_bytes(b"")
        if probe.stat().st_ctime_ns > file.stat().st_ctime_ns:
            return


def model_folder(folder: Path) -> Path:
    weights(folder / "unet" / "diffusion_pytorch_model.safetensors")
    weights(folder / "tokenizer" / "merges.txt", b"a b")
    weights(folder / "model_index.json", b"{}")
    return folder


def test_a_files_digest_is_its_sha256(tmp_path: Path) -> None:
    data = os.urandom(2_500_001)  # more than two chunks
    file = weights(tmp_path / "a.safetensors", data)
    assert file_sha256(file) == HashMemory(tmp_path / "memory").digest(file) == hashlib.sha256(data).hexdigest()


def test_a_file_is_read_once_by_any_number_of_memories(tmp_path: Path, read: list[Path]) -> None:
    file = weights(tmp_path / "a.safetensors")
    first = HashMemory(tmp_path / "memory.json", settled=0).digest(file)
    memory = HashMemory(tmp_path / "memory.json", settled=0)
    assert memory.digest(file) == memory.digest(file) == first
    assert read == [file]


def test_other_content_of_the_same_size_is_another_digest(tmp_path: Path) -> None:
    file = weights(tmp_path / "a.safetensors", b"tensors")
    memory = HashMemory(tmp_path / "memory.json", settled=0)
    first = memory.digest(file)
    wait_for_tick(file)
    file.write_bytes(b"snosret")
    assert memory.digest(file) == hashlib.sha256(b"snosret").hexdigest() != first


def test_a_file_put_in_place_with_the_old_ones_size_and_time_is_noticed(tmp_path: Path) -> None:
    """As `cp -p` or `rsync -t` may do."""
    file = weights(tmp_path / "a.safetensors", b"tensors")
    memory = HashMemory(tmp_path / "memory.json", settled=0)
    memory.digest(file)
    stat = file.stat()
    wait_for_tick(file)
    other = weights(tmp_path / "b.safetensors", b"snosret")
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(file)
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (stat.st_size, stat.st_mtime_ns)
    assert memory.digest(file) == hashlib.sha256(b"snosret").hexdigest()


def test_a_file_changed_just_now_is_not_trusted_to_stay(tmp_path: Path, read: list[Path]) -> None:
    """Two writes within one tick of the disk's clock look alike, so nothing younger is remembered."""
    file = weights(tmp_path / "a.safetensors")
    memory = HashMemory(tmp_path / "memory.json", settled=3600)
    memory.digest(file)
    memory.digest(file)
    assert read == [file, file]
    assert not (tmp_path / "memory.json").exists()


def test_a_folders_digest_is_that_of_its_sorted_list_of_weights(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    lines = [
        f"model_index.json {hashlib.sha256(b'{}').hexdigest()}\n",
        f"tokenizer/merges.txt {hashlib.sha256(b'a b').hexdigest()}\n",
        f"unet/diffusion_pytorch_model.safetensors {hashlib.sha256(b'tensors').hexdigest()}\n",
    ]
    expected = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert HashMemory(tmp_path / "memory.json").digest(folder) == expected
    moved = folder.rename(tmp_path / "elsewhere")
    assert HashMemory(tmp_path / "memory.json").digest(moved) == expected


@pytest.mark.parametrize("name", [
    "README.md", "preview.png", ".cache/download.json", ".git/config.txt", ".hidden.json",
])
def test_cards_pictures_and_hidden_files_change_no_models_digest(tmp_path: Path, name: str) -> None:
    folder = model_folder(tmp_path / "model")
    memory = HashMemory(tmp_path / "memory.json")
    before = memory.digest(folder)
    weights(folder / name, b"anything")
    assert memory.digest(folder) == before


@pytest.mark.parametrize("change", ["content", "name", "added", "removed"])
def test_every_change_to_a_folders_weights_changes_its_digest(tmp_path: Path, change: str) -> None:
    folder = model_folder(tmp_path / "model")
    memory = HashMemory(tmp_path / "memory.json", settled=0)
    before = memory.digest(folder)
    wait_for_tick(folder / "tokenizer" / "merges.txt")
    match change:
        case "content":
            weights(folder / "tokenizer" / "merges.txt", b"b a")
        case "name":
            (folder / "tokenizer" / "merges.txt").rename(folder / "tokenizer" / "vocab.txt")
        case "added":
            weights(folder / "vae" / "config.json", b"{}")
        case _:
            (folder / "model_index.json").unlink()
    assert memory.digest(folder) != before


def test_a_folder_rehashes_only_its_changed_file(tmp_path: Path, read: list[Path]) -> None:
    folder = model_folder(tmp_path / "model")
    memory = HashMemory(tmp_path / "memory.json", settled=0)
    memory.digest(folder)
    read.clear()
    wait_for_tick(folder / "tokenizer" / "merges.txt")
    changed = weights(folder / "tokenizer" / "merges.txt", b"b a")
    memory.digest(folder)
    assert read == [changed]


@pytest.mark.parametrize("damage", [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"files": []}', b'{"files": {"FILE": [1, 2]}}',
    b'{"files": {"FILE": [7, "x", 3, "d"]}}', b'{"files": {"FILE": null}}',
])
def test_a_damaged_memory_is_built_anew(tmp_path: Path, damage: bytes) -> None:
    file = weights(tmp_path / "a.safetensors")
    memory = tmp_path / "memory.json"
    memory.write_bytes(damage.replace(b"FILE", str(file).encode()))
    assert HashMemory(memory, settled=0).digest(file) == hashlib.sha256(b"tensors").hexdigest()
    assert list(json.loads(memory.read_text())["files"]) == [str(file)]


def test_a_memory_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    file = weights(tmp_path / "a.safetensors")
    (tmp_path / "out").write_text("a file where the folder should be")
    memory = HashMemory(tmp_path / "out" / "memory.json", settled=0)
    assert memory.digest(file) == memory.digest(file) == hashlib.sha256(b"tensors").hexdigest()


PARALLEL = """
import sys
from pathlib import Path
from studio.store.hashing import HashMemory
memory, mine = HashMemory(Path(sys.argv[1]), settled=0), Path(sys.argv[2])
for _ in range(20):
    mine.write_bytes(mine.read_bytes() + b"!")
    print(memory.digest(mine))
"""


def test_processes_that_share_a_memory_all_get_true_digests(tmp_path: Path) -> None:
    files = [weights(tmp_path / f"{i}.safetensors", bytes([i])) for i in range(3)]
    memory = tmp_path / "memory.json"
    processes = [
        subprocess.Popen([sys.executable, "-c", PARALLEL, str(memory), str(f)], stdout=subprocess.PIPE, text=True)
        for f in files
    ]
    for i, process in enumerate(processes):
        expected = [hashlib.sha256(bytes([i]) + b"!" * n).hexdigest() for n in range(1, 21)]
        assert process.communicate()[0].split() == expected
    assert json.loads(memory.read_text())["files"]
    assert [HashMemory(memory).digest(f) for f in files] == [file_sha256(f) for f in files]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"gone\.safetensors: the file is missing\. Put it back"):
        HashMemory(tmp_path / "memory.json").digest(tmp_path / "gone.safetensors")


def test_a_folder_without_weights_is_an_error_and_not_a_digest_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    weights(tmp_path / "model" / "README.md")
    with pytest.raises(ModelError, match=r"model: the folder holds no weights .*\. Copy the whole model folder"):
        HashMemory(tmp_path / "memory.json").digest(tmp_path / "model")
