"""The starter show that `genga init` writes: small, whole, and ready to be drawn."""

import shutil
import tempfile
from pathlib import Path

from studio.errors import StoryError

TEMPLATE = Path(__file__).parent / "starter"


def write_starter(folder: Path) -> list[Path]:
    """Write the starter show to `folder`, which must not hold anything yet; the files, relative to it.

    All or nothing: it is put together beside its place and renamed. Raises StoryError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoryError("there is something here already", file=folder,
                         remedy="Name a folder that does not exist yet; nothing was written")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".genga-") as beside:
            made = Path(beside) / "show"
            shutil.copytree(TEMPLATE, made)
            (made / "gitignore").rename(made / ".gitignore")  # a leading dot would hide it from the package
            for sub in ("cast", "presets", "storyboards", "models"):
                (made / sub).mkdir(exist_ok=True)
            made.replace(folder)
    except OSError as exc:
        raise StoryError(f"the show cannot be written ({exc.strerror or exc})", file=folder,
                         remedy="Choose a folder that may be written, on a disk with room") from exc
    return sorted(f.relative_to(folder) for f in folder.rglob("*") if f.is_file())
