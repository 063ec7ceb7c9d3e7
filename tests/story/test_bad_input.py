"""What an author can get wrong: every error names file, field, finding and remedy, with the line where there is one."""

from pathlib import Path

import pytest

from studio.errors import GengaError, StoryError, StoryErrors
from studio.story.checks import read_storyboard, read_storyboards
from studio.story.show import open_show

from .making import BOARD, change, dump, edit, write_show


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


def wrong(folder: Path) -> GengaError:
    """The first complaint about the storyboard."""
    with pytest.raises(StoryError) as caught:
        read_storyboards(open_show(folder))
    return caught.value.errors[0] if isinstance(caught.value, StoryErrors) else caught.value


def test_a_whole_storyboard_has_nothing_to_complain_about(folder: Path) -> None:
    assert [p.id for p in read_storyboards(open_show(folder))[0].pages] == ["p01", "p02"]


def test_an_empty_file_is_named(folder: Path) -> None:
    (folder / "storyboards" / "01.yaml").write_text("")
    error = wrong(folder)
    assert error.file
    assert error.file.endswith("01.yaml")
    assert error.message == "the file is empty"
    assert "genga init" in (error.remedy or "")


def test_broken_yaml_is_shown_with_line_and_column(folder: Path) -> None:
    edit(folder, "prompt: river", 'prompt: "river')
    error = wrong(folder)
    assert (error.line, error.column) >= (11, 1)
    assert "not valid YAML" in error.message
    assert "quotes" in (error.remedy or "")


@pytest.mark.parametrize(
    ("old", "new", "field", "finding", "remedy", "line"),
    [
        ("prompt: river", "promt: river", "pages[0].panels[1].promt", "unknown key 'promt'", "Did you mean 'prompt'?", 12),
        ("- id: b", "- id: a", "pages[0].panels[1].id", "id 'a' stands twice", "Give this one another id", 11),
        ("- id: c", "- id: p01", "pages[1].panels[0].id", "id 'p01' stands twice", "another id", 15),
        ("[momo]", "[mommo]", "pages[0].panels[0].characters[0]", "unknown character 'mommo'", "Did you mean 'momo'?", 7),
        ("- text: Hello!", "- {speaker: mom, text: Hi}", "pages[0].panels[0].balloons[0].speaker", "unknown character 'mom'",
         "Did you mean 'momo'?", 10),
        ("- id: p02", "- id: p02\n    layout: four_gird", "pages[1].layout", "unknown layout 'four_gird'",
         "Did you mean 'four_grid'?", 14),
        ("prompt: mountain", "prompt: mountain\n        box: [0.5, 0.5, 0.6, 0.2]", "pages[1].panels[0].box",
         "lies outside the page", "must be at most 1", 17),
        ("prompt: mountain", "prompt: mountain\n        init: {image: ../../secret.png, strength: 0.5}",
         "pages[1].panels[0].init.image", "outside", "", 17),
        ("prompt: mountain", "prompt: mountain\n        init: {image: gone.png, strength: 0.5}",
         "pages[1].panels[0].init.image", "gone.png", "", 17),
        ("prompt: mountain", "prompt: mountain\n        take: 0", "pages[1].panels[0].take", "or equal to 1", "", 17),
        ("prompt: mountain", "prompt: mountain\n        balloons: [{text: {fr: Bonjour}}]",
         "pages[1].panels[0].balloons[0].text.fr", "language 'fr'", "en", 17),
    ],
)
def test_a_mistake_in_a_storyboard_is_shown_where_it_stands(
    folder: Path, old: str, new: str, field: str, finding: str, remedy: str, line: int
) -> None:
    edit(folder, old, new)
    error = wrong(folder)
    assert error.file == str(folder / "storyboards" / "01.yaml")
    assert error.field == field
    assert finding in error.message
    assert remedy in (error.remedy or "")
    assert error.remedy
    assert error.line == line
    assert error.render().startswith(f"{error.file}:{line}:")


def test_thirteen_panels_on_a_page_are_too_many(folder: Path) -> None:
    more = "".join(f"      - id: m{n}\n        prompt: x\n" for n in range(12))
    (folder / "storyboards" / "01.yaml").write_text(BOARD + more)
    error = wrong(folder)
    assert "13 panels on one page; at most 12" in error.message
    assert error.field == "pages[1].panels"
    assert "new page" in (error.remedy or "")


def test_overlapping_boxes_are_named_both(folder: Path) -> None:
    edit(folder, "prompt: smile, sky", "prompt: smile, sky\n        box: [0, 0, 1, 0.6]")
    edit(folder, "prompt: river", "prompt: river\n        box: [0, 0.5, 1, 0.5]")
    error = wrong(folder)
    assert error.message == "panel 'b' overlaps panel 'a'"
    assert "inset: true" in (error.remedy or "")


def test_a_storyboard_of_five_megabytes_is_refused_unread(folder: Path) -> None:
    (folder / "storyboards" / "01.yaml").write_text(BOARD + "#" * 5_000_000)
    error = wrong(folder)
    assert "5.0 MB" in error.message
    assert "Split" in (error.remedy or "")


def test_what_is_not_utf8_is_refused(folder: Path) -> None:
    (folder / "storyboards" / "01.yaml").write_bytes(b"episode: '01'\ntitle: \xff\xfe\n")
    assert "not UTF-8" in wrong(folder).message


def test_a_key_that_stands_twice_is_not_silently_dropped(folder: Path) -> None:
    edit(folder, "title: Small", "title: Small\ntitle: Large")
    error = wrong(folder)
    assert "key 'title' stands twice" in error.message
    assert error.line == 3


def test_all_mistakes_of_a_file_are_told_at_once(folder: Path) -> None:
    edit(folder, "[momo]", "[mommo]")
    edit(folder, "- id: c", "- id: a")
    with pytest.raises(StoryErrors) as caught:
        read_storyboard(folder / "storyboards" / "01.yaml", open_show(folder))
    assert len(caught.value.errors) == 2
    assert caught.value.render().count("\n") == 1


def test_an_episode_in_two_files_is_refused(folder: Path) -> None:
    (folder / "storyboards" / "02.yaml").write_text(BOARD)
    error = wrong(folder)
    assert "episode '01' stands in another file too" in error.message
    assert error.file
    assert error.file.endswith("02.yaml")


@pytest.mark.parametrize(
    ("file", "changes", "field", "finding"),
    [
        ("show.yaml", {"reading": "up"}, "reading", "'rtl' or 'ltr'"),
        ("show.yaml", {"titel": "x"}, "titel", "unknown key 'titel'"),
        ("show.yaml", {"page": {"dpi": 10}}, "page.dpi", "greater than or equal to 36"),
        ("cast/momo.yaml", {"tag": "x"}, "tag", "unknown key 'tag'"),
    ],
)
def test_settings_and_cast_are_checked_the_same_way(
    folder: Path, file: str, changes: dict[str, object], field: str, finding: str
) -> None:
    change(folder / file, **changes)
    with pytest.raises(StoryErrors) as caught:
        open_show(folder)
    error = caught.value.errors[0]
    assert error.file == str(folder / file)
    assert error.field == field
    assert finding in error.message
    assert error.line


def test_two_characters_of_one_name_are_refused(folder: Path) -> None:
    dump(folder / "cast" / "twin.yaml", {"name": "momo", "tags": "1girl"})
    with pytest.raises(StoryError, match="character 'momo' exists twice"):
        open_show(folder)


def test_a_folder_without_a_show_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(StoryError, match="not a show") as caught:
        open_show(tmp_path)
    assert "genga init" in (caught.value.remedy or "")
