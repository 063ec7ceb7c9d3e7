"""What a person's word about a take does: what is rejected is never asked for again, what is accepted stays."""

from pathlib import Path
from typing import Any

import pytest

from studio.errors import ReviewError
from studio.production.judging import judge_all
from studio.production.opening import open_production
from studio.production.reviewing import Word, review, state_of, undo
from studio.production.sweeping import make_sweep, sweep_planner
from studio.production.using import use
from studio.render.renderer import Run
from studio.store.events import Score
from studio.story.sweeps import find_sweep
from tests.story.making import change, dump, edit, write_show

from .making import make_all, plan_of

UNIT = "01.a"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A show whose pictures are drawn."""
    write_show(tmp_path / "show")
    make_all(tmp_path / "show")
    return tmp_path / "show"


def say(folder: Path, verdict: str, reviewer: str = "mika", **more: Any) -> str:
    """Review the take that panel 01.a uses now."""
    production = open_production(folder)
    pick = production.history().picks[UNIT, "panel", ""]
    word = {"unit": UNIT, "stage": "panel", "artifact": pick.artifact, "verdict": verdict, "reviewer": reviewer}
    return review(production, Word(**{**word, **({"reasons": ("anatomy",)} if verdict == "reject" else {}), **more}))


def art(folder: Path) -> str:
    """The picture that 01.a uses."""
    return open_production(folder).history().picks[("01.a", "panel", "")].artifact


def seed(folder: Path) -> int:
    step = plan_of(folder).step(UNIT, "panel")
    assert step is not None
    return step.recipe.seed


def test_what_was_accepted_under_other_words_asks_for_no_picture_that_is_rejected_since(folder: Path) -> None:
    make_all(folder)
    review(open_production(folder), Word("01.a", "panel", art(folder), "accept", "kei"))
    edit(folder, "prompt: smile, sky", "prompt: frown, sky")
    make_all(folder)
    bad = art(folder)
    review(open_production(folder), Word("01.a", "panel", bad, "reject", "kei", ("face",)))
    make_all(folder)
    assert art(folder) != bad


def test_a_take_drawn_for_a_sweep_is_reviewed_where_it_is_used(folder: Path) -> None:
    """It is the unit's like any other, and gates are asked about it as about any other."""
    make_all(folder)
    (folder / "sweeps").mkdir()
    dump(folder / "sweeps" / "mood.yaml", {"sweep": "mood", "unit": "01.a", "over": {"guidance": [7]},
                                           "rank": [{"scorer": "min_side"}]})
    sweep = find_sweep(folder / "sweeps", "mood")[1]
    list(make_sweep(open_production(folder), sweep, Run()))
    use(open_production(folder), sweep, next(iter(sweep_planner(open_production(folder), sweep).cells())))
    make_all(folder)
    assert review(open_production(folder), Word("01.a", "panel", art(folder), "accept", "kei"))
    undo(open_production(folder), "01.a", "panel", "kei")
    (folder / "policies").mkdir()
    dump(folder / "policies" / "p.yaml", {"name": "p", "gates": [{"scorer": "min_side", "min": 5000}]})
    production = open_production(folder)
    judge_all(production, production.boards(), Run())
    assert plan_of(folder).step("01.a", "panel").state == "blocked"
    scores = [e for _, _, e in production.ledger.lines() if e and e["event"] == "score"]
    make_all(folder)
    assert [e for _, _, e in production.ledger.lines() if e and e["event"] == "score"] == scores, "nothing is said twice"


def test_a_broken_picture_cannot_be_accepted(folder: Path) -> None:
    make_all(folder)
    production = open_production(folder)
    production.ledger.append(Score(show="show", unit="01.a", artifact=art(folder), scorer="not_blank", passed=False, note="grey"))
    with pytest.raises(ReviewError, match="cannot be accepted: not_blank failed"):
        review(production, Word("01.a", "panel", art(folder), "accept", "kei"))


def test_a_rejection_asks_for_the_next_seed_and_always_the_same_one(folder: Path) -> None:
    first = seed(folder)
    say(folder, "reject")
    second = seed(folder)
    assert second != first and seed(folder) == second
    step = plan_of(folder).step(UNIT, "panel")
    assert step.state == "stale" and "seed" in [reason.cause for reason in step.reasons]
    edit(folder, "- id: a\n", "- id: a\n        take: 2\n")
    assert seed(folder) == second, "the next seed is that of the next take number"


def test_a_rejected_take_is_drawn_anew_once_and_its_page_with_it(folder: Path) -> None:
    say(folder, "reject")
    made = [m for m in make_all(folder) if not m.reused]
    assert [(m.step.stage, m.step.unit) for m in made if m.step.stage == "panel"] == [("panel", UNIT)]
    assert plan_of(folder).done
    assert all(m.reused for m in make_all(folder))


def test_an_accepted_take_stays_while_its_words_stay(folder: Path) -> None:
    first = seed(folder)
    say(folder, "reject")
    make_all(folder)
    say(folder, "accept")
    second = seed(folder)
    edit(folder, "- id: a\n", "- id: a\n        take: 7\n")
    assert seed(folder) == second, "a person's word wins over the number"
    edit(folder, "smile, sky", "frown, sky")
    assert seed(folder) not in (first, second), "other words are another picture, which nobody accepted"


def test_undo_takes_back_one_s_own_last_word_and_nobody_else_s(folder: Path) -> None:
    first = seed(folder)
    say(folder, "reject")
    with pytest.raises(ReviewError, match="jun has said nothing about 01.a"):
        undo(open_production(folder), UNIT, "panel", "jun")
    undo(open_production(folder), UNIT, "panel", "mika")
    assert seed(folder) == first and plan_of(folder).done


def test_the_slower_of_two_reviewers_is_told_and_not_kept(folder: Path) -> None:
    production = open_production(folder)
    seen = state_of(production.history(), UNIT, "panel")
    say(folder, "accept", "jun", state=seen)
    with pytest.raises(ReviewError, match="changed while you looked: jun said 'accept'"):
        say(folder, "reject", "mika", state=seen)
    assert [r.reviewer for r in production.history().reviews[UNIT, "panel", ""]] == ["jun"]


@pytest.mark.parametrize(("more", "told"), [
    ({"verdict": "reject", "reasons": ()}, "a rejection needs a reason"),
    ({"verdict": "reject", "reasons": ("ugly",)}, "unknown reason 'ugly'"),
    ({"verdict": "accept", "artifact": "0" * 64}, "01.a has no take 000000000000… any more"),
    ({"verdict": "accept", "reviewer": " "}, "nobody signed"),
    ({"verdict": "accept", "stage": "book"}, "book is not reviewed"),
])
def test_a_word_that_cannot_be_kept_says_why(folder: Path, more: dict[str, Any], told: str) -> None:
    with pytest.raises(ReviewError, match=told):
        say(folder, **more)
    assert not open_production(folder).history().reviews


def test_in_a_show_of_one_seed_a_rejection_cannot_ask_for_another_picture(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "show")
    change(folder / "show.yaml", seeds={"root": "x", "lock": 42})
    make_all(folder)
    before = seed(folder)
    say(folder, "reject")
    assert seed(folder) != before, "the take's own offset stays even then"
