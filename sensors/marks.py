"""Marks: digests by which sensors notice that files changed."""

from pathlib import Path


def settings_of(folder: Path) -> list[Path]:
    """The files of the show in `folder` that the meaning of a storyboard depends on."""
    return [folder / "show.yaml", folder / "models.yaml", *sorted(folder.glob("cast/*.yaml")),
            *sorted(folder.glob("presets/*.yaml")), *sorted(folder.glob("policies/*.yaml"))]


def digest_of(*files: Path) -> str:
    """Of the contents of those that are there."""
    from studio.record import sha256

    return sha256(b"\0".join(file.read_bytes() for file in files if file.is_file()))[:16]
