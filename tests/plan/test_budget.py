"""Budgets: what was spent and may be, which mark is due, and who has to wait."""

import pytest

from studio.plan.budget import SHOW, Account, accounts, holding, marks_reached, overruns
from studio.plan.history import History, Stage
from studio.plan.plans import Plan, Step
from studio.story.show import Budget


def history(**spent: float) -> History:
    return History(spent={name.removeprefix("e"): usd for name, usd in spent.items()})


def test_an_account_counts_what_its_episode_spent_and_the_show_counts_all() -> None:
    found = accounts(Budget(show_usd=10, episode_usd=4, episodes={"02": 1}), history(e01=3, e02=2), ["01", "02", "03"])
    assert [(a.scope, a.spent, a.ceiling) for a in found] == [(SHOW, 5, 10), ("01", 3, 4), ("02", 2, 1), ("03", 0, 4)]


def test_what_was_raised_counts_instead_of_what_is_written() -> None:
    known = history(e01=3)
    known.raised["01"] = [1.0, 2.0]
    assert accounts(Budget(episode_usd=9), known, ["01"])[1].reached


def test_a_reached_account_holds_its_episode_and_the_shows_holds_all() -> None:
    found = [Account(SHOW, 5, 10), Account("01", 4, 4), Account("02", 3, 4)]
    assert holding(found, "01") is found[1] and holding(found, "02") is None and holding(found, "") is None
    spent = [Account(SHOW, 10, 10), *found[1:]]
    assert all(holding(spent, episode) is spent[0] for episode in ("01", "02", "03", ""))
    assert "genga budget raise 01 --to USD" in found[1].why


def test_without_a_ceiling_nothing_is_ever_reached() -> None:
    assert not Account(SHOW, 1e9, None).reached and Account(SHOW, 1e9, None).share == 0


def test_a_ceiling_of_nothing_is_reached_at_once() -> None:
    assert Account(SHOW, 0, 0).reached and Account(SHOW, 0, 0).share == 1


@pytest.mark.parametrize(("spent", "told", "due"), [
    (4.9, 0, []), (5, 0, [50]), (9, 0, [80]), (9, 50, [80]), (9, 80, []), (10, 80, [100]), (30, 100, []),
])
def test_the_highest_mark_is_told_once(spent: float, told: int, due: list[int]) -> None:
    known = {(SHOW, 10.0): told} if told else {}
    assert [mark for _, mark in marks_reached([Account(SHOW, spent, 10)], (50, 80, 100), known)] == due


def test_a_new_ceiling_has_marks_of_its_own() -> None:
    assert marks_reached([Account(SHOW, 15, 20)], (50, 80, 100), {(SHOW, 10.0): 100}) == [(Account(SHOW, 15, 20), 50)]


def planned(episode: str, usd: float | None, stage: Stage = "panel") -> Plan:
    return Plan("show", episode, (Step(f"{episode}.a", stage, "", "missing", usd=usd),))


def test_a_plan_that_passes_a_ceiling_is_told_with_all_its_figures() -> None:
    found = [Account(SHOW, 5, 100), Account("01", 3, 4), Account("02", 2, None)]
    [over] = overruns(found, [planned("01", 1.234), planned("02", 50)])
    assert (over.account.scope, over.total, over.enough) == ("01", pytest.approx(4.234), 4.24)
    assert over.over == pytest.approx(0.234) and over.holds
    assert over.why == (
        "over budget: episode 01 has spent $3.0000 of $4.0000, this costs $1.2340 more, $0.2340 too much. At the ceiling its "
        "renders are held in the queue, none fails; 'genga budget raise 01 --to 4.24' makes room")
    assert overruns(found, [planned("01", 1.0)]) == [], "just as much as there is"


def test_the_shows_budget_counts_all_episodes_together() -> None:
    found = [Account(SHOW, 5, 10), Account("01", 3, 6), Account("02", 2, 6)]
    [over] = overruns(found, [planned("01", 3), planned("02", 3)])
    assert over.account.scope == SHOW and over.price.known == 6 and "the show has spent" in over.why


def test_a_spent_budget_holds_what_a_model_draws_and_nothing_else() -> None:
    spent = [Account("01", 4, 4)]
    assert "Its renders are held" in overruns(spent, [planned("01", 1)])[0].why
    assert "Its renders are held" in overruns(spent, [planned("01", None)])[0].why, "whatever it costs"
    [cheap] = overruns(spent, [planned("01", 1, "page")])
    assert not cheap.holds and "no model draws it" in cheap.why
    assert overruns(spent, [planned("01", 0, "page")]) == overruns(spent, [Plan("show", "01", ())]) == []
