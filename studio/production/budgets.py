"""Budgets at work: ceilings are read and raised, people are told when a mark is reached."""

import os
from collections.abc import Sequence

from studio.errors import BudgetError
from studio.plan.budget import SHOW, Account, Overrun, accounts, holding, marks_reached, overruns
from studio.plan.budget import ceilings as ceilings_of
from studio.plan.history import History
from studio.plan.plans import Plan
from studio.production.opening import Production
from studio.render.renderer import Run
from studio.store.events import Alert, BudgetRaise, Notice
from studio.store.writing import one_at_a_time
from studio.story.reading import nearest


def accounts_of(production: Production, history: History | None = None) -> list[Account]:
    """The show's account and those of its episodes, as the ledger knows them now."""
    known = history or production.ledger.history()
    return accounts(production.show.settings.budget, known, episodes_of(production, known))


def episodes_of(production: Production, history: History) -> list[str]:
    """Episodes that have a budget of their own, written or raised, or have spent something."""
    written = {*production.show.settings.budget.episodes, *history.raised} - {SHOW}
    spent = {scope for scope in history.spent if not scope.startswith("sweep-") and "/" not in scope}  # canaries/cel/face
    return sorted(written | spent)


def held(production: Production, episode: str) -> str:
    """Why renders of `episode` have to wait; empty where they may go on."""
    if not limited(production):
        return ""
    history = production.ledger.history()
    known = [name for name in dict.fromkeys([episode, *episodes_of(production, history)]) if name]
    found = holding(accounts(production.show.settings.budget, history, known), episode)
    return found.why if found else ""


def overruns_of(production: Production, plans: Sequence[Plan], history: History) -> list[Overrun]:
    """The budgets that do not suffice for `plans`; the ledger is as `history` says."""
    if not limited(production):
        return []
    known = list(dict.fromkeys([*episodes_of(production, history), *(plan.episode for plan in plans)]))
    return overruns(accounts(production.show.settings.budget, history, known), plans)


def limited(production: Production) -> bool:
    """Whether any account has a ceiling, written or raised."""
    return bool(ceilings(production))


def ceilings(production: Production) -> frozenset[str]:
    """Accounts that have a ceiling, written or raised: episodes, and `show` where every episode's renders may be held."""
    raised = production.ledger.history().raised if production.ledger.tells_of("raise") else {}
    return ceilings_of(production.show.settings.budget, raised)


def refuse_above(production: Production, episode: str) -> None:
    """Raises BudgetError where nothing more may be spent: for renders that no queue could hold."""
    why = held(production, episode)
    if why:
        raise BudgetError(why.split("; ")[0], field="show.yaml: budget", remedy=why.split("; ")[1])


def raise_budget(production: Production, scope: str, usd: float, by: str, why: str) -> Account:
    """Set another ceiling for `show` or an episode; the account as it stands then. Raises BudgetError."""
    known = [SHOW, *(board.episode for board in production.boards())]
    if scope not in known:
        raise BudgetError(f"there is no episode '{scope}'", field="SCOPE", remedy=nearest(scope, known))
    if usd < 0:
        raise BudgetError(f"${usd:g} is no ceiling", field="--to", remedy="Give 0 or more")
    production.ledger.append(BudgetRaise(show=production.show.name, unit=scope, usd=usd, by=by, why=why))
    return _account(production, scope)


def take_back(production: Production, scope: str, by: str, why: str) -> Account:
    """The ceiling that was set last does not hold any more: the one before it does, else show.yaml's. Raises BudgetError."""
    ceilings = production.ledger.history().raised.get(scope)
    if not ceilings:
        raise BudgetError(f"nobody set a ceiling of '{scope}' that could be taken back", field="SCOPE",
                          remedy="'genga budget' shows the ceilings; what show.yaml says is changed there")
    before = ceilings[-2] if len(ceilings) > 1 else None
    production.ledger.append(BudgetRaise(show=production.show.name, unit=scope, usd=before, by=by, why=why, undo=True))
    return _account(production, scope)


def _account(production: Production, scope: str) -> Account:
    known = [] if scope == SHOW else [scope]
    return accounts(production.show.settings.budget, production.ledger.history(), known)[-1]


def tell_marks(production: Production, run: Run) -> list[str]:
    """Tell people of marks that were reached since; what was told, in sentences."""
    if not limited(production):
        return []
    budget, due = production.show.settings.budget, _due(production, run)
    for alert in due:
        sent, failed = notify(budget.notify, f"{production.show.settings.title}: budget {alert.mark} %", alert.text)
        if sent or failed:
            production.ledger.append(Notice(show=alert.show, unit=alert.unit, trace=run.trace, run=run.id, mark=alert.mark,
                                            ceiling=alert.ceiling, sent=sent, failed=tuple(failed)))
    return [alert.text for alert in due]


def _due(production: Production, run: Run) -> list[Alert]:
    """Marks that this process has to tell of, already in the ledger: services may be slow, and others look meanwhile."""
    due: list[Alert] = []
    if not _marks(production):  # as nearly always; nothing has to be locked
        return due
    with one_at_a_time(production.ledger.folder / "alerts.lock"):
        for account, mark in _marks(production):
            whose = "The show" if account.scope == SHOW else f"Episode {account.scope}"
            text = f"{whose} has spent ${account.spent:.2f}, {account.share:.0%} of ${account.ceiling or 0:.2f}."
            if account.reached:
                text += f" Renders are held until 'genga budget raise {account.scope} --to USD'."
            due.append(Alert(show=production.show.name, unit=account.scope, trace=run.trace, run=run.id, mark=mark,
                             ceiling=account.ceiling or 0.0, spent=account.spent, text=text))
            production.ledger.append(due[-1])
    return due


def _marks(production: Production) -> list[tuple[Account, int]]:
    history = production.ledger.history()
    return marks_reached(accounts_of(production, history), production.show.settings.budget.marks, history.told)


def notify(urls: Sequence[str], title: str, text: str) -> tuple[int, list[str]]:
    """Send a message to every Apprise URL; how many took it, and the services (without secrets) that did not.

    A message that cannot be sent stops nothing: that it failed is kept and shown.
    """
    if not urls:
        return 0, []
    import apprise

    sent, failed = 0, list[str]()
    for url in urls:
        meant = os.environ.get(url[1:], "") if url.startswith("$") else url
        one = apprise.Apprise()
        if meant and one.add(meant) and one.notify(title=title, body=text):
            sent += 1
        else:
            failed.append(url if url.startswith("$") else f"{url.split('://', 1)[0]}://…")
    return sent, failed
