"""What an audit finds in a dataset that is full of mistakes, and that it finds nothing in a good one."""

import json
from pathlib import Path

import pytest
from PIL import Image

from studio.errors import StoryError
from studio.judge.collecting import collect, pictures_in
from studio.judge.datasets import KINDS, Audit, Example, Rules, about_tokens, audit
from studio.judge.reporting import SIDE, contact_sheet, report_text

from .curated import WORD, picture, put, write_dataset

RULES = Rules(resolution=128, word=WORD)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("sets") / "hinako")


@pytest.fixture(scope="module")
def found(folder: Path) -> Audit:
    dataset = collect(folder)
    return audit(dataset.examples, RULES, dataset.findings)


def files(found: Audit, kind: str) -> list[tuple[str, ...]]:
    return [finding.files for finding in found.of_kind(kind)]


@pytest.mark.parametrize(("kind", "expected"), [
    ("identical", [("copy.png", "good1.png")]), ("near_duplicate", [("again.png", "good0.png")]),
    ("mirrored", [("good2.png", "mirror.png")]), ("broken", [("cut.png",)]), ("tiny", [("10_hinako/tiny.png",)]),
    ("small", [("10_hinako/small.png",)]), ("aspect", [("10_hinako/wide.png",)]), ("no_caption", [("nothing_said.png",)]),
    ("empty_caption", [("empty.png",)]), ("no_trigger", [("10_hinako/tiny.png",)]),
    ("long_caption", [("10_hinako/wide.png",)]), ("orphan_caption", [("lost.txt",)]), ("unknown_words", []), ("huge", []),
])
def test_every_planted_mistake_is_found_and_nothing_else_of_its_kind(
    found: Audit, kind: str, expected: list[tuple[str, ...]]
) -> None:
    assert files(found, kind) == expected


def test_findings_stand_in_the_order_of_the_report_and_are_counted(found: Audit) -> None:
    order = list(KINDS)
    assert [order.index(f.kind) for f in found.findings] == sorted(order.index(f.kind) for f in found.findings)
    assert found.count("error") == 6 and "bits apart" in found.of_kind("near_duplicate")[0].note
    assert json.loads(json.dumps(found.to_json()))["errors"] == 6


def captioned(*captions: str) -> list[Example]:
    apart = 0x0F0F0F0F0F0F
    return [Example(f"{n}.png", 512, 512, str(n), n * apart, ~n & (2**64 - 1), caption=c) for n, c in enumerate(captions)]


def notes(found: Audit, kind: str) -> list[str]:
    return [finding.note for finding in found.of_kind(kind)]


def test_tags_that_are_everywhere_or_never_part_are_told_but_not_the_trigger() -> None:
    told = [f"Hinako, 1girl, {extra}" for extra in ("red hair, bow", "red hair, bow", "bow, red hair, sky", "sky", "sky, smile")]
    found = audit(captioned(*told), Rules(word="hinako"))
    assert notes(found, "everywhere") == ["'1girl' in 5 of 5 captions (100%)"]
    assert notes(found, "together") == ["bow, red hair: in the same 3 captions"]
    assert found.tags[:2] == (("1girl", 5), ("hinako", 5)) and dict(found.tags)["sky"] == 3
    assert found.count("error") == 0


@pytest.mark.parametrize(("caption", "missing"), [
    ("hinako, smile", False), ("a girl named Hinako smiles", False), ("hinakos, smile", True), ("girl", True),
])
def test_the_trigger_is_a_whole_word_anywhere(caption: str, missing: bool) -> None:
    assert bool(audit(captioned(caption), Rules(word="hinako")).of_kind("no_trigger")) == missing


def test_words_that_the_model_does_not_know_are_named_but_not_the_trigger() -> None:
    found = audit(captioned("hinako, smile, zeppelin"), Rules(word="hinako", vocabulary=frozenset({"smile"})))
    assert notes(found, "unknown_words") == ["zeppelin"]


def test_faces_are_told_where_somebody_looked() -> None:
    seen = [Example(f"{n}.png", 512, 512, str(n), n, n, faces, "x") for n, faces in enumerate((0, 1, 3, None))]
    found = audit(seen, Rules(bits=0))
    assert files(found, "no_face") == [("0.png",)] and notes(found, "several_faces") == ["3 faces"]


