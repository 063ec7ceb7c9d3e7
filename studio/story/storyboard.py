"""Storyboard: an episode as its author wrote it. Page > Panel > Balloon, each with an id that survives editing."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, model_validator

from studio.story.drawn import Drawn
from studio.story.fields import Box, Id, Point, Text, Words, in_language
from studio.story.reading import Written
from studio.story.shots import Background, Film, Keyframe, Line, Shot

MAX_PANELS = 12
"""Panels on one page; the `slot` partitions 01..12."""

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
        return in_language(self.text, language)


class Face(Written):
    """Where a face is in the finished panel, so that balloons stay off it and tails find it."""

    box: Box
    who: Id | None = None


class Panel(Drawn):
    """One picture of a page."""

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

    SCHEMA = "storyboard"

    episode: Id
    title: Text | dict[str, Text]
    """Title, one text or one per language."""
    summary: Text = ""
    pages: tuple[Page, ...] = ()
    """Of the comic; its book is bound from them."""
    shots: tuple[Shot, ...] = ()
    """Of the film, in their order."""
    film: Film = Film()
    _file: Path | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _holds_something(self) -> "Storyboard":
        if not self.pages and not self.shots:
            raise ValueError("an episode needs pages or shots, and this one has neither")
        return self

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


def shot_unit(board: Storyboard, shot: Shot) -> str:
    """Unit id of a shot, `episode.shot`; also its partition key."""
    return f"{board.episode}.{shot.id}"


def keyframe_unit(board: Storyboard, shot: Shot, keyframe: Keyframe) -> str:
    """Unit id of a keyframe, `episode.shot.keyframe`; the inbetween that fills the gap after it has the same."""
    return f"{shot_unit(board, shot)}.{keyframe.id}"


def background_unit(board: Storyboard, shot: Shot, background: Background) -> str:
    """Unit id of what stands behind a shot's figures, `episode.shot.background`."""
    return f"{shot_unit(board, shot)}.{background.id}"


def line_unit(board: Storyboard, shot: Shot, line: Line) -> str:
    """Unit id of a spoken line, `episode.shot.line`."""
    return f"{shot_unit(board, shot)}.{line.id}"
