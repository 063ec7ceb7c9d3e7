"""The one painter: a page as PDF, vector balloons and letters over the art; the PNG is this PDF, rasterised."""

import io
import math
from collections.abc import Sequence
from typing import Any

from PIL import Image
from shapely import Polygon

from studio.comic.fonts import Op
from studio.comic.lettering import Lettered
from studio.fonts.shipped import font_file
from studio.story.show import PageSize

PT = 72 / 25.4
"""Points per millimetre."""
INK_MM = 0.45
"""Line of a balloon."""
HALO_EM = 0.14
"""White rim around a sound effect's letters."""
SEARCH_FONT = "GengaSearch"


class Painter:
    """Paints one page. Lengths in millimetres from the trim's top left; y down."""

    def __init__(self, size: PageSize) -> None:
        from reportlab import rl_config
        from reportlab.pdfgen.canvas import Canvas

        rl_config.useA85 = 0  # text for old mailers: a fifth more bytes, and in Python slower than all else of a page
        self._size = size
        self._out = io.BytesIO()
        self._width, self._height = size.width_mm + 2 * size.bleed_mm, size.height_mm + 2 * size.bleed_mm
        # invariant: no creation time, so that equal recipes give equal bytes
        self._canvas: Any = Canvas(self._out, pagesize=(self._width * PT, self._height * PT), invariant=1)
        bleed = size.bleed_mm * PT
        self._canvas.setTrimBox((bleed, bleed, bleed + size.width_mm * PT, bleed + size.height_mm * PT))
        self._canvas.setBleedBox((0, 0, self._width * PT, self._height * PT))

    def art(self, sheet: Image.Image) -> None:
        """The art layer over the whole sheet, bleed included."""
        from reportlab.lib.utils import ImageReader

        self._canvas.drawImage(ImageReader(sheet), 0, 0, self._width * PT, self._height * PT)

    def border(self, outline: Polygon) -> None:
        """A panel's ink line."""
        if self._size.border_mm:
            self._canvas.setLineJoin(0)
            self._shape(outline, stroke=self._size.border_mm, fill=False)

    def balloon(self, balloon: Lettered) -> None:
        """One balloon with its words."""
        self._canvas.setLineJoin(1)
        if balloon.kind != "sfx":
            dashed = balloon.kind == "whisper"
            self._canvas.setDash([1.6, 1.8] if dashed else [])
            self._shape(balloon.outline, stroke=INK_MM, fill=True)
            for bubble in balloon.bubbles:
                self._shape(bubble, stroke=INK_MM, fill=True)
            self._canvas.setDash([])
        self._words(balloon)
        self._searchable(balloon)

    def pdf(self) -> bytes:
        """The finished page."""
        self._canvas.showPage()
        self._canvas.save()
        return self._out.getvalue()

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return (x + self._size.bleed_mm) * PT, (self._height - y - self._size.bleed_mm) * PT

    def _shape(self, shape: Polygon, stroke: float, fill: bool) -> None:
        path = self._canvas.beginPath()
        points = [self._at(x, y) for x, y in shape.exterior.coords]
        path.moveTo(*points[0])
        for point in points[1:-1]:
            path.lineTo(*point)
        path.close()
        self._canvas.setLineWidth(stroke * PT)
        self._canvas.setStrokeColorRGB(0.05, 0.05, 0.06)
        self._canvas.setFillColorRGB(1, 1, 1)
        self._canvas.drawPath(path, stroke=1, fill=int(fill))

    def _words(self, balloon: Lettered) -> None:
        canvas, em = self._canvas, balloon.em * PT
        canvas.saveState()
        canvas.translate(*self._at(*balloon.centre))
        # angles are given clockwise on the page (y down) by shapely, PDF turns the other way
        canvas.rotate(-balloon.angle)
        canvas.scale(em, em)
        path = canvas.beginPath()
        for line in balloon.block.lines:
            for glyph in line.glyphs:
                _trace(path, glyph.face.outline(glyph.id), glyph.x, -glyph.y, glyph.turned, glyph.squeeze)
        if balloon.kind == "sfx":
            canvas.setLineWidth(2 * HALO_EM)
            canvas.setLineJoin(1)
            canvas.setStrokeColorRGB(1, 1, 1)
            canvas.setFillColorRGB(1, 1, 1)
            canvas.drawPath(path, stroke=1, fill=1, fillMode=1)
        canvas.setFillColorRGB(0.05, 0.05, 0.06)
        canvas.drawPath(path, stroke=0, fill=1, fillMode=1)
        canvas.restoreState()

    def _searchable(self, balloon: Lettered) -> None:
        """The same words as invisible text, so that a reader can select, search and copy them in reading order."""
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont

        if SEARCH_FONT not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(SEARCH_FONT, str(font_file("reggae"))))
        text = self._canvas.beginText()
        text.setTextRenderMode(3)
        text.setFont(SEARCH_FONT, balloon.em * PT)
        for line in balloon.block.lines:
            left, top, _, bottom = line.box
            down = top + 0.85 if line.vertical else bottom - 0.18
            cx, cy = balloon.centre
            text.setTextOrigin(*self._at(cx + left * balloon.em, cy + down * balloon.em))
            if line.vertical:
                for char in line.text:
                    text.textOut(char)
                    text.moveCursor(0, balloon.em * PT)
            else:
                text.textOut(line.text + " ")
        self._canvas.drawText(text)


def _trace(path: Any, ops: Sequence[Op], x: float, y: float, turned: bool, squeeze: float) -> None:
    """A glyph's contours at (x, y), em, y up; turned clockwise by 90 degrees when it lies along a column."""

    def place(px: float, py: float) -> tuple[float, float]:
        px *= squeeze
        return (x + py, y - px) if turned else (x + px, y + py)

    for op, values in ops:
        points = [place(values[i], values[i + 1]) for i in range(0, len(values), 2)]
        if op == "M":
            path.moveTo(*points[0])
        elif op == "L":
            path.lineTo(*points[0])
        elif op == "C":
            path.curveTo(*points[0], *points[1], *points[2])
        else:
            path.close()


def rasterise(pdf: bytes, size: PageSize, dpi: int) -> Image.Image:
    """The trimmed page as people see it: RGB, at `dpi`."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        bleed = size.bleed_mm * PT
        page: Any = document[0]  # its types ask for a whole number as scale
        bitmap = page.render(scale=dpi / 72, crop=(bleed, bleed, bleed, bleed))
        picture = bitmap.to_pil().convert("RGB")
    finally:
        document.close()
    wanted = math.ceil(size.width_mm / 25.4 * dpi), math.ceil(size.height_mm / 25.4 * dpi)
    return picture if picture.width <= wanted[0] else picture.crop((0, 0, *wanted))
