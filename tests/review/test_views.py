"""What the review page shows, over real HTTP."""

from pathlib import Path

import pytest

from studio.production.judging import judge_all
from studio.production.opening import open_production
from studio.render.renderer import Run
from studio.review.serving import reviewing
from tests.production.filming import make_film
from tests.production.making import make_all
from tests.production.test_gates import policy
from tests.story.filming import write_film_show
from tests.story.making import edit

from .visiting import Visitor


def artifact_of(folder: Path, unit: str, stage: str) -> str:
    return next(p.artifact for (u, s, _), p in open_production(folder).history().picks.items() if (u, s) == (unit, stage))


def test_the_first_page_counts_what_is_to_be_reviewed(visitor: Visitor) -> None:
    assert "5 to review" in visitor.get("/").text
    visitor.say("01.a", "accept")
    told = visitor.get("/").text
    assert "4 to review" in told and "1 accepted" in told


def test_a_contact_sheet_stands_in_reading_order_and_can_be_filtered(visitor: Visitor, folder: Path) -> None:
    sheet = visitor.get("/episode/01").text
    links = ["/unit/01.a", "/unit/01.b", "/page/01.p01", "/unit/01.c", "/page/01.p02"]
    assert sorted(links, key=lambda link: sheet.index(f'href="{link}?')) == links
    visitor.say("01.a", "reject", reasons=["anatomy", "face"])
    assert "/unit/01.b" not in visitor.get("/episode/01?state=rejected").text
    assert "/unit/01.a" in visitor.get("/episode/01?state=rejected&reason=face").text
    assert "Nothing here with this filter" in visitor.get("/episode/01?reason=style").text
    make_all(folder)
    assert "/unit/01.a" in visitor.get("/episode/01?state=to+review&reason=face").text, "why it was drawn anew is still known"


@pytest.mark.parametrize("path", ["/episode/07", "/unit/01.zz", "/page/01.a", "/unit/01.a?take=" + "0" * 64, "/tile/02.x"])
def test_what_is_not_there_is_said_and_not_found(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 404 and "there is no" in answer.text


def test_a_page_is_shown_lettered_with_its_panels(visitor: Visitor, folder: Path) -> None:
    page = visitor.get("/page/01.p01").text
    assert f"/artifact/{artifact_of(folder, '01.p01', 'page')}" in page
    assert page.index("/unit/01.a?") < page.index("/unit/01.b?")


def test_takes_are_compared_with_what_differs_what_they_cost_and_what_was_said(visitor: Visitor, folder: Path) -> None:
    first = visitor.fields("01.a")["artifact"]
    visitor.say("01.a", "reject", reasons=["off_model"], note="<i>hair</i>")
    make_all(folder)
    page = visitor.get("/unit/01.a").text
    second = visitor.fields("01.a")["artifact"]
    assert second != first and f"/preview/{first}" in page
    assert "What differs from take 1" in page and "seed: " in page and "guidance" not in page.split("What differs")[1]
    assert page.count("an unknown price (show.yaml named no rate for pool image)") == 2 and "$" not in page
    assert "all 2 takes" in page and "✓" not in page and "not blank" in page
    assert "off model" in page and "&lt;i&gt;hair&lt;/i&gt;" in page and "<i>" not in page
    swapped = visitor.fields("01.a", take=first)
    assert swapped["artifact"] == first


def test_stale_units_say_why(visitor: Visitor, folder: Path) -> None:
    edit(folder, "prompt: river", "prompt: river at night")
    page = visitor.get("/unit/01.b").text
    assert "stale" in page and "prompt: river -&gt; river at night" in page


def test_a_broken_show_is_told_about_and_its_page_comes_up_again(visitor: Visitor, folder: Path) -> None:
    board = folder / "storyboards" / "01.yaml"
    whole = board.read_text()
    board.write_text("episode: [")
    broken = visitor.get("/")
    assert broken.status_code == 500 and "01.yaml" in broken.text
    board.write_text(whole)
    assert visitor.get("/").status_code == 200


def test_a_shot_shows_its_clip_in_pieces_and_its_keyframes(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "film")
    make_film(folder)
    with reviewing(folder) as url:
        visitor = Visitor(url)
        page = visitor.get("/unit/01.s1?stage=clip").text
        clip = artifact_of(folder, "01.s1", "clip")
        assert f'src="/artifact/{clip}" autoplay loop muted' in page
        assert "/unit/01.s1.k1?" in page and "/unit/01.s1.k2?" in page
        piece = visitor.get(f"/artifact/{clip}", Range="bytes=4-7")
        assert (piece.status_code, piece.content, piece.headers["content-type"]) == (206, b"ftyp", "video/mp4")
        assert "a clip is made from its pictures" in visitor.say("01.s1", "reject", reasons=["style"]).text
        assert "&amp;lt;" not in visitor.get("/unit/01.s1.k1").text


def test_prometheus_finds_gauges(visitor: Visitor) -> None:
    answer = visitor.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'genga_units{outcome="rendered",stage="panel"} 3.0' in answer.text


def test_each_number_stands_once_beside_its_bound_and_upstream_is_said_in_words(folder: Path) -> None:
    policy(folder, {"scorer": "min_side", "min": 16, "name": "size"})
    production = open_production(folder)
    judge_all(production, production.boards(), Run())
    with reviewing(folder) as url:
        page = Visitor(url).get("/unit/01.a").text
        assert page.count("64") >= 1 and "size (min 16): 64" in page and "min side: 64" not in page
        edit(folder, "prompt: smile, sky", "prompt: smile, sea")
        page = Visitor(url).get("/unit/01.p01?stage=page").text
        assert "what it is made from changes" in page and ">upstream" not in page
