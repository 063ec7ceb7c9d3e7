"""Claims: who is rendering which recipe right now, so that two runs at once never pay for the same picture."""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from studio.errors import StoreError


class Claims:
    """One byte of one lock file per recipe digest, held while it is rendered.

    The operating system drops a killed process' locks, so nothing is ever left locked. POSIX record locks belong to
    the process: open the same file only once in it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._handle: int | None = None

    def split(self, digests: Iterable[str]) -> tuple[set[str], set[str]]:
        """Claim each digest if nobody else holds it: (now ours, somebody else's)."""
        ours: set[str] = set()
        theirs: set[str] = set()
        for digest in digests:
            try:
                fcntl.lockf(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _offset(digest))
                ours.add(digest)
            except OSError:
                theirs.add(digest)
        return ours, theirs

    def wait(self, digests: Iterable[str]) -> None:
        """Claim each digest, waiting until its present holder is done with it."""
        for digest in sorted(digests):  # one order for everybody, so that two waiters never wait for each other
            fcntl.lockf(self._open(), fcntl.LOCK_EX, 1, _offset(digest))

    def release(self, digest: str) -> None:
        """Let others have it."""
        fcntl.lockf(self._open(), fcntl.LOCK_UN, 1, _offset(digest))

    def _open(self) -> int:
        if self._handle is None:
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                self._handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o644)
            except OSError as exc:
                raise StoreError(f"cannot be opened for writing ({exc.strerror})", file=self._file,
                                 remedy="Make the show's out/ folder writable") from exc
        return self._handle


def _offset(digest: str) -> int:
    return int(digest[:15], 16)
