"""What a storyboard must keep beyond its types: unique ids, known names, panels that fit the page."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from shapely import Polygon
from shapely.geometry import box as rectangle

from studio.errors import StoryError, StoryErrors
from studio.story.layouts import DEFAULT_FOR, LAYOUTS, panel_shapes
from studio.story.reading import Path_, Source, inside, nearest
from studio.story.shot_checks import Complaint, shot_complaints, shot_files
from studio.story.show import Show
from studio.story.storyboard import MAX_PANELS, Page, Panel, Storyboard

OVERLAP = 1e-3
"""Shared area (fraction of the live area) above which two panels overlap: a hair is rounding."""


def read_storyboard(file: Path, show: Show) -> Storyboard:
    """A checked storyboard. Raises StoryErrors that list everything wrong with it at once."""
    source = Source(file)
    board = source.parse(Storyboard)
    errors = [source.error(m, p, r) for m, p, r in _complaints(board, show)]
    errors += _missing_files(board, show, source) + shot_files(board, show, source)
    if errors:
        raise StoryErrors(errors)
    return board.read_from(file)


def read_storyboards(show: Show, episode: str | None = None) -> list[Storyboard]:
    """The show's storyboards in reading order, or only `episode`'s. Raises StoryError for an episode twice or unknown."""
    boards: dict[str, Storyboard] = {}
    for file in show.storyboard_files:
        board = read_storyboard(file, show)
        if board.episode in boards:
            raise Source(file).error(
                f"episode '{board.episode}' stands in another file too", ("episode",), "Give one another episode id"
            )
        boards[board.episode] = board
    if not boards:
        raise StoryError("the show has no storyboard", file=show.folder / "storyboards", remedy="Add one: see README")
    if episode is None:
        return list(boards.values())
    if episode not in boards:
        raise StoryError(f"there is no episode '{episode}'", file=show.folder / "storyboards",
                         remedy=nearest(episode, boards))
    return [boards[episode]]


def _complaints(board: Storyboard, show: Show) -> Iterator[Complaint]:
    yield from _doubled_ids(board)
    for p, page in enumerate(board.pages):
        yield from _layout_complaints(page, ("pages", p), show)
        for n, panel in enumerate(page.panels):
            yield from _panel_complaints(panel, ("pages", p, "panels", n), show)
    yield from shot_complaints(board, show)


def _doubled_ids(board: Storyboard) -> Iterator[Complaint]:
    """Pages, panels and shots share one space of ids inside an episode: all are units."""
    seen: set[str] = set()
    places: list[tuple[str, Path_]] = []
    for p, page in enumerate(board.pages):
        places.append((page.id, ("pages", p, "id")))
        places += [(panel.id, ("pages", p, "panels", n, "id")) for n, panel in enumerate(page.panels)]
    places += [(shot.id, ("shots", s, "id")) for s, shot in enumerate(board.shots)]
    for name, path in places:
        if name in seen:
            yield f"id '{name}' stands twice in this episode", path, "Give this one another id; keep the older one"
        seen.add(name)


def _layout_complaints(page: Page, path: Path_, show: Show) -> Iterator[Complaint]:
    count = len(page.panels)
    if count > MAX_PANELS:
        yield f"{count} panels on one page; at most {MAX_PANELS} fit", (*path, "panels"), "Move some to a new page"
        return
    if page.layout and page.layout not in LAYOUTS:
        yield f"unknown layout '{page.layout}'", (*path, "layout"), nearest(page.layout, LAYOUTS)
        return
    free = [i for i, panel in enumerate(page.panels) if not (panel.box or panel.corners)]
    places = len(LAYOUTS[page.layout or DEFAULT_FOR[count]])
    if free and free[-1] >= places:
        fits = [n for n, t in LAYOUTS.items() if len(t) == count]
        yield (f"layout '{page.layout}' has {places} places for {count} panels", (*path, "layout"),
               f"Use {' or '.join(fits) or 'explicit boxes'}")
        return
    if any(panel.corners or panel.box for panel in page.panels):  # layouts of ours are sound
        yield from _shape_complaints(page, panel_shapes(page, show.settings.reading), path)


def _shape_complaints(page: Page, shapes: list[Polygon], path: Path_) -> Iterator[Complaint]:
    whole = rectangle(-1e-6, -1e-6, 1 + 1e-6, 1 + 1e-6)
    for i, (panel, shape) in enumerate(zip(page.panels, shapes, strict=True)):
        where = (*path, "panels", i, "corners" if panel.corners else "box")
        if not shape.is_valid or shape.area < OVERLAP:
            yield "the panel's shape crosses itself or is empty", where, "Give the corners in order around the shape"
        elif not whole.contains(shape):
            yield (f"panel '{panel.id}' lies outside the page", where,
                   "x + width and y + height must be at most 1 (fractions of the live area)")
        elif not panel.inset:
            for other, earlier in zip(page.panels[:i], shapes[:i], strict=True):
                if not other.inset and earlier.is_valid and shape.intersection(earlier).area > OVERLAP:
                    yield (f"panel '{panel.id}' overlaps panel '{other.id}'", where,
                           "Move or shrink one, or mark the upper one 'inset: true'")


def _panel_complaints(panel: Panel, path: Path_, show: Show) -> Iterator[Complaint]:
    for i, name in enumerate(panel.characters):
        if name not in show.cast:
            yield f"unknown character '{name}'", (*path, "characters", i), nearest(name, show.cast)
    for i, face in enumerate(panel.faces):
        if face.who and face.who not in show.cast:
            yield f"unknown character '{face.who}'", (*path, "faces", i, "who"), nearest(face.who, show.cast)
    for i, balloon in enumerate(panel.balloons):
        where = (*path, "balloons", i)
        if balloon.speaker and balloon.speaker not in show.cast:
            yield f"unknown character '{balloon.speaker}'", (*where, "speaker"), nearest(balloon.speaker, show.cast)
        if isinstance(balloon.text, dict):
            for language in balloon.text:
                if language not in show.settings.languages:
                    yield (f"language '{language}' is not among the show's", (*where, "text", language),
                           f"show.yaml has languages: {', '.join(show.settings.languages)}")


def _missing_files(board: Storyboard, show: Show, source: Source) -> list[StoryError]:
    errors: list[StoryError] = []
    for name, path in _named_files(board):
        try:
            inside(show.folder, name, source, path)
        except StoryError as exc:
            errors.append(exc)
    return errors


def _named_files(board: Storyboard) -> Iterable[tuple[str, Path_]]:
    for p, page in enumerate(board.pages):
        for n, panel in enumerate(page.panels):
            path: Path_ = ("pages", p, "panels", n)
            for c, control in enumerate(panel.control):
                if control.image:
                    yield control.image, (*path, "control", c, "image")
            if panel.init:
                yield panel.init.image, (*path, "init", "image")
                if panel.init.mask:
                    yield panel.init.mask, (*path, "init", "mask")