def test_more_than_forty_megapixels_are_never_decoded(tmp_path: Path) -> None:
    put(tmp_path, "a.png", picture(1), "x")
    Image.new("1", (8000, 6000)).save(tmp_path / "big.png")
    Image.new("1", (20000, 20000)).save(tmp_path / "bomb.png")
    dataset = collect(tmp_path)
    found = audit(dataset.examples, RULES, dataset.findings)
    assert files(found, "huge") == [("big.png",), ("bomb.png",)] and "48 megapixels" in notes(found, "huge")[0]
    assert contact_sheet(found, tmp_path)


@pytest.mark.parametrize(("name", "text"), [
    ("metadata.jsonl", '{"file_name": "a.png", "text": "hinako, smile"}\n\n{"file_name": "gone.png", "text": "x"}\n'),
    ("metadata.csv", 'file_name,text\na.png,"hinako, smile"\ngone.png,x\n'),
])
def test_captions_from_a_table_count_and_a_file_beside_the_picture_wins(tmp_path: Path, name: str, text: str) -> None:
    put(tmp_path, "a.png", picture(1), None)
    (tmp_path / name).write_text(text)
    dataset = collect(tmp_path)
    assert dataset.examples[0].caption == "hinako, smile"
    assert [(f.kind, f.files) for f in dataset.findings] == [("listed_but_missing", ("gone.png",))]
    (tmp_path / "a.txt").write_text("hinako, frown")
    dataset = collect(tmp_path)
    assert dataset.examples[0].caption == "hinako, frown"
    assert {f.kind for f in dataset.findings} == {"listed_but_missing", "two_captions"}


@pytest.mark.parametrize(("name", "text", "told"), [
    ("metadata.jsonl", "{nope\n", "metadata.jsonl:1: this line is no JSON"),
    ("metadata.jsonl", "[1]\n", "no JSON object"),
    ("metadata.jsonl", '{"text": "x"}\n', "names no picture"),
    ("metadata.csv", "name,words\na.png,x\n", "It needs file_name and text"),
])
def test_a_broken_table_is_told_with_its_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    put(tmp_path, "a.png", picture(1), None)
    (tmp_path / name).write_text(text)
    with pytest.raises(StoryError, match=told):
        collect(tmp_path)


def test_a_caption_that_is_no_text_and_a_folder_that_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(StoryError, match="no picture in here"):
        pictures_in(tmp_path)
    with pytest.raises(StoryError, match="this is no folder"):
        pictures_in(tmp_path / "gone")
    put(tmp_path, "a.png", picture(1), None)
    put(tmp_path, ".hidden/b.png", picture(2), None)
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    assert [f.kind for f in collect(tmp_path).findings] == ["bad_caption"] and len(pictures_in(tmp_path)) == 1


def test_what_cannot_be_read_is_counted_once(tmp_path: Path) -> None:
    put(tmp_path, "a.png", picture(1), None)
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.png").write_bytes(b"no picture")
    dataset = collect(tmp_path)
    found = audit(dataset.examples, Rules(resolution=64), dataset.findings)
    assert [(f.kind, f.files) for f in found.findings] == [("broken", ("b.png",)), ("bad_caption", ("a.png",))]


def test_tokens_are_about_as_many_as_clips() -> None:
    assert about_tokens("1girl, solo, black hair") == 7  # 1 girl , solo , black hair
    assert about_tokens("a " * 76) == 76


def test_the_report_lists_every_finding_and_the_sheet_shows_pairs_side_by_side(found: Audit, folder: Path) -> None:
    text = report_text(found, folder, RULES, "sheet.png")
    assert all(KINDS[f.kind].title in text for f in found.findings)
    assert "`again.png` and `good0.png`" in text and "| 1girl |" in text and "![Contact sheet of the findings](sheet.png)" in text
    sheet = contact_sheet(found, folder)
    assert sheet and sheet.width > 6 * SIDE
    good = audit(captioned("x, y"), Rules())
    assert contact_sheet(good, folder) is None and good.findings == ()
