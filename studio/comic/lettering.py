"""Lettering: the words of a page in their balloons, at the largest type size that fits.

Lengths are millimetres from the trimmed page's top left corner, y down.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shapely import Point, Polygon, box

from studio.comic.balloons import BEND, XY, bodies, box_on_page, scaled, with_tail
from studio.comic.blocks import Block
from studio.comic.fonts import Box, check_characters, shortened, voices
from studio.comic.placing import Guest, Room, Seat, seat_all
from studio.errors import LetteringError
from studio.story.geometry import panel_outlines
from studio.story.show import Lettering, PageSize, Show
from studio.story.storyboard import Balloon, BalloonKind, Page, Panel

MM_PER_PT = 25.4 / 72
SFX = 2.4
"""A sound effect's type size relative to speech."""
INSIDE = 1.2
"""Millimetres between a balloon and the panel's ink."""
SAFE = 3.0
"""Millimetres that words keep from the trimmed edge, so that no cut touches them."""
BENDS = (BEND, -BEND, 0.0)
"""Swings of a tail, the first that stays inside its panel."""
STEPS = 16
"""Type sizes tried between the smallest and the wanted one."""


@dataclass(frozen=True)
class Lettered:
    """One balloon on the page."""

    panel: str
    index: int
    """Among the panel's balloons."""
    kind: BalloonKind
    text: str
    size_pt: float
    centre: XY
    block: Block
    body: Polygon
    outline: Polygon
    """The body with its tail."""
    bubbles: tuple[Polygon, ...]
    """Loose bubbles, a thought's tail."""
    angle: float

    @property
    def em(self) -> float:
        """Type size in millimetres."""
        return self.size_pt * MM_PER_PT

    @property
    def text_box(self) -> Box:
        """Box around all lines, before rotation."""
        half_w, half_h = self.block.width / 2, self.block.height / 2
        return box_on_page((-half_w, -half_h, half_w, half_h), self.em, self.centre)


@dataclass(frozen=True)
class Hand:
    """How a page is lettered."""

    size_pt: float
    min_pt: float
    language: str
    forward: int
    """1 when the page reads to the right, -1 to the left."""
    paper: Polygon
    """Where words may lie on the page."""
    inside: float
    """From the panel's outline to its balloons."""


def hand(size: PageSize, lettering: Lettering, reading: str, language: str) -> Hand:
    """How pages of this paper are lettered in `language`."""
    paper = box(SAFE, SAFE, size.width_mm - SAFE, size.height_mm - SAFE)
    # vertical Japanese reads from right to left; a mirrored page cannot be read any other way than its panels
    forward = 1 if reading == "ltr" else -1
    inside = INSIDE + size.border_mm / 2
    return Hand(lettering.size_pt, min(lettering.min_pt, lettering.size_pt), language, forward, paper, inside)


def letter_page(page: Page, outlines: Sequence[Polygon], how: Hand) -> tuple[Lettered, ...]:
    """All balloons of the page in reading order. Raises LetteringError for the first that cannot be lettered."""
    made: list[Lettered] = []
    for found in _letter(page, outlines, how):
        if isinstance(found, LetteringError):
            raise found
        made += found
    return tuple(made)


def check_lettering(page: Page, show: Show, language: str) -> list[LetteringError]:
    """What cannot be lettered on this page: needs no art, so it is known before any render is paid."""
    settings = show.settings
    how = hand(settings.page, settings.lettering, settings.reading, language)
    outlines = panel_outlines(page, settings.page, settings.reading)
    return [found for found in _letter(page, outlines, how) if isinstance(found, LetteringError)]


def _letter(page: Page, outlines: Sequence[Polygon], how: Hand) -> Iterator[list[Lettered] | LetteringError]:
    taken: list[Polygon] = []
    for i, (panel, outline) in enumerate(zip(page.panels, outlines, strict=True)):
        above = [o for p, o in zip(page.panels[i + 1 :], outlines[i + 1 :], strict=True) if p.inset]
        try:
            made = _letter_panel(panel, outline, how, (*taken, *above), f"{page.id}.{panel.id}")
        except LetteringError as exc:
            yield exc
            continue
        taken += [lettered.outline for lettered in made]
        yield made


