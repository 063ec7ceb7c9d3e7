"""Hot weights: local copies of weights that lie far away, verified on the way in, the least recently used going first.

What lies on a disk of this machine is never copied. The cache only saves time: when it has no room or cannot be written,
weights are read from where they lie.
"""

import contextlib
import fcntl
import hashlib
import math
import os
import shutil
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from studio.errors import ModelError, StoreError
from studio.record import sha256 as digest_of
from studio.store.hashing import folder_digest, weights_in
from studio.store.writing import TEMPORARY, read_chunks

MOST_GB = 50.0
"""Bound of the cache unless $GENGA_HOT_GB gives another."""
GRACE = 600.0
"""Seconds for which what was asked for is not let go: whoever asked may not have opened it yet."""
NETWORK = {
    "9p", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.goofys", "fuse.juicefs",
    "fuse.mount-s3", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "glusterfs", "gpfs", "lustre", "nfs", "nfs4", "smb3", "smbfs",
}
"""File systems whose bytes come over a network."""


@dataclass(frozen=True)
class Near:
    """Weights where they are read fastest."""

    path: Path
    hot: bool | None = None
    """They were here already; False when they had to be fetched, or are read from far away; None when they never lay far."""


@dataclass(frozen=True)
class HotWeights:
    """Copies in `folder`, at most `most_bytes` of them (0 keeps none). Any number of processes may use it at once.

    far: folders that count as far away beside those on a network file system.
    """

    folder: Path
    most_bytes: int
    far: tuple[Path, ...] = ()

    def is_far(self, path: Path) -> bool:
        """Whether a copy of `path` would be read faster."""
        place = path.resolve()
        if not self.most_bytes:
            return False
        return any(place.is_relative_to(f.resolve()) for f in self.far) or _on_network(place)

    def near(self, path: Path, sha256: str) -> Near:
        """`path` itself, or its copy, made and verified if it is not here yet.

        Raises ModelError when what is read has another sha256, StoreError when it cannot be read; no copy is kept then.
        """
        if not self.is_far(path):
            return Near(path)
        entry = self.folder / digest_of(f"{sha256}\n{path.parent.absolute()}".encode())[:40]
        try:
            if self._used(entry):
                return Near(_beside(entry, path), hot=True)
            with self._locked(entry.name):  # one fetches, whoever else wants it waits
                if self._used(entry) or self._fetched(entry, path, sha256):
                    return Near(_beside(entry, path), hot=False)
        except OSError:  # no room on the disk, or nothing may be written there
            pass
        return Near(path, hot=False)

    def writable(self) -> bool:
        """Whether copies can be kept in the folder, which is made if need be."""
        try:
            with self._locked("room"):
                return True
        except OSError:
            return False

    def held_bytes(self) -> int:
        """Bytes of all copies, those included that are being made."""
        return sum(_bytes_of(entry) for entry in self._entries())

    def _used(self, entry: Path) -> bool:
        """Whether it is here; it then counts as used just now."""
        with self._locked("room"):
            try:
                os.utime(entry)
            except FileNotFoundError:
                return False
            return True

    def _fetched(self, entry: Path, path: Path, sha256: str) -> bool:
        """Fetch what is not here; False when there is no room for it."""
        files = dict(weights_in(path)) if path.is_dir() else {"": path}
        sizes = {name: file.stat().st_size for name, file in files.items()}
        making = entry.with_name(entry.name + TEMPORARY)
        with self._locked("room"):
            shutil.rmtree(making, ignore_errors=True)  # of one that was killed
            if not self._made_room(sum(sizes.values())):
                return False
            for name, size in sizes.items():
                _reserve(making / path.name / name, size)
        try:
            found = {name: _copy(file, making / path.name / name) for name, file in files.items()}
            digest = folder_digest(found.items()) if path.is_dir() else found[""]
            if digest != sha256:
                raise ModelError(f"these weights were read as sha256 {digest}, planned with {sha256}", file=path, field="sha256",
                                 remedy="Run again once whatever writes them is done; if it stays, look after their storage")
            os.utime(making)
            making.replace(entry)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return True

    def _made_room(self, wanted: int) -> bool:
        """Let go of the least recently used copies until `wanted` bytes more fit; False, and nothing goes, when they cannot."""
        held = {entry: _bytes_of(entry) for entry in self._entries()}
        over = sum(held.values()) + wanted - self.most_bytes
        leaving: list[Path] = []
        for entry in sorted(held, key=lambda e: e.stat().st_mtime):
            if over <= 0:
                break
            if self._may_leave(entry):
                leaving.append(entry)
                over -= held[entry]
        if over <= 0:
            for entry in leaving:
                shutil.rmtree(entry)
        return over <= 0

    def _entries(self) -> Iterator[Path]:
        yield from (entry for entry in self.folder.glob("*") if entry.is_dir())

    @contextlib.contextmanager
    def _locked(self, name: str) -> Generator[None]:
        """One at a time among all processes and threads; a killed one holds nothing. Raises OSError where none can be kept."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name}.lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _may_leave(self, entry: Path) -> bool:
        """Whether nobody can be about to open it, and nobody is making it."""
        if entry.suffix != TEMPORARY:
            return time.time() - entry.stat().st_mtime > GRACE
        with (self.folder / f"{entry.stem}.lock").open("a") as handle, contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False


def hot_weights() -> HotWeights:
    """As the environment says: $GENGA_HOT_WEIGHTS a folder, $GENGA_HOT_GB its bound (0 keeps none), $GENGA_FAR_MODELS folders
    that count as far away. Raises StoreError for a bound that is no number, or below 0.
    """
    folder = os.environ.get("GENGA_HOT_WEIGHTS") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "genga", "weights")
    said = os.environ.get("GENGA_HOT_GB") or str(MOST_GB)
    try:
        most = float(said)
        if not 0 <= most < math.inf:
            raise ValueError
    except ValueError:
        raise StoreError(f"'{said}' is no number of gigabytes", field="GENGA_HOT_GB",
                         remedy="Use a number such as 50; 0 keeps none") from None
    far = [Path(p).expanduser() for p in os.environ.get("GENGA_FAR_MODELS", "").split(os.pathsep) if p]
    return HotWeights(Path(folder).expanduser(), int(most * 1e9), tuple(far))


def doubts(hot: HotWeights) -> Iterator[tuple[str, str]]:
    """What of the environment's wishes has no effect, which costs time and is else passed over; each with what to do."""
    if os.environ.get("GENGA_HOT_WEIGHTS") and hot.most_bytes and not hot.writable():
        yield (f"GENGA_HOT_WEIGHTS: nothing can be written to {hot.folder}: weights that lie far away are read from there",
               "Name a folder that you may write to")
    for folder in hot.far:
        if not folder.is_dir():
            yield f"GENGA_FAR_MODELS: there is no folder {folder}; nothing is far away by it", "Correct it, or leave it out"


