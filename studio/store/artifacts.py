"""Artifacts: stored bytes, named by their sha256. One small interface; here the local folder, in s3.py the bucket."""

import contextlib
import hashlib
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from studio.errors import StoreError
from studio.record import sha256 as digest_of
from studio.store.hashing import file_sha256
from studio.store.writing import TEMPORARY, cannot_read, read_chunks, write_atomically

_SHA = re.compile(r"[0-9a-f]{64}")
_OWN = re.compile(r"\.[a-z0-9]+")
_BESIDE = re.compile(r"\.[a-z0-9]+\.[a-z0-9]+")
_NAME = re.compile(rf"({_SHA.pattern})({_OWN.pattern})")
_ANY = re.compile(rf"({_SHA.pattern})(?:{_OWN.pattern}){{1,2}}")
DAY = 24 * 3600.0


class ArtifactStore(Protocol):
    """Keeps bytes under (sha256, suffix). All methods raise StoreError, naming place and remedy.

    An artifact's suffix has one part (`.png`); what is kept beside it has two (`.preview.webp`) and bears the
    artifact's sha256, not its own. Iterating gives the artifacts, without what lies beside them.
    """

    def put(self, data: bytes, suffix: str) -> str:
        """Keep `data`; its sha256. The same bytes again write nothing; damaged ones of that name are replaced."""
        ...

    def put_file(self, file: Path, suffix: str) -> str:
        """Keep the content of `file`, which need not fit into memory; its sha256."""
        ...

    def put_beside(self, sha256: str, data: bytes, suffix: str) -> None:
        """Keep `data` beside the artifact `sha256`, in place of what was there."""
        ...

    def get(self, sha256: str, suffix: str) -> bytes:
        """The bytes as they are kept, unverified."""
        ...

    def has(self, sha256: str, suffix: str) -> bool:
        """Is it kept here?"""
        ...

    def path(self, sha256: str, suffix: str) -> Path:
        """A local file with the bytes, to be read and never written to."""
        ...

    def verify(self, sha256: str, suffix: str) -> None:
        """Read all of it; raises StoreError naming both digests when the bytes are not what their name says."""
        ...

    def url(self, sha256: str, suffix: str) -> str:
        """Where it lies, for people and metadata; it need not exist."""
        ...

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """(sha256, suffix) of every artifact, sorted."""
        ...

    def sizes(self) -> dict[str, int]:
        """sha256 -> bytes that are kept under it, with what lies beside it. Looks, and reads nothing."""
        ...


def key_of(sha256: str, suffix: str) -> str:
    """`ab/abcdef….png`. Raises StoreError for what is no sha256 or no suffix, so that no name leaves the store."""
    if not _SHA.fullmatch(sha256):
        raise StoreError(f"'{sha256}' is no sha256", field="artifact", remedy="Use the 64 hex digits of the artifact")
    if not (_OWN.fullmatch(suffix) or _BESIDE.fullmatch(suffix)):
        raise StoreError(f"'{suffix}' is no suffix of an artifact", field="artifact",
                         remedy="Give the file an ending such as .png (lower case letters and digits)")
    return f"{sha256[:2]}/{sha256}{suffix}"


def own_key(sha256: str, suffix: str) -> str:
    """`key_of` for artifacts themselves, whose name is the digest of their bytes."""
    if _BESIDE.fullmatch(suffix):
        raise StoreError(f"'{suffix}' is the suffix of something kept beside an artifact", field="artifact",
                         remedy="Use put_beside, or a suffix of one part")
    return key_of(sha256, suffix)


def beside_key(sha256: str, suffix: str) -> str:
    """`key_of` for what lies beside an artifact."""
    if not _BESIDE.fullmatch(suffix):
        raise StoreError(f"'{suffix}' would stand for the artifact itself", field="artifact",
                         remedy="Use a suffix of two parts, such as .preview.webp")
    return key_of(sha256, suffix)


def artifact_named(name: str) -> tuple[str, str] | None:
    """(sha256, suffix) of an artifact's file name; None for anything else that lies in the folder."""
    match = _NAME.fullmatch(name)
    return (match[1], match[2]) if match else None


def digest_named(key: str) -> str | None:
    """The sha256 under which `ab/abcdef….png` or `ab/abcdef….preview.webp` is kept; None for any other place."""
    folder, _, name = key.partition("/")
    match = _ANY.fullmatch(name)
    return match[1] if match and folder == name[:2] else None


