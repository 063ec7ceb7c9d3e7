"""Files that speak: every picture carries its recipe, and what other tools need to read of it.

PNG: text chunks `genga` and `parameters`. JPEG and WebP: XMP and EXIF, which hold the same two texts; `genga` stands in
both (XMP and the maker's note), because many tools keep only one of them.
"""

import hashlib
import html
import io
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, PngImagePlugin, UnidentifiedImageError
from pydantic import Field, ValidationError

from studio.errors import StoreError
from studio.plan.recipes import Recipe
from studio.record import Record
from studio.store.parameters import PictureFacts, parameters_text, program

__all__ = [
    "Distance", "PictureFacts", "encode_jpeg", "encode_png", "encode_webp", "perceptual_distance", "pixels_digest",
    "read_genga",
]

CHUNK = "genga"
COMPRESSION = 4
"""zlib level; fixed, so that equal pixels and recipes give equal files. 6 takes twice to three times as long and saves a
twentieth (docs/speed.md)."""
MEAN = 4.0
"""Mean difference per channel, of 255, up to which two pictures may look the same."""
PATCH = 16.0
"""Difference of the most different patch, of 255, up to which two pictures may look the same."""
PATCHES = 16
"""Patches per side: small enough that a missing eye moves the mean of one."""
BITS = 4
"""Bits of 64 in which the perceptual hashes of two like pictures may differ."""
_MODES = ("1", "L", "LA", "RGB", "RGBA")
_NOTE = b"genga\0"
_UNICODE = b"UNICODE\0"
_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:genga="urn:genga:1"><genga:record>{}</genga:record></rdf:Description></rdf:RDF></x:xmpmeta>'
    '<?xpacket end="r"?>'
)
_RECORD = re.compile(r"<genga:record>(.*?)</genga:record>", re.DOTALL)


class _Said(Record):
    """What the `genga` text holds."""

    recipe: Recipe = Field(discriminator="kind")
    named: str
    """Digest of the recipe; tells an altered text from a whole one where the file format does not."""
    facts: PictureFacts


def encode_png(picture: Image.Image, recipe: Recipe, facts: PictureFacts) -> bytes:
    """`picture` (any mode; 8 bits per channel are kept) as a PNG with its recipe. Equal input, equal bytes.

    Of the picture's own metadata only `dpi` is kept.
    """
    plain = _plain(picture, _MODES)
    info = PngImagePlugin.PngInfo()
    info.add_itxt(CHUNK, _said(recipe, facts))
    if text := parameters_text(recipe, facts):
        info.add_text("parameters", text)  # tEXt where latin-1 will do, else iTXt, as A1111 does
    out = io.BytesIO()
    plain.save(out, "PNG", pnginfo=info, compress_level=COMPRESSION, dpi=picture.info.get("dpi"))
    return out.getvalue()


def encode_webp(picture: Image.Image, recipe: Recipe, facts: PictureFacts, quality: int = 90) -> bytes:
    """`picture` as a lossy WebP with its recipe in XMP and EXIF; quality 0..100."""
    out = io.BytesIO()
    _plain(picture, ("RGB", "RGBA")).save(
        out, "WEBP", quality=quality, method=4, exif=_exif(recipe, facts), xmp=_xmp(recipe, facts)
    )
    return out.getvalue()


def encode_jpeg(picture: Image.Image, recipe: Recipe, facts: PictureFacts, quality: int = 92) -> bytes:
    """`picture` as a JPEG on white with its recipe in XMP and EXIF; quality 0..95.

    Raises StoreError for a recipe of more than about 64 kB, which JPEG's segments cannot hold.
    """
    plain = _plain(picture, ("L", "RGB"))
    out = io.BytesIO()
    try:
        plain.save(out, "JPEG", quality=quality, exif=_exif(recipe, facts), xmp=_xmp(recipe, facts))
    except (ValueError, struct.error) as exc:
        raise StoreError(f"the recipe does not fit into a JPEG ({exc})", field="recipe",
                         remedy="Write a PNG or WebP, which have no such limit") from exc
    return out.getvalue()


def read_genga(source: bytes | str | Path) -> tuple[Recipe, PictureFacts]:
    """Recipe and facts of a PNG, WebP or JPEG that genga wrote, given as its bytes or its path.

    Raises StoreError: no such file, no picture, no recipe in it, or a damaged one.
    """
    name = "(bytes)" if isinstance(source, bytes) else str(source)
    text = _text(source, name)
    if text is None:
        raise StoreError(f"the picture has no '{CHUNK}' chunk, so its recipe is not known", file=name,
                         remedy="Use a file that genga wrote; editors and chat programs often remove such texts")
    try:
        said = _Said.model_validate_json(text)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        raise StoreError(f"the '{CHUNK}' chunk is damaged or from another version of genga ({first['msg']})", file=name,
                         field=where or None, remedy="Use the original file from the artifact store") from exc
    if said.recipe.digest() != said.named:
        raise StoreError(f"the '{CHUNK}' chunk was altered: its recipe has digest {said.recipe.digest()[:12]}…, "
                         f"it says {said.named[:12]}…", file=name,
                         remedy="Use the original file from the artifact store")
    return said.recipe, said.facts


