"""Pages and books: the same recipe, the same bytes; formats that readers and printers take."""

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from pypdf import PdfReader

from studio.comic.art import cover, paste_art
from studio.comic.book import bind
from studio.comic.page import make_page
from studio.comic.texture import texture_art
from studio.plan.presets import Texture
from studio.plan.recipes import BookRecipe
from studio.story.geometry import panel_outlines
from studio.story.show import PageSize

from .making import grey, recipe_of, sample

SHOW, PAGES = sample()


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("memory")


def test_the_same_recipe_gives_the_same_bytes(memory: Path) -> None:
    recipe = recipe_of(SHOW, PAGES[0], "ja", memory)
    one, other = make_page(recipe, grey(PAGES[0])), make_page(recipe, grey(PAGES[0]))
    assert one.pdf == other.pdf
    assert b"ASCII85" not in one.pdf, "pictures stand in it as bytes"
    assert one.png.tobytes() == other.png.tobytes()


def test_a_page_has_the_shows_size_and_its_pdf_the_bleed(memory: Path) -> None:
    sheet = make_page(recipe_of(SHOW, PAGES[0], "en", memory), grey(PAGES[0]))
    size = SHOW.settings.page
    assert sheet.png.width == pytest.approx(size.width_mm / 25.4 * size.dpi, abs=1)
    assert sheet.png.height == pytest.approx(size.height_mm / 25.4 * size.dpi, abs=1)
    page = PdfReader(io.BytesIO(sheet.pdf)).pages[0]
    assert float(page.mediabox.width) == pytest.approx((size.width_mm + 2 * size.bleed_mm) / 25.4 * 72, abs=0.1)
    assert float(page.trimbox.width) == pytest.approx(size.width_mm / 25.4 * 72, abs=0.1)


@pytest.mark.parametrize(("language", "words"), [("en", ["enormous", "peach", "WAAAH!"]), ("ja", ["大きな桃", "おぎゃあ！"])])
def test_the_words_of_a_pdf_can_be_selected(language: str, words: list[str], memory: Path) -> None:
    sheet = make_page(recipe_of(SHOW, PAGES[0], language, memory), grey(PAGES[0]))
    text = "".join(PdfReader(io.BytesIO(sheet.pdf)).pages[0].extract_text().split())
    assert [word for word in words if word not in text] == []


def test_panels_lie_from_right_to_left() -> None:
    outlines = panel_outlines(PAGES[0], SHOW.settings.page, "rtl")
    assert outlines[1].centroid.x > outlines[2].centroid.x
    mirrored = panel_outlines(PAGES[0], SHOW.settings.page, "ltr")
    assert mirrored[1].centroid.x < mirrored[2].centroid.x


def test_a_cropped_picture_keeps_its_focus() -> None:
    picture = Image.new("RGB", (100, 100), "white")
    picture.paste((255, 0, 0), (0, 80, 100, 100))
    assert cover(picture, 100, 20, (0.5, 0.9)).getpixel((50, 15)) == (255, 0, 0)
    assert cover(picture, 100, 20, (0.5, 0.1)).getpixel((50, 15)) == (255, 255, 255)
    assert cover(picture, 100, 20, (0.0, 1.0)).size == (100, 20)


def test_art_fills_its_panel_and_nothing_beside_it() -> None:
    size = PageSize()
    outlines = panel_outlines(PAGES[1], size, "rtl")
    art = [Image.new("RGB", (32, 32), "black")] * len(outlines)
    sheet = paste_art(art, outlines, [(0.5, 0.5)] * len(outlines), size, 72)
    scale = 72 / 25.4
    for outline in outlines:
        x, y = outline.centroid.x + size.bleed_mm, outline.centroid.y + size.bleed_mm
        assert sheet.getpixel((int(x * scale), int(y * scale))) == (0, 0, 0)
    assert sheet.getpixel((2, 2)) == (255, 255, 255)


@pytest.mark.parametrize(
    "texture", [Texture(grain=0.5), Texture(halftone=1.0), Texture(mono=True), Texture(grain=0.3, halftone=0.5)]
)
def test_texture_changes_the_art_the_same_way_every_time(texture: Texture) -> None:
    art = Image.linear_gradient("L").convert("RGB")
    art.putpixel((0, 0), (200, 10, 10))
    one, other = texture_art(art, texture, 150, 7), texture_art(art, texture, 150, 7)
    assert one.tobytes() == other.tobytes() != art.tobytes()
    if texture.grain:
        assert texture_art(art, texture, 150, 8).tobytes() != one.tobytes()


def bound(pages: int, reading: str = "rtl") -> tuple[dict[str, bytes], list[bytes]]:
    pngs, pdfs = [], []
    for i in range(pages):
        out, pdf = io.BytesIO(), io.BytesIO()
        picture = Image.new("RGB", (120, 160), (60 * i, 0, 0))
        picture.save(out, "PNG")
        picture.save(pdf, "PDF")
        pngs.append(out.getvalue())
        pdfs.append(pdf.getvalue())
    recipe = BookRecipe(
        contract=1, pages=tuple(f"{i:064x}" for i in range(pages)), language="en", reading=reading,  # type: ignore[arg-type]
        facts={"series": "Momotarō", "author": "a folk tale", "episode": "01", "title": "The Peach", "summary": "", "dpi": 72},
    )
    return bind(recipe, pngs, pdfs), pngs


def test_a_cbz_holds_pages_in_order_and_says_that_it_reads_from_the_right() -> None:
    files, pngs = bound(3)
    archive = zipfile.ZipFile(io.BytesIO(files["book.cbz"]))
    assert archive.namelist() == ["ComicInfo.xml", "001.png", "002.png", "003.png"]
    assert [archive.read(f"{i:03}.png") for i in (1, 2, 3)] == pngs
    info = ElementTree.fromstring(archive.read("ComicInfo.xml"))
    assert info.findtext("Manga") == "YesAndRightToLeft"
    assert info.findtext("PageCount") == "3"
    assert info.findtext("LanguageISO") == "en"
    assert info.findtext("Series") == "Momotarō"
    assert len(info.findall("Pages/Page")) == 3


def test_a_book_from_left_to_right_says_so() -> None:
    info = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(bound(1, "ltr")[0]["book.cbz"])).read("ComicInfo.xml"))
    assert info.findtext("Manga") == "No"


def test_the_pdf_has_all_pages_a_title_and_a_direction() -> None:
    reader = PdfReader(io.BytesIO(bound(3)[0]["book.pdf"]))
    assert len(reader.pages) == 3
    assert reader.metadata
    assert reader.metadata.title == "Momotarō: The Peach"
    assert reader.trailer["/Root"]["/ViewerPreferences"]["/Direction"] == "/R2L"


def test_spreads_put_the_second_page_on_the_right() -> None:
    files, _ = bound(3)
    spread = Image.open(io.BytesIO(files["spreads/002.png"]))
    assert spread.size == (240, 160)
    assert spread.getpixel((200, 80)) == (60, 0, 0)
    assert spread.getpixel((40, 80)) == (120, 0, 0)


def test_the_strip_has_all_pages_below_each_other() -> None:
    strip = Image.open(io.BytesIO(bound(3)[0]["strip.webp"]))
    assert strip.width == 800
    assert strip.height >= 3 * 800 * 160 / 120


def test_binding_twice_gives_the_same_bytes() -> None:
    assert bound(2)[0] == bound(2)[0]
