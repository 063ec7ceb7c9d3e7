"""Subtitles: what is said, as .srt and .ass files, as lines of a soft track, and drawn into the picture."""

import itertools
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from studio.errors import LetteringError
from studio.fonts.shipped import characters, font_file
from studio.plan.film_recipes import Cue, SubtitlesRecipe

if TYPE_CHECKING:
    import numpy as np
    from PIL import ImageFont

CONTRACT = 1
"""Raised when the same recipe gives other subtitles."""
FONT = "mplus"
"""The shipped face that has Latin and Japanese."""
WORD_JOINER = 0x2060
"""Written by nobody: it keeps an author's backslash a backslash, and is not seen."""
LATIN, JAPANESE = 42, 18
"""Letters in a line that can be read in passing."""
LINES = 2
"""Of one subtitle."""
STOPS = frozenset("、。，．！？!?,.;:…—")
OPENING = re.compile(r"[(（[［{｛「『【〈《“‘]$")
CLOSING = re.compile(r"^[、。，．・：；！？!?,.:;)）\]］}｝」』】〉》”’ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々…～]")
SIZE = (0.055, 0.035)
"""Height of the type as a fraction of the picture's height, and most as one of its width."""
MARGIN, OUTLINE, WIDEST = 0.05, 0.07, 0.94
"""Space under the words (of the picture's height), outline (of the type's size), most width (of the picture's)."""


def write_subtitles(recipe: SubtitlesRecipe) -> dict[str, bytes]:
    """`subtitles.srt` and `subtitles.ass`, UTF-8. The speaker is the name of an .ass line; .srt has no place for one."""
    subs: Any = import_module("pysubs2")
    plain, styled = subs.SSAFile(), subs.SSAFile()
    size = type_size(recipe.width, recipe.height)
    styled.info.update({"Title": recipe.title, "PlayResX": str(recipe.width), "PlayResY": str(recipe.height),
                        "ScaledBorderAndShadow": "yes", "WrapStyle": "2"})
    styled.styles["Default"] = subs.SSAStyle(
        fontname=_font(size).getname()[0], fontsize=size, outline=round(size * OUTLINE, 1), shadow=0, bold=True,
        alignment=subs.Alignment.BOTTOM_CENTER, marginv=round(recipe.height * MARGIN),
        marginl=round(recipe.width * (1 - WIDEST) / 2), marginr=round(recipe.width * (1 - WIDEST) / 2))
    for cue in laid_out(recipe.cues, recipe.language):
        when = {"start": round(cue.start * 1000), "end": round(cue.end * 1000)}
        plain.append(subs.SSAEvent(**when, text=_plain(cue.text)))
        styled.append(subs.SSAEvent(**when, text=ass_text(cue.text), name=cue.speaker.replace(",", " ")))
    return {"subtitles.srt": plain.to_string("srt", keep_ssa_tags=True).encode(),
            "subtitles.ass": styled.to_string("ass", header_notice="genga").encode()}


def _plain(text: str) -> str:
    # pysubs2 reads \N as a line break even here; a word joiner keeps an author's backslash a backslash
    return text.replace("\\", "\\\u2060").replace("\n", "\\N")


def ass_text(text: str) -> str:
    """`text` as .ass has it: line breaks, and none of the author's signs taken for a command."""
    return text.replace("\\", "\\\u2060").replace("{", "\\{").replace("\n", "\\N")


def track_text(text: str) -> str:
    """`text` for ffmpeg, which reads .ass lines but knows no way to write a brace or a backslash that is only itself."""
    return text.replace("\\", "\u2060\\\u2060").replace("\n", "\\N")


def type_size(width: int, height: int) -> int:
    """Pixels of the type on a picture of this size."""
    return max(1, round(min(height * SIZE[0], width * SIZE[1])))


def laid_out(cues: Iterable[Cue], language: str) -> tuple[Cue, ...]:
    """Cues of at most two lines each, in order of time; a longer one becomes several, its time shared out by letters."""
    made: list[Cue] = []
    for cue in sorted(cues, key=lambda c: (c.start, c.end)):
        lines = break_lines(cue.text, language)
        pages = ["\n".join(lines[i : i + LINES]) for i in range(0, len(lines), LINES)]
        whole, said = sum(map(len, pages)), 0
        for page in pages:
            start = cue.start + (cue.end - cue.start) * said / whole
            said += len(page)
            made.append(cue.model_copy(update={"text": page, "start": start,
                                               "end": cue.start + (cue.end - cue.start) * said / whole}))
    return tuple(made)


def one_at_a_time(cues: Sequence[Cue]) -> tuple[Cue, ...]:
    """The same cues without overlaps: where several are spoken at once, their words stand under each other."""
    edges = sorted({t for cue in cues for t in (cue.start, cue.end)})
    made: list[Cue] = []
    for start, end in itertools.pairwise(edges):
        heard = [cue for cue in cues if cue.start < end and cue.end > start]
        if heard:
            made.append(Cue(start=start, end=end, speaker=heard[0].speaker, text="\n".join(cue.text for cue in heard)))
    return tuple(made)


