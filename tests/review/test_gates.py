"""The page that tells how good the gates are, over real HTTP."""

import re
from pathlib import Path

import pytest

from studio.judge.calibration import calibrate
from studio.judge.policies import Gate
from studio.review.strips import MOST_DOTS, strip_of
from studio.store.ledger import Ledger
from tests.judge.verdicts import FACES, accepted, rejected, spread, write_ledger
from tests.production.test_gates import policy

from .visiting import Visitor


def test_a_show_without_policies_is_told_so_and_every_page_leads_there(visitor: Visitor) -> None:
    assert 'href="/gates"' in visitor.get("/").text and 'href="/gates"' in visitor.get("/unit/01.a").text
    assert "no policies" in visitor.get("/gates").text


def test_each_gate_is_shown_with_its_file_its_shares_its_dots_and_its_bounds(visitor: Visitor, folder: Path) -> None:
    policy(folder, {"scorer": "face_size", "name": "faces", "min": 0.2}, {"scorer": "clip", "name": "late", "min": 0.5})
    before = {file: file.read_bytes() for file in (folder / "policies").iterdir()}
    events = accepted(FACES, *spread(0.6, 0.9, 12), preset="fake") + rejected(FACES, *spread(0.3, 0.4, 6), preset="fake")
    write_ledger(folder / "out" / "ledger", events + rejected(FACES, 0.7, preset="fake", reasons=("lettering",)))
    page = visitor.get("/gates").text
    assert "policies/house.yaml" in page and "Proposed: min 0.5" in page
    assert "recall of its reasons 0\u00a0% → 100\u00a0%" in page
    assert "gate &#39;faces&#39;: min: 0.5 (now 0.2)" in page
    faces = page.split('id="faces"')[1].split("</section>")[0]
    dots = [faces.count(f'<circle class="{kind}"') for kind in ("accepted", "rejected", "other")]
    assert dots == [12, 6, 1] and faces.count('class="now"') == faces.count('class="proposed"') == 1
    late = page.split('id="late"')[1].split("</section>")[0]
    assert "too few verdicts (0 accepted, 0 rejected" in late and "19 judged pictures have no number" in late
    assert "<circle" not in late
    assert {file: file.read_bytes() for file in (folder / "policies").iterdir()} == before


def test_a_bound_that_was_changed_is_shown_at_once(visitor: Visitor, folder: Path) -> None:
    for bound in (0.2, 0.65):
        policy(folder, {"scorer": "face_size", "name": "faces", "min": bound})
        assert f"face_size min {bound}" in visitor.get("/gates").text


def test_the_page_needs_nothing_that_its_own_policy_forbids(visitor: Visitor, folder: Path) -> None:
    policy(folder, {"scorer": "face_size", "name": "faces", "min": 0.2})
    write_ledger(folder / "out" / "ledger", accepted(FACES, 0.5, preset="fake"))
    main = visitor.get("/gates").text.split("<main")[1].split("</main>")[0]
    assert "<svg" in main and not re.search(r"style=|<script|<style|\son\w+=", main)


@pytest.mark.parametrize(("low", "high", "stops"), [(0.2, None, 1), (None, 0.8, 1), (0.2, 0.8, 2)])
def test_a_strip_holds_every_number_and_bound_and_shades_what_is_stopped(
    tmp_path: Path, low: float | None, high: float | None, stops: int
) -> None:
    gate = Gate(scorer="face_size", name="faces", min=low, max=high)
    events = accepted(gate, *spread(0, 1, MOST_DOTS + 50)) + rejected(gate, 0.1)
    (one,) = calibrate(Ledger(write_ledger(tmp_path, events)).history(), [(Path("house.yaml"), gate)])
    strip = strip_of(one, one.overall)
    assert strip and strip.left_out == 50 and len(strip.accepted) == MOST_DOTS
    assert all(0 <= x <= 100 for x, _ in (*strip.accepted, *strip.fitting)) and strip.accepted[0][0] < strip.accepted[-1][0]
    assert all(y < other for _, y in strip.accepted for _, other in strip.fitting), "accepted above, rejected below"
    assert len(strip.stops) == stops and all(x >= 0 and width >= 0 and x + width <= 100.01 for x, width in strip.stops)
    assert strip.proposed == ()


def test_one_number_alone_has_a_strip_too(tmp_path: Path) -> None:
    gate = Gate(scorer="faces", min=1)
    (one,) = calibrate(Ledger(write_ledger(tmp_path, accepted(gate, 1.0))).history(), [(Path("house.yaml"), gate)])
    strip = strip_of(one, one.overall)
    assert strip and strip.accepted[0][0] == strip.now[0] == 50
