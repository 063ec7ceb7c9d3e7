"""Storyboard: an episode as its author wrote it. Page > Panel > Balloon, each with an id that survives editing."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PrivateAttr, StringConstraints

from studio.record import nfc
from studio.story.reading import Written

MAX_PANELS = 12
"""Panels on one page; the `slot` partitions 01..12."""

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A stable name: lower-case letters, digits, '-' and '_'. Seeds follow from it, so it never changes."""

Text = Annotated[str, AfterValidator(nfc)]
Words = Annotated[Text, StringConstraints(min_length=1, strip_whitespace=True)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Fraction, Fraction]
Box = tuple[Fraction, Fraction, Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(gt=0, le=1)]]
"""x, y, width, height as fractions; origin top left."""

Value = bool | int | float | str
BalloonKind = Literal["speech", "thought", "shout", "whisper", "caption", "sfx"]


class Balloon(Written):
    """Words on a panel."""

    text: Words | dict[str, Words]
    """What is said; either one text for all languages or one per language code (`en`, `ja`)."""
    kind: BalloonKind = "speech"
    speaker: Id | None = None
    """Character who says it."""
    at: Point | None = None
    """Wanted centre, fraction of the panel; placed automatically, in reading order, when left out."""
    tail: Point | None = None
    """Where the tail points, fraction of the panel; towards the speaker's face when left out."""
    angle: Annotated[float, Field(ge=-90, le=90)] = 0.0
    """Rotation in degrees, for sound effects."""
    scale: Annotated[float, Field(ge=0.5, le=4)] = 1.0
    """Type size relative to the show's lettering size."""

    def words(self, language: str) -> str | None:
        """The text in `language`, or None where the author wrote none."""
        return self.text if isinstance(self.text, str) else self.text.get(language)


class Face(Written):
    """Where a face is in the finished panel, so that balloons stay off it and tails find it."""

    box: Box
    who: Id | None = None


class LoraUse(Written):
    """A LoRA asked for by name."""

    model: Id
    weight: Annotated[float, Field(ge=-2, le=2)] = 0.8


class ControlUse(Written):
    """A ControlNet and its map."""

    model: Id
    image: str
    """Picture file, relative to the show."""
    weight: Annotated[float, Field(ge=0, le=2)] = 1.0
    start: Fraction = 0.0
    end: Fraction = 1.0


class InitUse(Written):
    """Image-to-image: where the picture starts from."""

    image: str
    """Picture file, relative to the show."""
    mask: str | None = None
    """Picture file; white is repainted, black is kept."""
    strength: Annotated[float, Field(gt=0, le=1)] = 0.6
    """1 forgets the picture, near 0 keeps it."""


class Panel(Written):
    """One picture of a page."""

    id: Id
    prompt: Words
    characters: tuple[Id, ...] = ()
    preset: Id | None = None
    negative: Text = ""
    """Added to the preset's negative prompt."""
    override: dict[str, Value] = Field(default_factory=dict)
    """Preset fields changed for this panel; only those that the preset declares open, within its bounds."""
    loras: tuple[LoraUse, ...] = ()
    control: tuple[ControlUse, ...] = ()
    init: InitUse | None = None
    take: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Another number is an explicit new seed."""
    seed_offset: Annotated[int, Field(ge=0, le=2**31)] = 0
    seed_namespace: Id | None = None
    """Whose seed base is used; the first character's when left out."""
    box: Box | None = None
    """Place on the page, fractions of the live area; given by the page's layout when left out."""
    corners: tuple[Point, ...] | None = None
    """Slanted shape: three or more points, fractions of the live area; replaces `box`."""
    bleed: bool = False
    """Edges at the border of the live area run on over the page's edge."""
    inset: bool = False
    """May lie over other panels."""
    focus: Point = (0.5, 0.5)
    """Point of the picture, fractions from its top left, that is kept when the picture is cropped to the panel."""
    faces: tuple[Face, ...] = ()
    """Faces, fractions of the panel."""
    balloons: tuple[Balloon, ...] = ()
    """In reading order."""


class Page(Written):
    """One page; its panels stand in reading order."""

    id: Id
    layout: Id | None = None
    """Named template, listed in docs/storyboard.md; chosen from the number of panels when left out."""
    panels: Annotated[tuple[Panel, ...], Field(min_length=1)]


class Storyboard(Written):
    """One episode."""

    episode: Id
    title: Text | dict[str, Text]
    """Title, one text or one per language."""
    summary: Text = ""
    pages: Annotated[tuple[Page, ...], Field(min_length=1)]
    _file: Path | None = PrivateAttr(default=None)

    @property
    def file(self) -> Path | None:
        """Where it was read from, so that what is wrong with it can be shown there; None when made in Python."""
        return self._file

    def read_from(self, file: Path) -> "Storyboard":
        """The same storyboard, knowing its file."""
        self._file = file
        return self


def panel_unit(board: Storyboard, panel: Panel) -> str:
    """Unit id of a panel, `episode.panel`: free of page and position, so that moving it renders nothing."""
    return f"{board.episode}.{panel.id}"


def page_unit(board: Storyboard, page: Page) -> str:
    """Unit id of a page, `episode.page`; also its partition key."""
    return f"{board.episode}.{page.id}"
