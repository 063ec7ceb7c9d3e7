"""Dead storage: what nothing that lives names is told by what it was, and stays where it is."""

from pathlib import Path

import pytest

from studio.plan.impact.radius import is_there
from studio.production.canaries import approve, check
from studio.production.opening import open_production
from studio.production.reviewing import Word, review
from studio.render.renderer import Run
from studio.store.dead import Storage, dead_storage
from studio.story.boards import ids_by_episode
from tests.production.making import make_all
from tests.story.making import change, edit, write_show

from .conftest import Opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_show(tmp_path / "show")
    make_all(folder)
    return folder


def storage(folder: Path) -> Storage:
    production = open_production(folder)
    ids = ids_by_episode(production.show)
    return dead_storage(production.artifacts.sizes(), production.history(), lambda unit: is_there(unit, ids))


def counts(folder: Path) -> dict[str, int]:
    return {why: count for why, (count, _) in storage(folder).dead.items()}


def files(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_size for file in (folder / "out" / "artifacts").rglob("*") if file.is_file()}


def test_a_show_as_it_was_made_has_nothing_dead(folder: Path) -> None:
    found = storage(folder)
    assert (found.dead, found.share) == ({}, 0.0)
    assert found.bytes == sum(files(folder).values()), "previews count with their pictures"


def test_what_a_change_replaced_is_dead_until_the_change_is_taken_back(folder: Path) -> None:
    edit(folder, "prompt: river", "prompt: river at night")
    make_all(folder)
    before = files(folder)
    found = storage(folder)
    assert set(found.dead) == {"replaced"} and 0 < found.share < 1
    # panel, final, page, its PDF; the book as CBZ, PDF, strip and spreads, of which the second one shows another page
    production = open_production(folder)
    alive = {p.artifact for p in production.history().picks.values()}
    dead = {t.artifact for t in production.history().takes.values() if t.unit in ("01.b", "01.p01", "01")} - alive
    assert len(dead) == 4 and found.dead["replaced"][0] >= 4
    edit(folder, "prompt: river at night", "prompt: river")
    make_all(folder)
    assert counts(folder)["replaced"] == found.dead["replaced"][0], "now it is the other ones"
    assert files(folder) == before, "nothing was rendered and nothing deleted"


def test_a_unit_that_is_gone_leaves_dead_pictures(folder: Path) -> None:
    edit(folder, "      - id: b\n        prompt: river\n", "")
    make_all(folder)
    assert counts(folder)["gone"] == 2, "a panel and its final"


def test_a_candidate_that_may_still_be_picked_lives_and_a_rejected_one_does_not(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "show")
    change(folder / "show.yaml", candidates=2)
    make_all(folder)
    assert counts(folder) == {}
    production = open_production(folder)
    used = production.history().picks["01.a", "panel", ""].artifact
    [other] = [t.artifact for t in production.history().takes.values()
               if (t.unit, t.stage) == ("01.a", "panel") and t.artifact != used]
    review(production, Word("01.a", "panel", other, "reject", "aki", ("face",)))
    assert counts(folder) == {"replaced": 1}


def test_canaries_live_when_they_are_approved(folder: Path) -> None:
    production = open_production(folder)
    check(production, "fake", Run())
    assert counts(folder) == {"trial": 3}
    approve(production, "fake", Run())
    assert counts(folder) == {}


def test_what_no_line_names_is_told_apart(folder: Path) -> None:
    open_production(folder).artifacts.put(b"stray" * 1000, ".png")
    found = storage(folder)
    assert found.dead == {"unnamed": (1, 5000)} and found.dead_bytes == 5000


def test_a_store_tells_how_much_lies_under_each_name(opened: Opened) -> None:
    one, other = opened.store.put(b"x" * 10, ".png"), opened.store.put(b"y" * 7, ".mkv")
    opened.store.put_beside(one, b"z" * 3, ".preview.webp")
    assert opened.store.sizes() == {one: 13, other: 7}
