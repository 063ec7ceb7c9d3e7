"""Why takes were made, what they cost and how large they are: as a real show on the fake engine writes it."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from studio.cli.progress import Progress
from studio.dispatch.follow import Tally
from studio.errors import StoryError
from studio.production.opening import open_production
from studio.production.reviewing import Word, review
from studio.story.prices import Pool
from studio.story.show import Show, open_show

from ..production.making import make_all, plan_of
from ..story.making import change, edit, write_show
from .ledgers import pick, take


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


def lines(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [e for _, _, e in open_production(folder).ledger.lines() if e and e["event"] == kind]


def made(folder: Path) -> dict[str, tuple[str, list[str]]]:
    """Bring it up to date: unit and stage -> why, of what was rendered now."""
    before = len(lines(folder, "take"))
    make_all(folder)
    return {f"{e['unit']} {e['stage']}": (e["cause"], e["rejected_for"]) for e in lines(folder, "take")[before:]}


def test_each_take_says_why_it_had_to_be_made(folder: Path) -> None:
    assert {cause for cause, _ in made(folder).values()} == {"first"}
    edit(folder, "prompt: river", "prompt: river at night")
    assert made(folder) == {"01.b panel": ("prompt", []), "01.b final": ("upstream", []), "01.p01 page": ("upstream", []),
                            "01 book": ("upstream", [])}
    edit(folder, "- text: Hello!", "- text: Hi!")
    assert {key: why[0] for key, why in made(folder).items()} == {"01.p01 page": "edit", "01 book": "upstream"}
    change(folder / "presets" / "fake.yaml", version=2, guidance=6.0)
    assert made(folder)["01.c panel"] == ("preset", [])
    edit(folder, "prompt: mountain", "prompt: mountain\n        take: 2")
    assert made(folder)["01.c panel"] == ("seed", [])


def test_a_rejection_is_the_cause_of_the_next_take_with_its_reasons(folder: Path) -> None:
    made(folder)
    production = open_production(folder)
    pick = production.history().picks["01.a", "panel", ""]
    review(production, Word("01.a", "panel", pick.artifact, "reject", "aki", ("face", "style")))
    assert made(folder)["01.a panel"] == ("rejected", ["face", "style"])


def test_a_lost_picture_and_a_failed_try_are_told_from_a_first_one(folder: Path) -> None:
    edit(folder, "prompt: mountain", "prompt: mountain fail!")
    made(folder)
    [failure] = lines(folder, "failure")
    assert (failure["unit"], failure["cause"], failure["pool"], failure["usd"]) == ("01.c", "first", "image", None)
    edit(folder, "prompt: mountain fail!", "prompt: mountain")
    production = open_production(folder)
    pick = production.history().picks["01.a", "panel", ""]
    production.artifacts.path(pick.artifact, pick.suffix).unlink()
    found = made(folder)
    assert found["01.c panel"] == ("retry", []) and found["01.a panel"] == ("lost", [])


def test_a_take_keeps_the_rate_of_its_day_and_what_it_weighs(folder: Path) -> None:
    change(folder / "show.yaml", pools={"image": {"usd_per_hour": 3600.0, "purchase": "spot"}, "post": {"limit": 2}})
    make_all(folder)
    panel = next(e for e in lines(folder, "take") if e["unit"] == "01.a" and e["stage"] == "panel")
    seconds = panel["seconds"] + panel["load_seconds"] + panel["idle_seconds"]
    assert panel["usd"] == pytest.approx(seconds) and (panel["usd_per_hour"], panel["purchase"]) == (3600.0, "spot")
    kept = open_production(folder).artifacts.path(panel["artifact"], ".png")
    assert panel["bytes"] == kept.stat().st_size and panel["write_seconds"] > 0 and panel["characters"] == ["momo"]
    assert panel["names"] == {panel["body"]["model"]: "tiny"}
    page = next(e for e in lines(folder, "take") if e["stage"] == "page")
    assert (page["pool"], page["usd"], page["usd_per_hour"]) == ("post", None, None), "no rate is not the same as free"


def test_a_take_says_how_long_its_plan_thought_that_it_would_take(folder: Path) -> None:
    before = plan_of(folder)
    make_all(folder)
    first = lines(folder, "take")
    for e in first:
        if e["stage"] == "panel":
            told = before.step(e["unit"], "panel")
            assert e["predicted"] == {"seconds": told.seconds, "high": told.high, "takes": 0}, "a guess"
    edit(folder, "prompt: river", "prompt: river at night\n        candidates: 2")
    told = plan_of(folder).step("01.b", "panel")
    make_all(folder)
    again = [e["predicted"] for e in lines(folder, "take")[len(first):] if e["stage"] == "panel"]
    each = {"seconds": pytest.approx(told.seconds / 2), "high": pytest.approx(told.high / 2), "takes": 3}
    assert again == [each, each], "two candidates, each by itself"


def test_an_owned_machine_costs_its_write_off_and_its_electricity() -> None:
    pool = Pool.model_validate({"purchase": "owned", "usd_per_hour": 0.1, "power": {"watts": 500, "usd_per_kwh": 0.4}})
    assert pool.rate and (pool.rate.usd_per_hour, pool.rate.purchase) == (pytest.approx(0.3), "owned")
    only = Pool.model_validate({"purchase": "owned", "power": {"watts": 500, "usd_per_kwh": 0.4}}).rate
    assert only and only.usd_per_hour == pytest.approx(0.2)
    assert Pool().rate is None and Pool(usd_per_hour=0.0).rate is not None


def test_a_rate_is_found_by_pool_and_there_is_none_where_nobody_named_it(folder: Path) -> None:
    change(folder / "show.yaml", pools={"image": {"limit": 1, "usd_per_hour": 0.7}})
    show: Show = open_show(folder)
    assert (show.rate("image"), show.rate("video")) == (0.7, None) and show.price("video") is None


@pytest.mark.parametrize(("pools", "told"), [
    ({"image": {"power": {"watts": 300, "usd_per_kwh": 0.3}}}, "power is paid for owned machines only"),
    ({"image": {"purchase": "stolen"}}, "Use 'owned', 'on_demand' or 'spot'"),
    ({"image": {"usd_per_hour": -1}}, "at least 0"),
    ({"image": {"usd_per_hor": 1}}, "usd_per_hour"),
    ({"image": {"purchase": "owned", "power": {"watts": 0, "usd_per_kwh": 1}}}, "more than 0"),
])
def test_a_price_that_makes_no_sense_is_refused_where_it_stands(folder: Path, pools: dict[str, Any], told: str) -> None:
    change(folder / "show.yaml", pools=pools)
    with pytest.raises(StoryError, match=told) as found:
        open_show(folder)
    assert "show.yaml" in found.value.render()


def test_a_take_without_a_rate_is_told_of_while_it_happens_and_not_as_free() -> None:
    said = io.StringIO()
    watching, tally = Progress(Console(file=said, width=120)), Tally()
    for event in (take("01.a", "a1", "10:00:00", usd=None), pick("01.a", "a1", "10:00:01"),
                  take("01.b", "b1", "10:00:02"), pick("01.b", "b1", "10:00:03")):
        watching.happened(event.model_dump(mode="json"))
        tally.add(event.model_dump(mode="json"))
    assert "8.00 s  no rate" in said.getvalue() and "8.00 s  $0.10000" in said.getvalue()
    assert tally.price.said(2, spent=True) == "$0.10 and more that is unknown (show.yaml named no rate for pool image)"
