"""Budgets: what show and episodes may spend, what they have spent, and who has to wait for a higher ceiling. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio.plan.history import History
from studio.story.show import Budget

SHOW = "show"
"""Scope of the whole show's budget; the others are episodes."""


@dataclass(frozen=True)
class Account:
    """One budget as it stands."""

    scope: str
    spent: float
    """USD of all takes so far."""
    ceiling: float | None
    """USD; None where nobody set one."""

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
    def why(self) -> str:
        """Why it has to wait, and what lets it go on."""
        whose = "the show" if self.scope == SHOW else f"episode {self.scope}"
        return (f"{whose} has spent ${self.spent:.4f} of ${self.ceiling or 0:.4f}; "
                f"'genga budget raise {self.scope} --to USD' lets it go on")


def accounts(budget: Budget, history: History, episodes: Sequence[str]) -> list[Account]:
    """The show's account, then those of its episodes; what was raised since counts instead of what is written."""
    found = [Account(SHOW, sum(history.spent.values()), _ceiling(budget.show_usd, history.raised.get(SHOW)))]
    for episode in episodes:
        written = budget.episodes.get(episode, budget.episode_usd)
        found.append(Account(episode, history.spent.get(episode, 0.0), _ceiling(written, history.raised.get(episode))))
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


def _ceiling(written: float | None, raised: float | None) -> float | None:
    return raised if raised is not None else written
