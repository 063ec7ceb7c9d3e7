"""Collecting: a LoRA's dataset read from its folder: pictures measured one by one, captions from files beside them or tables."""

import csv
import hashlib
import io
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PIL import Image, ImageOps

from studio.errors import StoryError
from studio.judge.datasets import MOST_PIXELS, Example, Finding

if TYPE_CHECKING:
    from studio.judge.faces import FaceFinder

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif")
CAPTIONS = (".txt", ".caption")
TABLES = ("metadata.jsonl", "metadata.csv")
FILE_COLUMNS = ("file_name", "image", "path")
TEXT_COLUMNS = ("text", "caption", "prompt", "tags")


@dataclass
class Dataset:
    """What lies in a folder."""

    examples: list[Example] = field(default_factory=list[Example])
    findings: list[Finding] = field(default_factory=list[Finding])
    """What is wrong with captions and tables themselves."""


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a dataset, also those in folders such as kohya's `10_name`; hidden ones are left out.

    Raises StoryError for a folder that is none, or holds no picture.
    """
    if not folder.is_dir():
        raise StoryError("this is no folder", file=folder, remedy="Name the folder that holds the pictures and their captions")
    found = [file for file in sorted(folder.rglob("*")) if file.suffix.lower() in PICTURES and file.is_file()
             and not any(part.startswith(".") for part in file.relative_to(folder).parts)]
    if not found:
        raise StoryError(f"no picture in here ({', '.join(PICTURES)})", file=folder, remedy="Name the folder of the dataset")
    return found


def collect(folder: Path, finder: "FaceFinder | None" = None, seen: Callable[[], None] = lambda: None) -> Dataset:
    """Read the dataset in `folder`. finder: counts faces. seen: called after each picture, for a progress bar.

    Raises StoryError for a folder without pictures, or a table that cannot be read.
    """
    files = pictures_in(folder)
    told = _tables(folder)
    dataset = Dataset()
    names = {file.relative_to(folder).as_posix() for file in files}
    dataset.findings += [Finding("listed_but_missing", (name,), f"listed in {place}") for name, (_, place) in told.items()
                         if name not in names]
    for file in files:
        name = file.relative_to(folder).as_posix()
        example = _measured(file, name, finder)
        caption, problem = _caption_beside(file)
        if problem:
            dataset.findings.append(Finding("bad_caption", (name,), problem))
        listed = told.get(name, (None, ""))[0]
        if caption is not None and listed is not None and caption != listed:
            said = f"{told[name][1]} says '{listed[:60]}'; the file beside it counts"
            dataset.findings.append(Finding("two_captions", (name,), said))
        dataset.examples.append(replace(example, caption=listed if caption is None else caption))
        seen()
    dataset.findings += _orphans(folder, files)
    return dataset


def _measured(file: Path, name: str, finder: "FaceFinder | None") -> Example:
    """Never decoded: what has too many pixels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of large pictures; we say so ourselves
        try:
            with Image.open(file) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    return Example(name, opened.width, opened.height)
                picture = _on_white(ImageOps.exif_transpose(opened))
        except Image.DecompressionBombError:
            return Example(name, fault=("huge", "so many pixels that it is not even opened"))
        except Exception as exc:  # Pillow raises a dozen kinds for damaged files
            return Example(name, fault=("broken", str(exc).split(str(file))[0].strip(" '\"") or type(exc).__name__))
    from imagehash import phash

    faces = _faces(picture, finder) if finder else None
    return Example(
        name, picture.width, picture.height, hashlib.sha256(file.read_bytes()).hexdigest(), int(str(phash(picture)), 16),
        int(str(phash(ImageOps.mirror(picture))), 16), faces,
    )


def _on_white(picture: Image.Image) -> Image.Image:
    """RGB; what shows through is white, not the colour that happens to be stored under it."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")


def _faces(picture: Image.Image, finder: "FaceFinder") -> int:
    import numpy as np

    return len(finder.find(np.asarray(picture)))


def _caption_beside(file: Path) -> tuple[str | None, str]:
    """The caption in a file beside the picture, None where there is none; and why it cannot be read."""
    for suffix in CAPTIONS:
        beside = file.with_suffix(suffix)
        if beside.is_file():
            try:
                return " ".join(beside.read_text(encoding="utf-8-sig").split()), ""
            except UnicodeDecodeError as exc:
                return None, f"{beside.name}: byte {exc.start} is not UTF-8"
    return None, ""


def _orphans(folder: Path, files: list[Path]) -> Iterator[Finding]:
    stems = {file.with_suffix("") for file in files}
    for file in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if file.suffix.lower() in CAPTIONS and not hidden and file.with_suffix("") not in stems:
            yield Finding("orphan_caption", (file.relative_to(folder).as_posix(),))


def _tables(folder: Path) -> dict[str, tuple[str, str]]:
    """Picture -> its caption in a table, and the table's place. Names are compared and never opened."""
    told: dict[str, tuple[str, str]] = {}
    for name in TABLES:
        for file in sorted(folder.rglob(name)):
            place = file.relative_to(folder)
            for line, row in (_jsonl if file.suffix == ".jsonl" else _csv)(file):
                picture, text = _first(row, FILE_COLUMNS), _first(row, TEXT_COLUMNS)
                if picture is None:
                    raise StoryError("this row names no picture", file=file, line=line, field=FILE_COLUMNS[0],
                                     remedy=f"Give it '{FILE_COLUMNS[0]}', relative to the table")
                if text is not None:
                    told[(place.parent / picture.strip()).as_posix()] = (" ".join(text.split()), f"{place.as_posix()}:{line}")
    return told


def _first(row: dict[str, Any], columns: tuple[str, ...]) -> str | None:
    return next((str(row[column]) for column in columns if row.get(column) is not None), None)


def _jsonl(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(_text(file).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row: object = json.loads(line)
        except ValueError as exc:
            raise StoryError(f"this line is no JSON ({exc})", file=file, line=number,
                             remedy='Write {"file_name": "01.png", "text": "1girl, smile"}') from None
        if not isinstance(row, dict):
            raise StoryError("this line is no JSON object", file=file, line=number,
                             remedy='Write {"file_name": "01.png", "text": "1girl, smile"}')
        yield number, cast("dict[str, Any]", row)


def _csv(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(_text(file)))
    columns = reader.fieldnames or ()
    if not set(columns) & set(FILE_COLUMNS) or not set(columns) & set(TEXT_COLUMNS):
        raise StoryError(f"the first line names the columns {', '.join(columns) or '(none)'}", file=file, line=1,
                         remedy=f"It needs {FILE_COLUMNS[0]} and {TEXT_COLUMNS[0]}")
    for row in reader:
        yield reader.line_num, row


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise StoryError(f"byte {exc.start} is not UTF-8 text", file=file, remedy="Save the file as UTF-8") from None