def _letter_panel(panel: Panel, outline: Polygon, how: Hand, taken: tuple[Polygon, ...], unit: str) -> list[Lettered]:
    guests = _guests(panel, outline, how, unit)
    if not guests:
        return []
    inner = _largest(outline.buffer(-how.inside, join_style="mitre").intersection(how.paper))
    faces = tuple(_placed_box(face.box, outline) for face in panel.faces)
    tips = tuple(Point(g.target).buffer(1.5) for g in guests if g.balloon.tail and g.target)
    room = Room(outline, inner, faces, taken, how.forward, (*faces, *tips))
    seats = _fit(room, guests, how)
    if isinstance(seats, Guest) and panel.inset:
        # an inset lies on the page like a stamp: its words may stand beside it
        seats = _fit(Room(outline, how.paper, faces, taken, how.forward, (*faces, *tips)), guests, how)
    if isinstance(seats, Guest):
        raise _does_not_fit(seats, inner, how, panel, unit)
    return [_lettered(panel, seat, room, seats) for seat in seats]


def _guests(panel: Panel, outline: Polygon, how: Hand, unit: str) -> list[Guest]:
    spoken = [(i, b, b.words(how.language)) for i, b in enumerate(panel.balloons)]
    spoken = [(i, b, text) for i, b, text in spoken if text]
    made: list[Guest] = []
    for n, (i, balloon, text) in enumerate(spoken):
        assert text is not None
        check_characters(text, voices(balloon.kind, how.language), f"{unit}.balloons[{i}].text")
        angle = balloon.angle if balloon.kind == "sfx" else 0.0
        at = _on_panel(balloon.at, outline) if balloon.at else None
        share = (n + 0.35) / len(spoken)
        made.append(Guest(i, balloon, text, bodies(text, balloon.kind, how.language, angle),
                          _target(balloon, panel, outline), at, share))
    return made


def _target(balloon: Balloon, panel: Panel, outline: Polygon) -> XY | None:
    """Where the tail points: where the author says, else the speaker's mouth, else nowhere."""
    if balloon.kind in ("caption", "sfx"):
        return None
    if balloon.tail:
        return _on_panel(balloon.tail, outline)
    for face in panel.faces:
        if balloon.speaker and face.who == balloon.speaker:
            x, y, w, h = face.box
            return _on_panel((x + w / 2, y + 0.72 * h), outline)
    return None


def _fit(room: Room, guests: list[Guest], how: Hand) -> list[Seat] | Guest:
    """Seats at the largest type size at which all find a place, by binary search; off the faces if at all possible."""
    failed: Guest | None = None
    for strict in (True, False):
        best: list[Seat] | None = None
        low, high = 0, STEPS
        middle = STEPS  # nearly everything fits at once
        while low <= high:
            found = _try(room, guests, how, middle / STEPS, strict)
            if isinstance(found, Guest):
                failed, high = found, middle - 1
            else:
                best, low = found, middle + 1
            middle = (low + high) // 2
        if best:
            return best
    assert failed is not None
    return failed


def _try(room: Room, guests: list[Guest], how: Hand, part: float, strict: bool) -> list[Seat] | Guest:
    last = 1 + max(g.index for g in guests)
    ems = [0.0] * last
    for guest in guests:
        ems[guest.index] = size_of(guest.balloon, how, part) * MM_PER_PT
    found = seat_all(room, guests, ems, strict, packed=False)
    return seat_all(room, guests, ems, strict, packed=True) if isinstance(found, Guest) else found


def size_of(balloon: Balloon, how: Hand, part: float) -> float:
    """Type size in points, `part` of the way from the smallest (0) to the wanted one (1)."""
    wanted = how.size_pt * balloon.scale * (SFX if balloon.kind == "sfx" else 1.0)
    return how.min_pt + max(0.0, wanted - how.min_pt) * part


def _does_not_fit(guest: Guest, inner: Polygon, how: Hand, panel: Panel, unit: str) -> LetteringError:
    em = how.min_pt * MM_PER_PT
    left, top, right, bottom = inner.bounds
    tallest = min(b.outline.bounds[3] - b.outline.bounds[1] for b in guest.bodies) * em
    widest = min(b.outline.bounds[2] - b.outline.bounds[0] for b in guest.bodies) * em
    why = f"with the other balloons of panel '{panel.id}'"
    if widest > right - left:
        why = f"panel '{panel.id}': its narrowest balloon is {widest:.0f} mm wide, the panel {right - left:.0f} mm"
    elif tallest > bottom - top:
        why = f"panel '{panel.id}': its lowest balloon is {tallest:.0f} mm high, the panel {bottom - top:.0f} mm"
    return LetteringError(
        f"\"{shortened(guest.text)}\" ({len(guest.text)} characters, {how.language}) does not fit at {how.min_pt:g} pt "
        f"into {why}" if why.startswith("panel") else
        f"\"{shortened(guest.text)}\" ({len(guest.text)} characters, {how.language}) does not fit at {how.min_pt:g} pt "
        f"{why}", field=f"{unit}.balloons[{guest.index}].text",
        remedy="Shorten the text, give the panel more room, or lower lettering.min_pt in show.yaml",
    )


