"""Every word of the sample stands in its balloon, in its panel, beside the others and off the faces."""

from itertools import combinations, pairwise
from pathlib import Path

import pytest
from shapely import affinity
from shapely.geometry import box

from studio.comic.lettering import Lettered, check_lettering, hand, letter_page
from studio.errors import LetteringErrors
from studio.production.intake import check_words
from studio.story.boards import find_board
from studio.story.geometry import panel_outlines
from studio.story.show import open_show
from studio.story.storyboard import Balloon, Page

from ..story.making import edit, write_show
from .making import LANGUAGES, sample

SHOW, PAGES = sample()
EVERY = [(page, language) for page in PAGES for language in LANGUAGES]
NAMES = [f"{page.id}-{language}" for page, language in EVERY]


def lettered(page: Page, language: str) -> tuple[Lettered, ...]:
    settings = SHOW.settings
    outlines = panel_outlines(page, settings.page, settings.reading)
    return letter_page(page, outlines, hand(settings.page, settings.lettering, settings.reading, language))


@pytest.mark.parametrize(("page", "language"), EVERY, ids=NAMES)
def test_no_balloon_leaves_its_panel_or_covers_another(page: Page, language: str) -> None:
    outlines = dict(zip((p.id for p in page.panels), panel_outlines(page, SHOW.settings.page, "rtl"), strict=True))
    balloons = lettered(page, language)
    assert len(balloons) == sum(len(p.balloons) for p in page.panels)
    for balloon in balloons:
        assert outlines[balloon.panel].buffer(0.01).contains(balloon.outline)
    for one, other in combinations(balloons, 2):
        assert not one.outline.intersects(other.outline)


@pytest.mark.parametrize(("page", "language"), EVERY, ids=NAMES)
def test_no_text_leaves_its_balloon(page: Page, language: str) -> None:
    for balloon in lettered(page, language):
        if balloon.kind != "sfx":
            cx, cy = balloon.centre
            for left, top, right, bottom in balloon.block.boxes:
                em = balloon.em
                line = box(cx + left * em, cy + top * em, cx + right * em, cy + bottom * em)
                assert balloon.body.buffer(0.05).contains(line), balloon.text


@pytest.mark.parametrize(("page", "language"), EVERY, ids=NAMES)
def test_balloons_keep_off_marked_faces(page: Page, language: str) -> None:
    outlines = dict(zip((p.id for p in page.panels), panel_outlines(page, SHOW.settings.page, "rtl"), strict=True))
    panels = {p.id: p for p in page.panels}
    for balloon in lettered(page, language):
        left, top, right, bottom = outlines[balloon.panel].bounds
        for face in panels[balloon.panel].faces:
            x, y, w, h = face.box
            middle = box(left + (x + w / 4) * (right - left), top + (y + h / 4) * (bottom - top),
                         left + (x + 3 * w / 4) * (right - left), top + (y + 3 * h / 4) * (bottom - top))
            assert not balloon.body.intersects(middle), balloon.text


@pytest.mark.parametrize(("page", "language"), EVERY, ids=NAMES)
def test_balloons_of_a_panel_read_from_the_right_top(page: Page, language: str) -> None:
    for one, other in pairwise(b for b in lettered(page, language) if b.kind != "sfx"):
        if one.panel == other.panel:
            later_is_left = other.centre[0] < one.centre[0]
            later_is_below = other.body.bounds[1] >= one.body.bounds[3] - 1
            assert later_is_left or later_is_below


def test_type_is_as_large_as_asked_where_there_is_room_and_never_below_the_smallest() -> None:
    sizes = [b.size_pt for page, language in EVERY for b in lettered(page, language) if b.kind == "speech"]
    assert min(sizes) >= SHOW.settings.lettering.min_pt
    assert max(sizes) == pytest.approx(SHOW.settings.lettering.size_pt)


def test_japanese_stands_in_columns_and_english_in_lines() -> None:
    japanese = next(b for b in lettered(PAGES[0], "ja") if b.kind == "caption")
    english = next(b for b in lettered(PAGES[0], "en") if b.kind == "caption")
    assert all(line.vertical for line in japanese.block.lines)
    assert not any(line.vertical for line in english.block.lines)


def test_a_tail_points_at_its_speaker() -> None:
    spoken = [b for b in lettered(PAGES[0], "en") if b.panel == "home"]
    assert spoken[0].outline.area > spoken[0].body.area
    assert affinity.translate(spoken[0].body, 0, 0).within(spoken[0].outline.buffer(0.1))


def words(folder: Path) -> LetteringErrors:
    show = open_show(folder)
    file, board = find_board(show, "01")
    with pytest.raises(LetteringErrors) as caught:
        check_words(show, file, board)
    return caught.value


def test_a_text_that_cannot_fit_is_told_before_anything_is_rendered(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "small")
    edit(folder, "- text: Hello!", f"- text: {'all work and no play ' * 200}")
    error = words(folder).errors[0]
    assert error.file == str(folder / "storyboards" / "01.yaml")
    assert error.line == 10
    assert error.field == "pages[0].panels[0].balloons[0].text"
    assert "does not fit" in error.message
    assert "Shorten the text" in (error.remedy or "")


def test_a_character_that_no_shipped_font_has_is_named(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "small")
    edit(folder, "- text: Hello!", '- text: "Hi \U0001f600"')
    error = words(folder).errors[0]
    assert "no shipped font can write" in error.message
    assert "U+1F600" in error.message
    assert error.line == 10
    assert error.remedy


def test_a_word_too_long_for_its_panel_is_a_complaint_not_a_crash() -> None:
    page = PAGES[0]
    panel = page.panels[1].model_copy(update={"balloons": (Balloon(text="W" * 400),)})
    bad = page.model_copy(update={"panels": (page.panels[0], panel, *page.panels[2:])})
    assert [e.field for e in check_lettering(bad, SHOW, "en")] == ["p01.home.balloons[0].text"]