def pixels_digest(picture: Image.Image) -> str:
    """sha256 of mode, size and pixels: equal for equal pictures, however their files are encoded."""
    digest = hashlib.sha256(f"{picture.mode} {picture.width}x{picture.height}\n".encode())
    digest.update(picture.tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Distance:
    """How far two pictures look apart."""

    mean: float
    """Mean absolute difference per RGB channel, 0..255; of the second picture brought to the first one's size."""
    worst: float
    """Largest difference of the mean colours of a patch, of PATCHES x PATCHES: a change in one place only."""
    bits: int
    """Differing bits of their 64-bit perceptual hashes."""
    same_size: bool

    @property
    def matches(self) -> bool:
        """A perceptual match: same size, and near by every measure.

        The hash of a flat or smooth picture is noise, so pictures less than one step of 255 apart need no hash.
        """
        near = self.same_size and self.mean <= MEAN and self.worst <= PATCH
        return near and (self.bits <= BITS or self.mean <= 1.0)


def perceptual_distance(a: Image.Image, b: Image.Image) -> Distance:
    """Distance of two pictures of any mode and size; alpha is ignored."""
    import numpy as np
    from imagehash import phash

    first, second = a.convert("RGB"), b.convert("RGB")
    fitted = second if second.size == first.size else second.resize(first.size, Image.Resampling.LANCZOS)
    grids = [p.resize((PATCHES, PATCHES), Image.Resampling.BOX) for p in (first, second)]
    apart, patches = (
        np.abs(np.asarray(one, dtype=np.int16) - np.asarray(other, dtype=np.int16))
        for one, other in ((first, fitted), (grids[0], grids[1]))
    )
    return Distance(float(apart.mean()), float(patches.max()), int(phash(first) - phash(second)), a.size == b.size)


def _plain(picture: Image.Image, modes: tuple[str, ...]) -> Image.Image:
    """A copy in one of `modes` without the original's metadata, which would make equal pictures unequal files."""
    if picture.mode in modes:
        plain = picture.copy()
    elif picture.has_transparency_data and "RGBA" in modes:
        plain = picture.convert("RGBA")
    elif picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, "white")
        plain = Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
    else:
        plain = picture.convert("RGB")
    plain.info = {}
    return plain


def _said(recipe: Recipe, facts: PictureFacts) -> str:
    return _Said(recipe=recipe, named=recipe.digest(), facts=facts).canonical()


def _xmp(recipe: Recipe, facts: PictureFacts) -> bytes:
    return _XMP.format(html.escape(_said(recipe, facts), quote=False)).encode()


def _exif(recipe: Recipe, facts: PictureFacts) -> Image.Exif:
    """Software, UserComment (the `parameters` text, where A1111 keeps it in these formats) and MakerNote."""
    exif = Image.Exif()
    exif.endian = ">"  # readers of UserComment take its UTF-16 in the byte order of the file, or as big-endian
    exif[ExifTags.Base.Software] = program()
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    if text := parameters_text(recipe, facts):
        inner[ExifTags.Base.UserComment] = _UNICODE + text.encode("utf-16-be")
    inner[ExifTags.Base.MakerNote] = _NOTE + _said(recipe, facts).encode()
    return exif


def _text(source: bytes | str | Path, name: str) -> str | None:
    """The `genga` text of a picture, None when it has none."""
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as picture:
            if isinstance(picture, PngImagePlugin.PngImageFile):
                return _png_text(picture)
            return _xmp_or_exif_text(picture)
    except FileNotFoundError as exc:
        raise StoreError("the file is missing", file=name, remedy="Check the path") from exc
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as exc:
        raise StoreError("this is no picture that can be read, or it is damaged", file=name,
                         remedy="Use a PNG, WebP or JPEG that genga wrote") from exc
    except OSError as exc:
        raise StoreError(f"the picture cannot be read ({exc.strerror or exc})", file=name,
                         remedy="Check the file and its permissions") from exc


def _png_text(picture: PngImagePlugin.PngImageFile) -> str | None:
    # `info` holds what stands before the pixels; `text` decodes all of them first, to see what stands behind
    text = picture.info.get(CHUNK) or picture.text.get(CHUNK)
    return str(text) if text is not None else None


def _xmp_or_exif_text(picture: Image.Image) -> str | None:
    xmp: Any = picture.info.get("xmp")
    if isinstance(xmp, bytes) and (found := _RECORD.search(xmp.decode("utf-8", "replace"))):
        return html.unescape(found[1])
    note: Any = picture.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.MakerNote)
    return note[len(_NOTE):].decode("utf-8", "replace") if isinstance(note, bytes) and note.startswith(_NOTE) else None
