"""The shipped font files: where they lie, which letters they have, and the digest that pages and films remember of them."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import uharfbuzz

FOLDER = Path(__file__).parent
FILES = {
    "comic": "ComicNeue-Bold.otf",
    "comic_italic": "ComicNeue-BoldItalic.otf",
    "mplus": "Mplus1-Bold.otf",
    "reggae": "ReggaeOne-Regular.ttf",
}


def font_file(name: str) -> Path:
    """The file of the shipped face `name`."""
    return FOLDER / FILES[name]


@cache
def characters(name: str) -> frozenset[int]:
    """Code points that the shipped face `name` can write."""
    hb: Any = uharfbuzz
    return frozenset(hb.Face(hb.Blob.from_file_path(font_file(name))).unicodes)


@cache
def fonts_digest() -> str:
    """sha256 over names and bytes of all shipped fonts: other letter shapes are another page."""
    total = hashlib.sha256()
    for name in sorted(FILES.values()):
        data = (FOLDER / name).read_bytes()
        total.update(f"{name}:{len(data)}:".encode())
        total.update(data)
    return total.hexdigest()