def checked(pieces: Iterable[bytes], sha256: str, place: str | Path) -> Iterator[bytes]:
    """`pieces` as they come; raises StoreError after the last one unless together they have this sha256."""
    seen = hashlib.sha256()
    for piece in pieces:
        seen.update(piece)
        yield piece
    if seen.hexdigest() != sha256:
        raise not_as_named(place, sha256, seen.hexdigest())


def not_kept(place: str | Path) -> StoreError:
    """The error for an artifact that is not there."""
    return StoreError("this artifact is not kept here", file=place,
                      remedy="Run 'genga apply': what it was made from stands in the ledger, so it is made again")


def not_as_named(place: str | Path, expected: str, found: str) -> StoreError:
    """The error for bytes with another digest than their name."""
    return StoreError(f"damaged: expected sha256 {expected}, found {found}", file=place,
                      remedy="Restore it from a backup, or delete it and run 'genga apply', which makes it again")


class LocalArtifacts:
    """Artifacts in a folder: `ab/abcdef….png`. Any number of processes may read and write it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._swept = False

    def put(self, data: bytes, suffix: str) -> str:
        """See ArtifactStore."""
        sha256 = digest_of(data)
        self._keep(own_key(sha256, suffix), sha256, data)
        return sha256

    def put_file(self, file: Path, suffix: str) -> str:
        """See ArtifactStore."""
        sha256 = file_sha256(file)
        # read twice, so checked again: a file that changes meanwhile must not get the old content's name
        self._keep(own_key(sha256, suffix), sha256, checked(read_chunks(file), sha256, file))
        return sha256

    def put_beside(self, sha256: str, data: bytes, suffix: str) -> None:
        """See ArtifactStore."""
        self._keep(beside_key(sha256, suffix), digest_of(data), data)

    def get(self, sha256: str, suffix: str) -> bytes:
        """See ArtifactStore."""
        file = self.path(sha256, suffix)
        try:
            return file.read_bytes()
        except OSError as exc:
            raise cannot_read(file, exc) from exc

    def has(self, sha256: str, suffix: str) -> bool:
        """See ArtifactStore."""
        return (self.folder / key_of(sha256, suffix)).is_file()

    def path(self, sha256: str, suffix: str) -> Path:
        """See ArtifactStore."""
        file = self.folder / key_of(sha256, suffix)
        if not file.is_file():
            raise not_kept(file)
        return file

    def verify(self, sha256: str, suffix: str) -> None:
        """See ArtifactStore."""
        own_key(sha256, suffix)
        file = self.path(sha256, suffix)
        found = file_sha256(file)
        if found != sha256:
            raise not_as_named(file, sha256, found)

    def url(self, sha256: str, suffix: str) -> str:
        """See ArtifactStore."""
        return (self.folder / key_of(sha256, suffix)).absolute().as_uri()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """See ArtifactStore."""
        names = (artifact_named(file.name) for file in self.folder.glob("??/*") if file.is_file())
        yield from sorted(name for name in names if name)

    def sizes(self) -> dict[str, int]:
        """See ArtifactStore."""
        found: dict[str, int] = {}
        for file in self.folder.glob("??/*"):
            sha256 = digest_named(f"{file.parent.name}/{file.name}")
            with contextlib.suppress(OSError):  # set aside meanwhile
                if sha256:
                    found[sha256] = found.get(sha256, 0) + file.stat().st_size
        return found

    def sweep(self, older_than: float = DAY) -> int:
        """Delete what killed writers left behind, `older_than` seconds untouched; how many files that were."""
        swept = 0
        for file in self.folder.glob(f"??/.*{TEMPORARY}"):
            with contextlib.suppress(OSError):  # its writer, or another sweeper, may be done with it by now
                if time.time() - file.stat().st_mtime > older_than:
                    file.unlink()
                    swept += 1
        return swept

    def _keep(self, key: str, content: str, data: bytes | Iterable[bytes]) -> None:
        """Write `data`, whose own digest is `content`, unless exactly that is there."""
        if not self._swept:
            self._swept = True
            self.sweep()
        file = self.folder / key
        if not (file.is_file() and file_sha256(file) == content):
            write_atomically(file, data)
