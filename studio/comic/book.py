"""Book: lettered pages bound for readers: CBZ, print PDF, spreads and a vertical strip."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from PIL import Image

from studio.plan.recipes import BookRecipe

CONTRACT = 1
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Every file's time in a CBZ: a book does not depend on when it was bound."""
STRIP_WIDTH = 800
"""Pixels; what webtoon readers show."""
WEBP_LIMIT = 16383
"""Pixels of a WebP's longest side."""


def bind(recipe: BookRecipe, pngs: Sequence[bytes], pdfs: Sequence[bytes]) -> dict[str, bytes]:
    """The book's files by name: book.cbz, book.pdf, spreads/001.png ..., strip.webp (strip-02.webp ... when long).

    pngs and pdfs: the pages, in reading order.
    """
    pictures = [Image.open(io.BytesIO(png)).convert("RGB") for png in pngs]
    files = {"book.cbz": _cbz(recipe, pngs, pictures), "book.pdf": _pdf(recipe, pdfs)}
    for i, spread in enumerate(_spreads(pictures, recipe.reading), 1):
        files[f"spreads/{i:03}.png"] = _png(spread, recipe.facts["dpi"])
    for i, part in enumerate(_strips(pictures), 1):
        files["strip.webp" if i == 1 else f"strip-{i:02}.webp"] = _webp(part)
    return files


def _cbz(recipe: BookRecipe, pngs: Sequence[bytes], pictures: Sequence[Image.Image]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in [
            ("ComicInfo.xml", _comic_info(recipe, pngs, pictures)),
            *((f"{i:03}.png", png) for i, png in enumerate(pngs, 1)),
        ]:
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return out.getvalue()


def _comic_info(recipe: BookRecipe, pngs: Sequence[bytes], pictures: Sequence[Image.Image]) -> bytes:
    """ComicInfo.xml 2.0, elements in the schema's order (Anansi Project, ComicInfo v2.0 XSD)."""
    facts = recipe.facts
    root = ElementTree.Element("ComicInfo")
    for tag, value in [
        ("Title", facts["title"]), ("Series", facts["series"]), ("Number", facts["episode"]),
        ("Summary", facts["summary"]), ("Writer", facts["author"]), ("PageCount", str(len(pngs))),
        ("LanguageISO", recipe.language), ("Manga", "YesAndRightToLeft" if recipe.reading == "rtl" else "No"),
    ]:
        if value:
            ElementTree.SubElement(root, tag).text = value
    pages = ElementTree.SubElement(root, "Pages")
    for i, (png, picture) in enumerate(zip(pngs, pictures, strict=True)):
        kind: dict[str, str] = {"Type": "FrontCover"} if i == 0 else {}
        ElementTree.SubElement(pages, "Page", {**kind, "Image": str(i)}, ImageSize=str(len(png)),
                       ImageWidth=str(picture.width), ImageHeight=str(picture.height))
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _pdf(recipe: BookRecipe, pdfs: Sequence[bytes]) -> bytes:
    """The pages one after the other, with title and reading direction in the catalogue."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import BooleanObject, DictionaryObject, NameObject

    writer = PdfWriter()
    for pdf in pdfs:
        writer.append(PdfReader(io.BytesIO(pdf)))
    writer.add_metadata({"/Title": f"{recipe.facts['series']}: {recipe.facts['title']}",
                         "/Author": recipe.facts["author"], "/Producer": "genga"})
    direction = "/R2L" if recipe.reading == "rtl" else "/L2R"
    preferences: Any = DictionaryObject()
    preferences[NameObject("/Direction")] = NameObject(direction)
    preferences[NameObject("/DisplayDocTitle")] = BooleanObject(True)
    writer.root_object[NameObject("/ViewerPreferences")] = preferences
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _spreads(pictures: Sequence[Image.Image], reading: str) -> list[Image.Image]:
    """Double pages as the open book shows them: the first page alone (the cover), then pairs."""
    groups = [list(pictures[:1])] + [list(pictures[i : i + 2]) for i in range(1, len(pictures), 2)]
    made: list[Image.Image] = []
    for group in (g for g in groups if g):
        ordered = group[::-1] if reading == "rtl" else group
        sheet = Image.new("RGB", (sum(p.width for p in ordered), max(p.height for p in ordered)), "white")
        x = 0
        for picture in ordered:
            sheet.paste(picture, (x, 0))
            x += picture.width
        made.append(sheet)
    return made


def _strips(pictures: Sequence[Image.Image]) -> list[Image.Image]:
    """All pages under each other, cut between pages before a picture grows too tall for WebP."""
    scaled = [p.resize((STRIP_WIDTH, round(p.height * STRIP_WIDTH / p.width)), Image.Resampling.LANCZOS)
              for p in pictures]
    parts: list[list[Image.Image]] = [[]]
    for picture in scaled:
        if parts[-1] and sum(p.height for p in parts[-1]) + picture.height > WEBP_LIMIT:
            parts.append([])
        parts[-1].append(picture)
    made: list[Image.Image] = []
    for part in parts:
        strip = Image.new("RGB", (STRIP_WIDTH, sum(p.height for p in part)), "white")
        y = 0
        for picture in part:
            strip.paste(picture, (0, y))
            y += picture.height
        made.append(strip)
    return made


def _png(picture: Image.Image, dpi: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6, dpi=(dpi, dpi))
    return out.getvalue()


def _webp(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=88, method=4)
    return out.getvalue()
