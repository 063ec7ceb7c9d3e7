"""Words and marks over the picture: titles and watermarks, outlined so that they can be read on anything."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import LetteringError, StoryError
from studio.fonts.shipped import characters, font_file
from studio.motion.effects.light import LUMA
from studio.motion.effects.stage import Applied, Moment, Stage, rgb, smooth
from studio.story.effects import Title, Watermark
from studio.story.fields import in_language

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image, ImageFont

FONT = "mplus"
"""The shipped face that has Latin, kana and kanji."""
WIDEST = 0.9
"""Share of the picture's width and height that words may take; longer ones are broken into lines, then made smaller."""
OUTLINE = 0.07
"""Width of the outline, as a fraction of the type size."""
FADE = 0.5
"""Seconds in which a title comes and goes; a quarter of its length when that is less."""
LEADING = 0.15
"""Space between lines, as a fraction of the type size."""
SMALLER = tuple(0.95**i for i in range(22))
"""Shares of its size that long words may be set in, down to a third."""


@dataclass(frozen=True)
class Layer:
    """A picture to lay over frames."""

    colour: "np.ndarray"
    """(height, width, 3) float32, already multiplied by `cover`."""
    cover: "np.ndarray"
    """(height, width, 1) float32: 0 is transparent."""
    left: int
    top: int

    def over(self, frame: "np.ndarray", opacity: float) -> "np.ndarray":
        """A copy of `frame` with this layer on it."""
        import numpy as np

        out = frame.copy()
        tall, wide = self.cover.shape[:2]
        part = out[self.top : self.top + tall, self.left : self.left + wide]
        part[:] = part * (1 - self.cover * np.float32(opacity)) + self.colour * np.float32(opacity)
        return out


def title(effect: Title, stage: Stage) -> Applied:
    """The words come and go within half a second each; a card's plain colour is there from first frame to last."""
    import numpy as np

    text = in_language(effect.text, stage.language)
    if text is None:
        raise StoryError(f"the title has no text in '{stage.language}'", field="title.text",
                         remedy=f"Add '{stage.language}:' to it, or make the film in another language")
    picture = _words(text, effect.size, effect.colour, stage, outline=not effect.card)
    layer = _layer(picture, effect.place, stage)
    card = np.broadcast_to(rgb(effect.background), (stage.height, stage.width, 3)) if effect.card else None

    def show(frame: "np.ndarray", moment: Moment) -> "np.ndarray":
        turn = max(1e-6, min(FADE, moment.length / 4))
        left = (1 - moment.progress) * moment.length
        opacity = smooth(min(moment.progress * moment.length, left) / turn) if moment.length > turn else 1.0
        return layer.over(frame if card is None else card, opacity)

    return show


def watermark(effect: Watermark, stage: Stage) -> Applied:
    """The mark keeps half its height from both edges of its corner."""
    if bool(effect.text.strip()) == bool(effect.image):
        raise StoryError("a watermark is either words or a picture", field="watermark", remedy="Give 'text' or 'image'")
    if effect.image:
        picture = _picture(stage.file(effect.image, "watermark.image"), effect, stage)
    else:
        picture = _words(effect.text, effect.size, "#ffffff", stage, outline=True)
    away = effect.size * stage.height / 2
    x = away + picture.width / 2 if effect.corner.endswith("left") else stage.width - away - picture.width / 2
    y = away + picture.height / 2 if effect.corner.startswith("top") else stage.height - away - picture.height / 2
    layer = _layer(picture, (x / stage.width, y / stage.height), stage)

    def mark(frame: "np.ndarray", moment: Moment) -> "np.ndarray":
        return layer.over(frame, effect.opacity)

    return mark


