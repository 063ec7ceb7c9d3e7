"""Budgets: what show and episodes may spend, what they have spent, and who has to wait for a higher ceiling. Pure."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.plan.history import DRAWN, History
from studio.plan.plans import Plan
from studio.plan.price import Price, together
from studio.story.show import Budget

SHOW = "show"
"""Scope of the whole show's budget; the others are episodes."""


def ceilings(budget: Budget, raised: Collection[str]) -> frozenset[str]:
    """Accounts that have a ceiling, written or raised: episodes, and `show` where every episode's renders may be held."""
    if budget.show_usd is not None or budget.episode_usd is not None:
        return frozenset({SHOW})
    return frozenset({*budget.episodes, *raised})


def may_be_held(episode: str, accounts: Collection[str]) -> bool:
    """Whether one of these accounts, that have a ceiling, holds renders of the episode when it is spent."""
    return SHOW in accounts or episode in accounts


@dataclass(frozen=True)
class Account:
    """One budget as it stands."""

    scope: str
    spent: float
    """USD of all takes so far."""
    ceiling: float | None
    """USD; None where nobody set one."""
    unpriced: tuple[tuple[str, int], ...] = ()
    """Pool -> takes and failed tries that are not in `spent`, because nobody knows their price."""

    @property
    def share(self) -> float:
        """Spent over ceiling; 0 without one. A ceiling of nothing is always reached."""
        if self.ceiling is None:
            return 0.0
        return self.spent / self.ceiling if self.ceiling else 1.0

    @property
    def reached(self) -> bool:
        """Nothing more may be rendered."""
        return self.ceiling is not None and self.share >= 1

    @property
    def whose(self) -> str:
        """`the show`, `episode 01`."""
        return "the show" if self.scope == SHOW else f"episode {self.scope}"

    @property
    def why(self) -> str:
        """Why it has to wait, and what lets it go on."""
        return (f"{self.whose} has spent ${self.spent:.4f} of ${self.ceiling or 0:.4f}; "
                f"'genga budget raise {self.scope} --to USD' lets it go on")


    @property
    def left_out(self) -> str:
        """What a ceiling cannot reach; empty where every price is known."""
        if not self.unpriced:
            return ""
        many, pools = sum(count for _, count in self.unpriced), [pool or "unknown" for pool, _ in self.unpriced]
        takes = "one take" if many == 1 else f"{many} takes"
        return (f"{self.whose}: the cost of {takes}, failed ones included, is unknown and not counted, so no ceiling reaches it: "
                f"show.yaml named no rate for pool{'s' * (len(pools) > 1)} {', '.join(pools)}")


@dataclass(frozen=True)
class Overrun:
    """A budget that does not suffice for what is planned."""

    account: Account
    price: Price
    """Of what is planned under it."""
    holds: bool
    """A model draws part of it: that part waits at the ceiling. What is lettered, encoded and bound goes on."""

    @property
    def total(self) -> float:
        """USD that will be spent in the end, as far as prices are known."""
        return self.account.spent + self.price.known

    @property
    def over(self) -> float:
        """By how many USD that passes the ceiling; 0 where it does not."""
        return max(0.0, self.total - (self.account.ceiling or 0.0))

    @property
    def enough(self) -> float:
        """A ceiling under which all of it goes on, in whole cents."""
        return math.ceil(round(self.total * 100, 6)) / 100

    @property
    def why(self) -> str:
        """Which budget, how it stands, what is planned, what then happens, and what lets it go on."""
        account = self.account
        over = f", ${self.over:.4f} too much" if self.over else ""
        when = "Its renders are" if account.reached else "At the ceiling its renders are"
        then = f"{when} held in the queue, none fails" if self.holds else "Nothing of it is held, for no model draws it"
        more = f"genga budget raise {account.scope} --to {self.enough:.2f}"
        return (f"over budget: {account.whose} has spent ${account.spent:.4f} of ${account.ceiling or 0:.4f}, this costs "
                f"{self.price.said(4)} more{over}. {then}; '{more}' makes room")

    def to_json(self) -> dict[str, Any]:
        """Plain values for `genga plan --json`."""
        return {"budget": self.account.scope, "spent": round(self.account.spent, 6), "ceiling": self.account.ceiling,
                **self.price.to_json(), "over": round(self.over, 6),
                "renders_held": self.holds, "raise_to": self.enough}


def overruns(found: Sequence[Account], plans: Sequence[Plan]) -> list[Overrun]:
    """The budgets that the work of `plans` would pass, or that hold it already."""
    over: list[Overrun] = []
    for account in found:
        mine = [plan for plan in plans if account.scope in (SHOW, plan.episode)]
        price = together(plan.price for plan in mine)
        holds = any(step.renders and step.stage in (*DRAWN, "inbetween") for plan in mine for step in plan.steps)
        one = Overrun(account, price, holds)
        if account.ceiling is not None and ((price.known and one.over) or (account.reached and holds)):
            over.append(one)
    return over


def accounts(budget: Budget, history: History, episodes: Sequence[str]) -> list[Account]:
    """The show's account, then those of its episodes; what was raised since counts instead of what is written."""
    unpriced = history.unpriced
    found = [Account(SHOW, sum(history.spent.values()), _ceiling(budget.show_usd, history.raised.get(SHOW, ())),
                     _by_pool(sum(unpriced.values(), Counter[str]())))]
    for episode in episodes:
        written = budget.episodes.get(episode, budget.episode_usd)
        found.append(Account(episode, history.spent.get(episode, 0.0), _ceiling(written, history.raised.get(episode, ())),
                             _by_pool(unpriced.get(episode, Counter()))))
    return found


def holding(found: Sequence[Account], episode: str) -> Account | None:
    """The account for which the renders of `episode` (empty: of none) have to wait; None where they may go on."""
    return next((account for account in found if account.reached and account.scope in (SHOW, episode)), None)


def marks_reached(
    found: Sequence[Account], marks: Sequence[int], told: Mapping[tuple[str, float], int]
) -> list[tuple[Account, int]]:
    """Each account with its highest mark, in per cent, that was reached and not told of yet for its ceiling."""
    due: list[tuple[Account, int]] = []
    for account in found:
        reached = [mark for mark in sorted(marks) if account.ceiling is not None and account.share * 100 >= mark]
        if reached and account.ceiling is not None and reached[-1] > told.get((account.scope, account.ceiling), 0):
            due.append((account, reached[-1]))
    return due


def _by_pool(counted: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counted.items()))


def _ceiling(written: float | None, raised: Sequence[float]) -> float | None:
    return raised[-1] if raised else written
