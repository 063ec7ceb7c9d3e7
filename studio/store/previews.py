"""Previews: small pictures beside full-size ones, for lists, the UI and metadata."""

import base64
import io
from pathlib import Path

from PIL import Image

from studio.store.artifacts import ArtifactStore

SIDE = 256
"""Longest side of a preview in pixels; smaller pictures keep their size."""
QUALITY = 80
SUFFIX = ".preview.webp"


def preview(picture: Image.Image) -> bytes:
    """`picture` (any mode and size) as a WebP of at most SIDE pixels."""
    small = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def put_preview(store: ArtifactStore, sha256: str, picture: Image.Image) -> None:
    """Keep a preview of `picture` beside the artifact `sha256`. Raises StoreError."""
    keep_preview(store, sha256, preview(picture))


def keep_preview(store: ArtifactStore, sha256: str, small: bytes) -> None:
    """Keep `small`, a WebP that may move, beside the artifact `sha256`. Raises StoreError."""
    store.put_beside(sha256, small, SUFFIX)


def read_preview(store: ArtifactStore, sha256: str) -> bytes | None:
    """The preview (WebP) beside an artifact; None when there is none."""
    return store.get(sha256, SUFFIX) if store.has(sha256, SUFFIX) else None


def as_markdown(file: Path, side: int = 1200) -> str:
    """A picture file, no side longer than `side`, as Markdown that holds the picture itself."""
    with Image.open(file) as opened:
        small = opened.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=QUALITY)
    return f"![picture](data:image/webp;base64,{base64.b64encode(out.getvalue()).decode()})"
