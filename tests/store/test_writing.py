"""A new file is made by one writer only, whole, and never over another."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio.store.writing import create_exclusively


@pytest.mark.parametrize("links", [True, False])
def test_of_several_writers_one_makes_the_file_and_leaves_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def refused(self: Path, target: Path) -> None:
        raise PermissionError("no hard links on this disk")

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", refused)
    file = tmp_path / "new" / "one.yaml"
    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda n: create_exclusively(file, f"{n}".encode() * 1000), range(8)))
    assert won.count(True) == 1 and file.read_bytes() == f"{won.index(True)}".encode() * 1000
    assert not create_exclusively(file, b"later") and list(file.parent.iterdir()) == [file]