def break_lines(text: str, language: str) -> list[str]:
    """`text` in as few lines as fit, even in length, rather after a stop: 42 letters a line, 18 of Japanese."""
    wide = sum(1 for c in text if ord(c) > 0x2E80) * 2 > len(text.replace(" ", ""))
    limit = JAPANESE if wide else LATIN
    atoms = [piece for atom in _atoms(" ".join(text.split()), language, wide) for piece in _cut(atom, limit)]
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)]  # lines so far, their unevenness, where the last begins
    for end in range(1, len(atoms) + 1):
        tries: list[tuple[int, float, int]] = []
        for start in range(end - 1, -1, -1):
            line = "".join(atoms[start:end]).strip()
            if len(line) > limit and start < end - 1:
                break
            cost = (1 - len(line) / limit) ** 2 - (0.1 if line[-1:] in STOPS else 0.0)
            tries.append((best[start][0] + 1, best[start][1] + cost, start))
        best.append(min(tries))
    lines: list[str] = []
    end = len(atoms)
    while end:
        start = best[end][2]
        lines.insert(0, "".join(atoms[start:end]).strip())
        end = start
    return lines


def _atoms(text: str, language: str, wide: bool) -> list[str]:
    """What stays together: words with the space after them, or Japanese phrases."""
    if not wide:
        return re.findall(r"\S+\s*", text)
    budoux: Any = import_module("budoux")
    if language.startswith("zh"):
        return budoux.load_default_simplified_chinese_parser().parse(text)
    return budoux.load_default_japanese_parser().parse(text)


def _cut(atom: str, limit: int) -> list[str]:
    """An atom longer than a line, in pieces that fit; none begins with a closing sign or ends with an opening one."""
    pieces: list[str] = []
    while len(atom.strip()) > limit:
        at = limit
        while at > 1 and (CLOSING.match(atom[at:]) or OPENING.search(atom[:at])):
            at -= 1
        pieces.append(atom[:at])
        atom = atom[at:]
    return [*pieces, atom]


def draw_cue(frame: "np.ndarray", text: str) -> "np.ndarray":
    """`frame` (height, width, 3) uint8 RGB with `text` at its bottom: white, outlined in black. The frame given stays as it is.

    Raises LetteringError naming a character that the shipped font cannot write.
    """
    import numpy as np

    if not text.strip():
        return frame
    height, width, _ = frame.shape
    words, alpha, top, left = _overlay(text, width, height)
    tall, across, _ = words.shape
    drawn = frame.copy()
    under = drawn[top : top + tall, left : left + across].astype(np.float32)
    drawn[top : top + tall, left : left + across] = np.rint(under + (words - under) * alpha).astype(np.uint8)
    return drawn


@lru_cache(maxsize=4)
def _overlay(text: str, width: int, height: int) -> "tuple[np.ndarray, np.ndarray, int, int]":
    """Colour and opacity of the words, and where their top left corner stands; one cue is drawn on many frames."""
    import numpy as np
    from PIL import Image, ImageDraw

    refuse_unwritable(text)
    size = type_size(width, height)
    while True:
        font, line = _font(size), max(1, round(size * OUTLINE))
        look: Any = {"font": font, "stroke_width": line, "align": "center", "spacing": size // 4}
        box = ImageDraw.Draw(Image.new("RGB", (1, 1))).multiline_textbbox((0, 0), text, **look)
        tall, across = round(box[3] - box[1]) + 2, round(box[2] - box[0]) + 2
        if (across <= width * WIDEST and tall <= height * (1 - MARGIN)) or size == 1:
            break
        size -= 1
    picture = Image.new("RGBA", (min(across, width), min(tall, height)), (0, 0, 0, 0))
    ImageDraw.Draw(picture).multiline_text((1 - box[0], 1 - box[1]), text, fill="white", stroke_fill="black", **look)
    values = np.asarray(picture, dtype=np.float32)
    top = max(0, height - round(height * MARGIN) - picture.height)
    return values[..., :3], values[..., 3:] / 255, top, (width - picture.width) // 2


@lru_cache(maxsize=8)
def _font(size: int) -> "ImageFont.FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(str(font_file(FONT)), size, layout_engine=ImageFont.Layout.BASIC)


def refuse_unwritable(text: str) -> None:
    """Raises LetteringError naming the characters that the shipped font cannot burn into a picture."""
    missing = sorted({c for c in text if not c.isspace() and ord(c) not in characters(FONT) and ord(c) != WORD_JOINER})
    if missing:
        raise LetteringError(f"no shipped font can write {' '.join(missing)} in the subtitle \"{text.splitlines()[0]}\"",
                             field="text", remedy="Write it in other characters, or use subtitles: soft")
