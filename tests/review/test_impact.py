"""The page that tells what a change would touch, over real HTTP."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from studio.production.opening import open_production
from studio.production.waiving import waive
from tests.story.making import change

from .visiting import Visitor

LATER = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


def test_every_page_leads_there_and_it_asks_what_is_meant(visitor: Visitor) -> None:
    assert 'href="/impact"' in visitor.get("/").text and 'href="/impact"' in visitor.get("/unit/01.a").text
    page = visitor.get("/impact").text
    assert 'type="search"' in page and '<option value="tiny">' in page and '<option value="momo">' in page
    assert "would be made anew" not in page


def test_it_shows_books_units_prices_and_what_is_kept(visitor: Visitor) -> None:
    page = visitor.get("/impact?of=momo").text
    assert "character momo" in page and "1 panel, 1 final, 1 page, 1 book would be made anew" in page
    assert "Kept: 2 panels, 2 finals, 1 page." in page and "published 20" in page
    assert '<a href="/unit/01.a?stage=panel&amp;language=">' in page and page.count(">published</span>") == 4
    assert "an unknown price (show.yaml names no rate for pools image, post)" in page and "$0.00000" not in page
    assert "No unit in use holds it" in visitor.get("/impact?of=ink").text


def test_what_nobody_knows_is_told_with_the_nearest_and_escaped(visitor: Visitor) -> None:
    answer = visitor.client.get("/impact", params={"of": "tinny<b>"})
    assert answer.status_code == 404 and "tinny&lt;b&gt;" in answer.text and "<b>&#39;" not in answer.text
    assert "Did you mean &#39;tiny&#39;?" in visitor.get("/impact?of=tinny").text
    assert visitor.client.get("/impact", params={"of": "x" * 301}).status_code == 422


def test_what_is_waived_is_marked_here_on_its_tile_and_on_its_page(visitor: Visitor, folder: Path) -> None:
    change(folder / "presets" / "fake.yaml", version=2, guidance=6.0)
    waive(open_production(folder), "01.a", LATER, "printed <already>", "mika")
    page = visitor.get("/impact?of=tiny").text
    assert f"<b>01.a</b> until {LATER} by mika: printed &lt;already&gt;" in page and "Waived: 2." in page
    assert "waived until" in visitor.get("/episode/01").text
    unit = visitor.get("/unit/01.a").text
    assert ">waived</span>" in unit and "guidance: 5.0 -&gt; 6.0 (recipe)" in unit
    assert "Nothing is done: it is waived until" in visitor.say("01.a", "reject", reasons=["face"]).text


def test_the_page_needs_nothing_that_its_own_policy_forbids(visitor: Visitor) -> None:
    main = visitor.get("/impact?of=tiny").text.split("<main")[1].split("</main>")[0]
    assert not re.search(r"style=|<script|<style|\son\w+=", main)