def _beside(entry: Path, path: Path) -> Path:
    """The copy in `entry`, with links to what lies beside a single file: configurations and vocabularies are looked for there."""
    if path.is_file():
        for other in path.parent.iterdir():
            link = entry / other.name
            if other.suffix != path.suffix and not link.is_symlink():
                with contextlib.suppress(FileExistsError):
                    link.symlink_to(other.absolute())
    return entry / path.name


def _reserve(file: Path, size: int) -> None:
    """An empty file of its size to be, so that others count it before it is filled."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as handle:
        handle.truncate(size)


def _copy(source: Path, target: Path) -> str:
    """Copy a file to the disk; the sha256 of what was read."""
    digest, written = hashlib.sha256(), 0
    with target.open("r+b") as handle:
        for piece in read_chunks(source):
            digest.update(piece)
            written += handle.write(piece)
        handle.truncate(written)
        handle.flush()
        os.fsync(handle.fileno())
    return digest.hexdigest()


def _bytes_of(entry: Path) -> int:
    return sum(file.lstat().st_size for file in entry.rglob("*") if file.is_file() and not file.is_symlink())


def _on_network(place: Path) -> bool:
    """Whether the file system that holds `place` is one of NETWORK."""
    import psutil

    mounts = [p for p in psutil.disk_partitions(all=True) if place.is_relative_to(p.mountpoint)]
    return max(mounts, key=lambda p: len(p.mountpoint)).fstype in NETWORK if mounts else False
