"""Writing a file so that a reader finds all of it or nothing, whatever happens to the writer."""

import contextlib
import errno
import fcntl
import os
import shutil
import uuid
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

from studio.errors import StoreError

CHUNK = 1 << 20
"""Bytes read, hashed and written at a time."""
TEMPORARY = ".tmp"
"""Ending of names that a killed writer may leave behind."""

_FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file is larger than this process may write here",
}


def write_atomically(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Make `path` hold `data` (bytes, or pieces of them that need not fit into memory). Creates its folder.

    Written under a temporary name in the same folder, flushed to disk, renamed. Raises StoreError (disk full,
    read-only); then, and when `data` itself raises while it is read, `path` is as it was before.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{TEMPORARY}")
    written = 0
    try:
        created = _make_folder(path.parent)
        with temporary.open("xb") as handle:
            for piece in (data,) if isinstance(data, bytes) else data:
                written += len(piece)
                handle.write(piece)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
        for folder in (path.parent, *created):
            _sync(folder)
    except OSError as exc:
        raise _cannot_write(path, exc, len(data) if isinstance(data, bytes) else written) from exc
    finally:
        with contextlib.suppress(OSError):  # after the rename there is none
            temporary.unlink()


def create_exclusively(path: Path, data: bytes) -> bool:
    """Make a new file of `data`, and its folder; False, with nothing changed, where there is a `path` already.

    Of several that try at once one wins; a reader finds all of it or nothing where the disk knows hard links. Raises StoreError.
    """
    whole = path.with_name(f".{path.name}.{uuid.uuid4().hex}{TEMPORARY}")
    write_atomically(whole, data)
    try:
        path.hardlink_to(whole)
    except FileExistsError:
        return False
    except OSError:  # no hard links here
        try:
            with path.open("xb") as handle:
                handle.write(data)
        except FileExistsError:
            return False
        except OSError as exc:
            raise _cannot_write(path, exc, len(data)) from exc
    finally:
        whole.unlink(missing_ok=True)
    return True


def read_chunks(file: Path) -> Iterator[bytes]:
    """The bytes of `file`, CHUNK at a time. Raises StoreError when it is missing or cannot be read."""
    try:
        with file.open("rb") as handle:
            while piece := handle.read(CHUNK):
                yield piece
    except OSError as exc:
        raise cannot_read(file, exc) from exc


def cannot_read(file: Path, exc: OSError) -> StoreError:
    """Why `file` could not be read, for a person."""
    if isinstance(exc, FileNotFoundError):
        return StoreError("the file is missing", file=file, remedy="Put it back, or name another file")
    return StoreError(f"the file cannot be read ({exc.strerror or exc})", file=file,
                      remedy="Make it readable for this user, then run again")


@contextlib.contextmanager
def one_at_a_time(lock: Path) -> Generator[None]:
    """Wait until no other process or thread is in here with the same lock file; a killed one holds nothing. Raises StoreError."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("a")
    except OSError as exc:
        raise _cannot_write(lock, exc, 0) from exc
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _make_folder(folder: Path) -> list[Path]:
    """Folders whose entries changed by making `folder`: they too must reach the disk."""
    changed: list[Path] = []
    missing = folder
    while not missing.exists() and missing != missing.parent:
        missing = missing.parent
        changed.append(missing)
    folder.mkdir(parents=True, exist_ok=True)
    return changed


def _sync(folder: Path) -> None:
    with contextlib.suppress(OSError):  # some network file systems cannot; the file's own bytes are safe already
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _cannot_write(path: Path, exc: OSError, needed: int) -> StoreError:
    if exc.errno in _FULL:
        free = _free_bytes(path.parent)
        return StoreError(f"{_FULL[exc.errno]}: at least {needed:,} bytes needed, {free:,} free on its disk", file=path,
                          remedy="Free space, then run again: nothing half-written is kept, nothing finished is lost")
    if exc.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreError(f"the file cannot be written ({exc.strerror})", file=path,
                          remedy=f"Make {path.parent} writable for this user, then run again")
    return StoreError(f"the file cannot be written ({exc.strerror or exc})", file=path,
                      remedy=f"Check that {path.parent} is a folder on a healthy disk, then run again")


def _free_bytes(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
