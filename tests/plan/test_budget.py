"""Budgets: what was spent and may be, which mark is due, and who has to wait."""

import pytest

from studio.plan.budget import SHOW, Account, accounts, holding, marks_reached
from studio.plan.history import History
from studio.story.show import Budget


def history(**spent: float) -> History:
    return History(spent={name.removeprefix("e"): usd for name, usd in spent.items()})


def test_an_account_counts_what_its_episode_spent_and_the_show_counts_all() -> None:
    found = accounts(Budget(show_usd=10, episode_usd=4, episodes={"02": 1}), history(e01=3, e02=2), ["01", "02", "03"])
    assert [(a.scope, a.spent, a.ceiling) for a in found] == [(SHOW, 5, 10), ("01", 3, 4), ("02", 2, 1), ("03", 0, 4)]


def test_what_was_raised_counts_instead_of_what_is_written() -> None:
    known = history(e01=3)
    known.raised["01"] = 2.0
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
