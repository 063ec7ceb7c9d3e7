"""Hashing of files and folders of weights, done once per content: a 4 GB model takes seconds each time."""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from studio.errors import ModelError, StoreError
from studio.record import nfc
from studio.record import sha256 as digest_of
from studio.store.writing import cannot_read, read_chunks, write_atomically

WEIGHTS = (".safetensors", ".json", ".txt")
"""Files of a model folder that decide pixels: tensors, configurations, vocabularies."""
SETTLED = 2.0
"""Seconds. Coarsest clock of a file system in use: a younger change may be followed by one with the same time."""

_Stamp = tuple[int, int, int]
"""Size in bytes, time of change of the content and of the file's entry in nanoseconds."""


def file_sha256(file: Path) -> str:
    """sha256 of a file's content, streamed. Raises StoreError when it cannot be read."""
    digest = hashlib.sha256()
    for piece in read_chunks(file):
        digest.update(piece)
    return digest.hexdigest()


class HashMemory:
    """Digests of files, remembered by path, size and time in a small JSON file.

    The memory only saves time: lost, damaged, unwritable or overwritten by another process, it is built anew.
    settled: how old in seconds a file's last change must be to be remembered.
    """

    def __init__(self, file: Path, settled: float = SETTLED) -> None:
        self._memory, self._settled = file, settled
        self._known: dict[str, tuple[_Stamp, str]] | None = None

    def digest(self, path: Path) -> str:
        """sha256 of a file; of a folder, its `folder_digest`.

        Raises StoreError when something cannot be read, ModelError for a folder without weights.
        """
        known = self._known if self._known is not None else _read(self._memory)
        self._known = known
        fresh: dict[str, tuple[_Stamp, str]] = {}
        if path.is_dir():
            digest = folder_digest((name, self._file(file, known, fresh)) for name, file in weights_in(path))
        else:
            digest = self._file(path, known, fresh)
        if fresh:
            self._remember(fresh)
        return digest

    def _file(
        self, file: Path, known: dict[str, tuple[_Stamp, str]], fresh: dict[str, tuple[_Stamp, str]]
    ) -> str:
        key = str(file.absolute())
        started = time.time_ns()
        stamp = _stamp(file)
        if key in known and known[key][0] == stamp:
            return known[key][1]
        digest = file_sha256(file)
        # only what cannot have changed unseen is remembered: neither while it was read, nor within one clock tick
        if _stamp(file) == stamp and started - stamp[2] >= self._settled * 1e9:
            fresh[key] = (stamp, digest)
        return digest

    def _remember(self, fresh: dict[str, tuple[_Stamp, str]]) -> None:
        self._known = {**_read(self._memory), **(self._known or {}), **fresh}
        files = {key: [*stamp, digest] for key, (stamp, digest) in self._known.items()}
        with contextlib.suppress(StoreError):  # an unwritable memory costs time, never a plan
            write_atomically(self._memory, json.dumps({"files": files}, indent=0, sort_keys=True).encode())


def _stamp(file: Path) -> _Stamp:
    try:
        stat = file.stat()
    except OSError as exc:
        raise cannot_read(file, exc) from exc
    # ctime too: `cp -p` and `touch -d` can give other bytes the old size and mtime, but not the old ctime
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def folder_digest(files: Iterable[tuple[str, str]]) -> str:
    """sha256 of a folder of weights: of the sorted lines `relative/path sha256` of `weights_in` it."""
    return digest_of("".join(sorted(f"{name} {sha256}\n" for name, sha256 in files)).encode())


def weights_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """(relative posix path, file) of what decides pixels. Hidden files and folders (`.cache`, `.git`) do not.

    Raises ModelError for a folder without any.
    """
    found = False
    for place, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in names:
            if name.lower().endswith(WEIGHTS) and not name.startswith("."):
                file = Path(place, name)
                found = True
                yield nfc(file.relative_to(folder).as_posix()), file
    if not found:
        raise ModelError(f"the folder holds no weights ({', '.join(WEIGHTS)})", file=folder,
                         remedy="Copy the whole model folder again")


def _read(memory: Path) -> dict[str, tuple[_Stamp, str]]:
    """What was remembered; entries that make no sense are forgotten."""
    try:
        files: Any = json.loads(memory.read_bytes())["files"]
        return {str(key): entry for key, value in files.items() if (entry := _entry(value))}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _entry(value: Any) -> tuple[_Stamp, str] | None:
    match value:
        case [int(size), int(changed), int(entered), str(digest)] if len(digest) == 64:
            return (size, changed, entered), digest
        case _:
            return None