def _lettered(panel: Panel, seat: Seat, room: Room, seats: list[Seat]) -> Lettered:
    guest = seat.guest
    others = [*room.taken, *(s.outline for s in seats if s is not seat)]
    outline, bubbles = seat.outline, tuple[Polygon, ...]()
    if guest.target:
        for part in (1.0, 0.8, 0.6, 0.45):
            tip = _tip(seat, guest.target, room.faces, bool(guest.balloon.tail), part)
            if tip is None:
                break
            fitting = [t for t in (with_tail(seat.outline, guest.balloon.kind, tip, seat.em, bend) for bend in BENDS)
                       if _free(_largest(room.outline.union(room.inner)), others, (t[0], *t[1]))]
            if fitting:
                outline, bubbles = fitting[0]
                break
    return Lettered(
        panel.id, guest.index, guest.balloon.kind, guest.text, seat.em / MM_PER_PT, seat.centre, seat.body.block,
        seat.outline, outline, bubbles, guest.balloon.angle if guest.balloon.kind == "sfx" else 0.0,
    )


def _free(panel: Polygon, others: list[Polygon], shapes: tuple[Polygon, ...]) -> bool:
    """Inside the panel and clear of all other balloons."""
    return all(panel.contains(shape) and not any(o.intersects(shape) for o in others) for shape in shapes)


def _tip(seat: Seat, target: XY, faces: tuple[Polygon, ...], exact: bool, part: float) -> XY | None:
    """Where a tail ends: at an exact target, else on the way to the mouth, clear of the face."""
    (ax, ay), (bx, by) = seat.centre, target
    length = math.hypot(bx - ax, by - ay)
    if length < 1e-6:
        return None
    dx, dy = (bx - ax) / length, (by - ay) / length
    edge = _along(seat.outline, (ax, ay), (dx, dy), length)
    end = length
    if not exact:
        for face in faces:
            if face.contains(Point(target)):
                back = _along(_oval(face), (bx, by), (-dx, -dy), length)
                end = length - back - 1.0
        # a tail points, it need not touch: long ones stop on the way
        end = min(end, edge + max(4.0, 0.75 * (end - edge)), edge + 5 * seat.em)
    reach = edge + (end - edge) * part
    return None if reach - edge < 0.25 * seat.em else (ax + dx * reach, ay + dy * reach)


def _along(shape: Polygon, start: XY, direction: XY, length: float) -> float:
    """How far a ray from inside `shape` runs before it leaves it."""
    low, high = 0.0, length
    for _ in range(24):
        middle = (low + high) / 2
        inside = shape.contains(Point(start[0] + direction[0] * middle, start[1] + direction[1] * middle))
        low, high = (middle, high) if inside else (low, middle)
    return low


def _oval(face: Polygon) -> Polygon:
    left, top, right, bottom = face.bounds
    middle = ((left + right) / 2, (top + bottom) / 2)
    return scaled(_stretched(Point(0, 0).buffer(1.0), (right - left) / 2, (bottom - top) / 2), 1.0, middle)


def _stretched(shape: Polygon, x: float, y: float) -> Polygon:
    return Polygon([(px * x, py * y) for px, py in shape.exterior.coords])


def _on_panel(point: XY, outline: Polygon) -> XY:
    left, top, right, bottom = outline.bounds
    return left + point[0] * (right - left), top + point[1] * (bottom - top)


def _placed_box(place: Box, outline: Polygon) -> Polygon:
    x, y, w, h = place
    return box(*_on_panel((x, y), outline), *_on_panel((x + w, y + h), outline))


def _largest(shape: object) -> Polygon:
    parts = [p for p in getattr(shape, "geoms", [shape]) if isinstance(p, Polygon)]
    return max(parts, key=lambda p: p.area, default=Polygon())
