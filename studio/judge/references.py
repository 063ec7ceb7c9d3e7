"""References: pictures that others are compared with, as a reference board in the show or a character's sheet holds them."""

import os
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import StoryError, StoryErrors
from studio.story.reading import close_to

if TYPE_CHECKING:
    from PIL import Image

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
LARGEST = 40_000_000
"""Pixels of a reference picture; larger ones are taken for a mistake, or for a file made to fill the memory."""
DEEPEST = 3
"""Folders of the show in which a board is looked for when its name is mistyped."""


def board_pictures(show: Path, name: str) -> list[Path]:
    """The pictures of the board `name`, a folder in the show, in the order of their names.

    Raises StoryError for a folder that does not exist, with the nearest one that does, or that holds no picture.
    """
    folder = show / name
    if not folder.is_dir():
        close = close_to(name, _boards(show))
        told = f"Did you mean '{close}'? " if close else ""
        raise StoryError(f"the reference board '{name}' does not exist", file=folder, field="parameters.board",
                         remedy=f"{told}Boards are folders of pictures, named relative to {show.name}/")
    found = sorted(file for file in folder.glob("*") if file.suffix.lower() in PICTURES)
    if not found:
        raise StoryError(f"the reference board '{name}' holds no picture", file=folder, field="parameters.board",
                         remedy=f"Put pictures ({', '.join(PICTURES)}) into {folder}")
    return found


def check_board(show: Path, name: str) -> None:
    """Raises StoryErrors for a board that cannot be compared with, as far as its pictures' first bytes tell: no pixel is read."""
    wrong: list[StoryError] = []
    for file in board_pictures(show, name):
        try:
            with opened_reference(file):
                pass
        except StoryError as exc:
            wrong.append(exc)
    _raise(wrong)


def read_references(files: Sequence[Path]) -> list["Image.Image"]:
    """Reference pictures, RGB, as they are meant to be seen: turned by their EXIF, see-through ones on white.

    Raises StoryError naming the file that is broken or larger than LARGEST; StoryErrors for several.
    """
    read: list[Image.Image] = []
    wrong: list[StoryError] = []
    for file in files:
        try:
            with opened_reference(file) as picture:
                read.append(_as_seen(picture))
        except StoryError as exc:
            wrong.append(exc)
    _raise(wrong)
    return read


@contextmanager
def opened_reference(file: Path) -> "Generator[Image.Image]":
    """A reference picture whose header is read. Raises StoryError for one that is too large, or cannot be decoded inside."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the bound below is the tighter one
            opened = Image.open(file)
        with opened as picture:
            if picture.width * picture.height > LARGEST:
                raise StoryError(f"a reference picture of {picture.width} x {picture.height} pixels; {LARGEST // 10**6} "
                                 "megapixels are the most", file=file, remedy="Shrink it; models look at a few hundred pixels")
            yield picture
    except StoryError:
        raise
    except Exception as exc:  # PIL raises a dozen kinds for damaged files
        raise StoryError(f"a reference picture that cannot be decoded: {exc}", file=file,
                         remedy="Save it again as PNG, JPEG or WebP, or take it away") from None


def _as_seen(picture: "Image.Image") -> "Image.Image":
    from PIL import Image, ImageOps

    turned = ImageOps.exif_transpose(picture)
    if turned.has_transparency_data:
        white = Image.new("RGBA", turned.size, "white")
        return Image.alpha_composite(white, turned.convert("RGBA")).convert("RGB")
    return turned.convert("RGB")


def _raise(wrong: list[StoryError]) -> None:
    if wrong:
        raise wrong[0] if len(wrong) == 1 else StoryErrors(wrong)


def _boards(show: Path) -> list[str]:
    """Folders of the show that hold pictures; what was made (out/) is left out."""
    found: list[str] = []
    for place, folders, files in os.walk(show):
        here = Path(place).relative_to(show)
        deep = len(here.parts) >= DEEPEST
        folders[:] = [] if deep else [name for name in folders if not name.startswith(".") and (here.parts or name != "out")]
        if here.parts and any(Path(file).suffix.lower() in PICTURES for file in files):
            found.append(here.as_posix())
    return found
