"""Pens: the same drawing as colours, as line art, as a mask or as depth.

A figure is a stack of parts, each a path with fill, shades, lights and inner lines.  Every pen paints a part over what lies
beneath it, so that line art, mask and depth hide exactly what the coloured picture hides.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from house.draw.canvas import Canvas, Colour, Path
from house.draw.shapes import mix

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
NEON: tuple[Colour, Colour] = ((255, 70, 200), (60, 230, 255))


class Pen:
    """Paints parts in colour, in the manner of a style."""

    def __init__(self, canvas: Canvas, style: str, neon: Colour = NEON[0]) -> None:
        self.canvas = canvas
        self.style = style
        self.neon = neon
        self.near = 0.5
        self.weight = 1.0
        """Line weight: figures drawn small want thicker lines."""

    @contextmanager
    def placed(self, x: float, y: float, scale: float = 1.0, degrees: float = 0.0) -> Iterator[None]:
        """Draw around (x, y), scaled and turned."""
        cos, sin = math.cos(math.radians(degrees)) * scale, math.sin(math.radians(degrees)) * scale
        self.canvas.push()
        self.canvas.transform(cos, sin, -sin, cos, x, y)
        yield
        self.canvas.pop()

    @contextmanager
    def inside(self, path: Path) -> Iterator[None]:
        """Draw only inside path."""
        self.canvas.push()
        self.canvas.clip(path)
        yield
        self.canvas.pop()

    def outline(self, fill: Colour) -> Colour:
        """The colour of the line around a fill."""
        if self.style == "flat pastel":
            return mix(fill, (120, 80, 110), 0.55)
        if self.style == "neon":
            return self.neon
        if self.style in ("monochrome", "dark fantasy"):
            return (14, 10, 18)
        return mix(mix(fill, (40, 18, 40), 0.78), BLACK, 0.1)

    def part(
        self,
        path: Path,
        fill: Colour,
        shades: Sequence[Path] = (),
        shade: Colour = BLACK,
        lights: Sequence[Path] = (),
        light: Colour = WHITE,
        lines: Sequence[Path] = (),
        width: float = 5.0,
        gradient: tuple[tuple[float, float], tuple[float, float], list[Colour]] | None = None,
    ) -> None:
        """A filled, shaded and outlined path; shades, lights and lines are clipped to it; width in units."""
        width *= self.weight
        flat = self.style == "flat pastel"
        if gradient and not flat:
            self.canvas.gradient(path, *gradient)
        else:
            self.canvas.fill(path, fill)
        line = self.outline(fill)
        if shades or lights or lines:
            with self.inside(path):
                for piece in shades:
                    self.canvas.fill(piece, mix(fill, shade, 0.45) if flat else shade)
                for piece in lights:
                    self.canvas.fill(piece, mix(fill, light, 0.5) if flat else light)
                for piece in lines:
                    self.canvas.stroke(piece, line, width * 0.55, 0.75)
        self.canvas.stroke(path, line, width * (0.7 if flat else 1))

    def stroke(self, path: Path, colour: Colour, width: float, drawn: bool = True) -> None:
        """A line; drawn says whether line art shows it."""
        self.canvas.stroke(path, self.neon if self.style == "neon" and drawn else colour, width * self.weight)

    def fill(self, path: Path, colour: Colour, alpha: float = 1.0, drawn: bool = False) -> None:
        """A patch without an outline; drawn says whether line art shows its edge."""
        self.canvas.fill(path, colour, alpha)

    def shaded(self, path: Path, start: tuple[float, float], end: tuple[float, float], colours: list[Colour]) -> None:
        """A patch that runs through colours from start to end."""
        self.canvas.gradient(path, start, end, colours)


class LinePen(Pen):
    """White lines on black, as line-art ControlNets want them."""

    def part(
        self, path: Path, fill: Colour, *args: object, lines: Sequence[Path] = (), width: float = 5.0, **kwargs: object
    ) -> None:
        """The outline and the inner lines; the inside hides what lies beneath."""
        self.canvas.fill(path, BLACK)
        if lines:
            with self.inside(path):
                for line in lines:
                    self.canvas.stroke(line, WHITE, 3.2 * self.weight)
        self.canvas.stroke(path, WHITE, 5.0 * self.weight)

    def stroke(self, path: Path, colour: Colour, width: float, drawn: bool = True) -> None:
        """See Pen."""
        if drawn:
            self.canvas.stroke(path, WHITE, min(max(width, 3.0), 5.0) * self.weight)

    def fill(self, path: Path, colour: Colour, alpha: float = 1.0, drawn: bool = False) -> None:
        """See Pen."""
        if drawn:
            self.canvas.stroke(path, WHITE, 3.2 * self.weight)

    def shaded(self, path: Path, start: tuple[float, float], end: tuple[float, float], colours: list[Colour]) -> None:
        """See Pen."""
        self.canvas.stroke(path, WHITE, 3.2 * self.weight)


class DepthPen(Pen):
    """Grey by nearness: white is nearest.  With flat=True everything is white, which makes a mask."""

    def __init__(self, canvas: Canvas, style: str, neon: Colour = NEON[0], flat: bool = False) -> None:
        super().__init__(canvas, style, neon)
        self.flat = flat

    def part(self, path: Path, fill: Colour, *args: object, width: float = 5.0, **kwargs: object) -> None:
        """The path with its outline's width, in the grey of the pen's nearness."""
        grey = 255.0 if self.flat else 255.0 * self.near
        self.canvas.fill(path, (grey, grey, grey))
        self.canvas.stroke(path, (grey, grey, grey), width * self.weight)

    def stroke(self, path: Path, colour: Colour, width: float, drawn: bool = True) -> None:
        """Lines have no depth of their own."""

    def fill(self, path: Path, colour: Colour, alpha: float = 1.0, drawn: bool = False) -> None:
        """Patches lie on parts."""

    def shaded(self, path: Path, start: tuple[float, float], end: tuple[float, float], colours: list[Colour]) -> None:
        """Patches lie on parts."""
