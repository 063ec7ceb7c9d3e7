"""SHA256SUMS: what the files of a models folder should be, in the format of sha256sum.

Where a models folder holds one, every file of a model that it lists is compared before the model is used, so that a damaged
copy is named by itself rather than as a strange picture.  `sha256sum house*/**/*.safetensors > SHA256SUMS` writes it.
"""

from pathlib import Path
from typing import Protocol

from studio.errors import ModelError

NAME = "SHA256SUMS"


class Hasher(Protocol):
    """Digest of a file or folder of weights; remembers what it hashed (the store's HashMemory)."""

    def digest(self, path: Path) -> str: ...


def read_sums(folder: Path) -> dict[str, str]:
    """Relative posix path -> sha256; empty where the folder has no SHA256SUMS. Raises ModelError for a broken line."""
    file = folder / NAME
    if not file.is_file():
        return {}
    sums: dict[str, str] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        digest, _, name = line.partition(" ")
        if not line.strip():
            continue
        if len(digest) != 64 or not name.strip(" *"):
            raise ModelError(f"'{line[:60]}' is no line of sha256sum", file=file, line=number,
                             remedy="Write the file anew with sha256sum")
        sums[name.strip(" *").removeprefix("./")] = digest
    return sums


def check_sums(folder: Path, files: list[Path], hasher: Hasher) -> None:
    """Raises ModelError for the first of `files`, in the models folder `folder`, that is not what SHA256SUMS says."""
    sums = read_sums(folder)
    for file in files:
        name = file.relative_to(folder).as_posix()
        if name not in sums:
            continue
        found = hasher.digest(file)
        if found != sums[name]:
            raise ModelError(f"the file is damaged or was changed: expected sha256 {sums[name]}, found {found}", file=file,
                             remedy=f"Copy it again, or write its new sha256 into {folder / NAME} if the change is meant")
