"""A vector canvas: paths are PDF operators and PDFium rasterises them, so that any size is sharp and nothing new is installed.

Coordinates: x to the right and y down.  A square picture shows 0 to 1000 units both ways whatever its size in pixels; an oblong
one shows that square in its middle and more to both sides, or above and below.
"""

from itertools import pairwise
from math import ceil

import numpy as np
import pypdfium2 as pdfium

UNITS = 1000
Colour = tuple[float, float, float]
"""Red, green and blue, each 0 to 255."""

Size = int | tuple[int, int]
"""Pixels: the side of a square, or width and height."""

Path = str
"""PDF path operators in canvas units; see house.draw.shapes for what makes them."""


def sides(size: Size) -> tuple[int, int]:
    """Width and height in pixels."""
    return (size, size) if isinstance(size, int) else size


def view(size: Size) -> tuple[float, float, float]:
    """The left and top edge of a picture in units, and its pixels per unit."""
    width, height = sides(size)
    scale = min(width, height) / UNITS
    return (UNITS - width / scale) / 2, (UNITS - height / scale) / 2, scale


class Canvas:
    """Collects drawing operators; render() turns them into pixels."""

    def __init__(self) -> None:
        self._operators: list[str] = [f"1 0 0 -1 0 {UNITS} cm 1 J 1 j"]
        self._alphas: dict[str, float] = {}
        self._shadings: list[str] = []

    def push(self) -> None:
        """Remember transform and clip until pop()."""
        self._operators.append("q")

    def pop(self) -> None:
        """Go back to what the matching push() remembered."""
        self._operators.append("Q")

    def transform(self, a: float, b: float, c: float, d: float, x: float, y: float) -> None:
        """Multiply the matrix [a b c d x y] into the current transform, as PDF's cm does."""
        self._operators.append(f"{a:.5f} {b:.5f} {c:.5f} {d:.5f} {x:.3f} {y:.3f} cm")

    def clip(self, path: Path) -> None:
        """Draw only inside path from here to the next pop()."""
        self._operators.append(f"{path} W n")

    def fill(self, path: Path, colour: Colour, alpha: float = 1.0) -> None:
        """Fill path; alpha 0 is invisible, 1 opaque."""
        self._operators.append(f"{self._alpha(alpha)}{_rgb(colour)} rg {path} f")

    def stroke(self, path: Path, colour: Colour, width: float, alpha: float = 1.0) -> None:
        """Stroke path with round ends and joins, width in units."""
        self._operators.append(f"{self._alpha(alpha)}{_rgb(colour)} RG {width:.2f} w {path} S")

    def gradient(self, path: Path | None, start: tuple[float, float], end: tuple[float, float], colours: list[Colour]) -> None:
        """Fill path (None: everything) with colours evenly spaced from start to end."""
        pieces = [
            f"<</FunctionType 2/Domain[0 1]/N 1/C0[{_rgb(p)}]/C1[{_rgb(q)}]>>" for p, q in pairwise(colours)
        ]
        if len(pieces) == 1:
            function = pieces[0]
        else:
            bounds = " ".join(f"{i / len(pieces):.4f}" for i in range(1, len(pieces)))
            function = (
                f"<</FunctionType 3/Domain[0 1]/Functions[{''.join(pieces)}]/Bounds[{bounds}]/Encode[{'0 1 ' * len(pieces)}]>>"
            )
        coords = f"{start[0]:.1f} {start[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
        name = f"S{len(self._shadings)}"
        self._shadings.append(
            f"/{name}<</ShadingType 2/ColorSpace/DeviceRGB/Coords[{coords}]/Function{function}/Extend[true true]>>"
        )
        clip = f"{path} W n " if path else ""
        self._operators.append(f"q {self._alpha(1.0)}{clip}/{name} sh Q")

    def render(self, size: Size) -> np.ndarray:
        """The picture, (height, width, 3) uint8."""
        document = pdfium.PdfDocument(self._document(size))
        try:
            bitmap = document[0].render(scale=view(size)[2], rev_byteorder=True, fill_color=(0, 0, 0, 255))
            return bitmap.to_numpy()[..., :3].copy()
        finally:
            document.close()

    def _alpha(self, alpha: float) -> str:
        """The operator that sets transparency; PDF wants each value named among the page's resources."""
        name = f"A{round(alpha * 255)}"
        self._alphas[name] = alpha
        return f"/{name} gs "

    def _document(self, size: Size) -> bytes:
        content = "\n".join(self._operators).encode()
        states = "".join(f"/{name}<</ca {alpha:.3f}/CA {alpha:.3f}>>" for name, alpha in self._alphas.items())
        resources = f"<</ExtGState<<{states}>>/Shading<<{''.join(self._shadings)}>>>>"
        # what is shown lies around the middle of the square, so PDF's swapped top and bottom do not matter; rounded inwards,
        # for PDFium makes a pixel more of any excess
        left, top = (ceil(edge * 1000) / 1000 for edge in view(size)[:2])
        box = f"[{left:.3f} {top:.3f} {UNITS - left:.3f} {UNITS - top:.3f}]"
        objects = [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            f"<</Type/Page/Parent 2 0 R/MediaBox{box}/Contents 4 0 R/Resources{resources}>>".encode(),
            b"<</Length %d>>stream\n" % len(content) + content + b"\nendstream",
        ]
        return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    """A PDF file of these objects, numbered from one."""
    out = bytearray(b"%PDF-1.7\n")
    places: list[int] = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table)
    return bytes(out)


def _rgb(colour: Colour) -> str:
    return " ".join(f"{min(max(channel, 0), 255) / 255:.3f}" for channel in colour)
