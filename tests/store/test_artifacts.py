"""The local folder: what a full disk, a killed process or a careless hand does to it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.errors import StoreError
from studio.record import sha256
from studio.store import artifacts
from studio.store.artifacts import LocalArtifacts
from studio.store.writing import write_atomically

DATA = b"a picture" * 1000
SHA = sha256(DATA)


def files_in(folder: Path) -> list[str]:
    return sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())


def run_python(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=False)


def test_the_same_bytes_again_write_nothing(tmp_path: Path) -> None:
    store = LocalArtifacts(tmp_path)
    file = store.path(store.put(DATA, ".png"), ".png")
    before = file.stat()
    LocalArtifacts(tmp_path).put(DATA, ".png")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_others_may_read_an_artifact_as_the_umask_says(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        store = LocalArtifacts(tmp_path)
        assert store.path(store.put(DATA, ".png"), ".png").stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(old)


FULL = """
import sys
from pathlib import Path
from studio.errors import StoreError
from studio.store.artifacts import LocalArtifacts
store = LocalArtifacts(Path(sys.argv[1]))
small = store.put(b"small", ".png")
try:
    store.put(b"x" * 3_000_000, ".png")
except StoreError as exc:
    print(exc)
store.verify(small, ".png")
print(len(list(store)), sum(1 for f in Path(sys.argv[1]).rglob("*") if f.is_file()))
store.put(b"after", ".png")
print(len(list(store)))
"""


def test_a_write_that_the_kernel_cuts_short_leaves_no_file_and_says_what_to_do(tmp_path: Path) -> None:
    """A process limit of 1 MB per file: the kernel refuses the rest of the write (EFBIG), as a full disk does."""
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n" + FULL
    done = run_python(code, str(tmp_path / "artifacts"))
    message, counts, after = done.stdout.splitlines() or [done.stderr, "", ""]
    big = sha256(b"x" * 3_000_000)
    assert message.startswith(f"{tmp_path}/artifacts/{big[:2]}/{big}.png: the file is larger than this process may")
    assert "at least 3,000,000 bytes needed" in message and "Free space, then run again" in message
    assert (counts, after) == ("1 1", "2")


def test_a_really_full_disk_leaves_no_file_and_says_what_to_do(tmp_path: Path) -> None:
    """A memory disk of 2 MB, mounted in a namespace of its own (no root needed where the kernel allows it)."""
    script = 'mkdir -p "$1" && mount -t tmpfs -o size=2m tmpfs "$1" || exit 77; exec "$2" -c "$3" "$1"'
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    if not shutil.which("unshare"):
        pytest.skip("no unshare here; the process limit above covers the same code")
    done = subprocess.run([*unshare, "sh", "-c", script, "sh", str(tmp_path / "disk"), sys.executable, FULL],
                          capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip("this kernel lets nobody mount a disk here; the process limit above covers the same code")
    message, counts, after = done.stdout.splitlines() or [done.stderr, "", ""]
    assert "the disk is full: at least 3,000,000 bytes needed" in message
    assert "Free space, then run again" in message
    assert (counts, after) == ("1 1", "2")


def test_a_writer_killed_in_the_middle_leaves_no_artifact_and_is_swept_after_a_day(tmp_path: Path) -> None:
    """kill -9 between two pieces of a file."""
    code = """
import os, signal, sys
from pathlib import Path
from studio.store.writing import write_atomically
def pieces():
    yield b"half of it" * 10_000
    os.kill(os.getpid(), signal.SIGKILL)
write_atomically(Path(sys.argv[1]), pieces())
"""
    file = tmp_path / SHA[:2] / f"{SHA}.png"
    assert run_python(code, str(file)).returncode == -signal.SIGKILL
    (left,) = files_in(tmp_path)
    assert left.endswith(".tmp")
    store = LocalArtifacts(tmp_path)
    assert not store.has(SHA, ".png") and list(store) == []
    store.put(DATA, ".png")
    assert left in files_in(tmp_path), "a young one may belong to a process at work"
    yesterday = time.time() - 25 * 3600
    os.utime(tmp_path / left, (yesterday, yesterday))
    LocalArtifacts(tmp_path).put(b"another", ".png")
    assert left not in files_in(tmp_path)
    assert sorted(LocalArtifacts(tmp_path)) == sorted([(SHA, ".png"), (sha256(b"another"), ".png")])


def test_the_sweep_touches_no_artifact_however_old(tmp_path: Path) -> None:
    store = LocalArtifacts(tmp_path)
    store.put(DATA, ".png")
    store.put_beside(SHA, b"small", ".preview.webp")
    for file in tmp_path.rglob("*.*"):
        os.utime(file, (0, 0))
    assert store.sweep() == 0
    assert len(files_in(tmp_path)) == 2


def test_content_that_fails_while_it_is_read_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "book.pdf"
    write_atomically(file, b"first edition")

    def pieces() -> Iterator[bytes]:
        yield b"second"
        raise StoreError("the source went away")

    with pytest.raises(StoreError, match="the source went away"):
        write_atomically(file, pieces())
    assert file.read_bytes() == b"first edition"
    assert files_in(tmp_path) == ["book.pdf"]


def test_a_file_that_changes_while_it_is_kept_gets_no_wrong_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "clip.mkv"
    source.write_bytes(b"before")

    def hash_then_change(file: Path) -> str:
        file.write_bytes(b"after!")
        return sha256(b"before")

    monkeypatch.setattr(artifacts, "file_sha256", hash_then_change)
    with pytest.raises(StoreError, match=f"expected sha256 {sha256(b'before')}"):
        LocalArtifacts(tmp_path / "artifacts").put_file(source, ".mkv")
    assert files_in(tmp_path / "artifacts") == []


READ_ONLY = """
import os, sys
from pathlib import Path
from studio.errors import StoreError
from studio.store.artifacts import LocalArtifacts
os.chdir(sys.argv[1])
if os.geteuid() == 0:
    os.seteuid(65534)  # root may write anywhere, nobody may not
try:
    LocalArtifacts(Path("artifacts")).put(b"x", ".png")
except StoreError as exc:
    print(exc)
"""


def test_a_read_only_folder_is_named_with_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "artifacts"
    folder.mkdir()
    folder.chmod(0o555)
    tmp_path.chmod(0o555)
    try:
        done = run_python(READ_ONLY, str(tmp_path))
    finally:
        tmp_path.chmod(0o755)
    sha = sha256(b"x")
    assert f"artifacts/{sha[:2]}/{sha}.png: the file cannot be written (Permission denied)" in done.stdout
    assert f"Make artifacts/{sha[:2]} writable for this user" in done.stdout
    assert files_in(tmp_path) == []


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("oops")
    with pytest.raises(StoreError, match=r"artifacts/.*\.png: the file cannot be written \(.*\)\. Check that"):
        LocalArtifacts(tmp_path / "artifacts").put(DATA, ".png")