def _picture(file: Path, effect: Watermark, stage: Stage) -> "Image.Image":
    from PIL import Image

    try:
        picture = Image.open(file).convert("RGBA")
    except Exception as exc:  # PIL raises a dozen kinds for damaged files
        raise StoryError(f"the watermark cannot be decoded ({exc})", file=effect.image, field="watermark.image",
                         remedy="Use a PNG with transparency") from None
    scale = min(effect.size * stage.height / picture.height, WIDEST * stage.width / picture.width)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _words(text: str, size: float, colour: str, stage: Stage, outline: bool) -> "Image.Image":
    """`text` in `colour`, RGBA, cut close; the outline is black or white, whichever is further from the colour."""
    from PIL import Image, ImageDraw

    _refuse_unknown(text)
    for smaller in SMALLER:
        pixels = max(1.0, size * stage.height * smaller)
        font, stroke = _font(pixels), max(1, round(pixels * OUTLINE)) if outline else 0
        most = WIDEST * stage.width - 2 * stroke
        lines = [line for written in text.splitlines() for line in _broken(written, font, most, stage.language)]
        words: Any = {"font": font, "spacing": pixels * LEADING, "align": "center", "stroke_width": stroke}
        box = ImageDraw.Draw(Image.new("RGB", (1, 1))).multiline_textbbox((0, 0), "\n".join(lines), **words)
        left, top, right, bottom = int(box[0]) - 1, int(box[1]) - 1, int(box[2]) + 2, int(box[3]) + 2
        if right - left <= WIDEST * stage.width + 3 and bottom - top <= WIDEST * stage.height:
            break
    else:
        raise LetteringError(f"'{text[:40]}' does not fit into the picture, even at a third of its size", field="text",
                             remedy="Shorten it, or give it a smaller size")
    edge = "#000000" if float(rgb(colour) @ LUMA) > 0.4 else "#ffffff"
    picture = Image.new("RGBA", (right - left, bottom - top), edge + "00" if outline else colour + "00")
    ImageDraw.Draw(picture).multiline_text((-left, -top), "\n".join(lines), fill=colour, stroke_fill=edge, **words)
    return picture


def _broken(line: str, font: "ImageFont.FreeTypeFont", most: float, language: str) -> list[str]:
    """`line` in pieces no wider than `most`: between words (Japanese: phrases), inside one only where it is wider."""
    if font.getlength(line) <= most:
        return [line]
    if language.startswith("ja"):
        import budoux

        parts = budoux.load_default_japanese_parser().parse(line)
    else:
        parts = [word + " " for word in line.split(" ")]
    lines = [""]
    pieces = [piece for part in parts for piece in (part if font.getlength(part.rstrip()) > most else [part])]
    for piece in pieces:
        if lines[-1] and font.getlength((lines[-1] + piece).rstrip()) > most:
            lines.append("")
        lines[-1] += piece
    return [kept.rstrip() for kept in lines]


def _refuse_unknown(text: str) -> None:
    strange = [c for c in text if ord(c) not in characters(FONT) and not c.isspace()]
    if strange:
        raise LetteringError(f"the font for words in the picture has no {', '.join(dict.fromkeys(strange))}", field="text",
                             remedy="Leave these characters out, or use a picture as watermark")


def _font(pixels: float) -> "ImageFont.FreeTypeFont":
    from PIL import ImageFont

    # the basic layout engine is in every build of Pillow; Raqm is not, and would set other widths
    return ImageFont.truetype(str(font_file(FONT)), pixels, layout_engine=ImageFont.Layout.BASIC)


def _layer(picture: "Image.Image", place: tuple[float, float], stage: Stage) -> Layer:
    """`picture` (RGBA) with its middle at `place`, moved and cut so that it lies inside the frame."""
    import numpy as np

    left, top = (min(max(0, round(p * whole - size / 2)), max(0, whole - size)) for p, whole, size in
                 ((place[0], stage.width, picture.width), (place[1], stage.height, picture.height)))
    values = np.asarray(picture, np.float32)[: stage.height, : stage.width] / np.float32(255)
    cover = values[..., 3:]
    return Layer(values[..., :3] * cover, cover, left, top)
