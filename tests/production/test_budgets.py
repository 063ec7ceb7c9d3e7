"""Budgets at work: spending is counted, ceilings are raised, people are told once, and a dead service stops nothing."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from studio.cli import MISTAKE
from studio.errors import BudgetError
from studio.plan.budget import may_be_held
from studio.production import budgets
from studio.production.budgets import (
    accounts_of,
    ceilings,
    held,
    limited,
    notify,
    raise_budget,
    refuse_above,
    tell_marks,
)
from studio.production.canaries import approve
from studio.production.opening import open_production
from studio.render.renderer import Run
from studio.store.events import Failure
from tests.cli.test_commands import edit, genga
from tests.story.making import change, write_show

from .making import make_all


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A drawn show that has spent all of its episode's budget; 360,000 dollars an hour make fast takes dear."""
    folder = write_show(tmp_path / "show")
    change(folder / "show.yaml", pools={"image": {"usd_per_hour": 360_000}, "post": {"usd_per_hour": 0}},
           budget={"episodes": {"01": 0.0001}})
    make_all(folder)
    return folder


def alerts(folder: Path, kind: str = "alert") -> list[dict[str, object]]:
    return [e for _, _, e in open_production(folder).ledger.lines() if e and e["event"] == kind]


def test_spending_holds_the_episode_until_the_ceiling_is_raised(folder: Path) -> None:
    production = open_production(folder)
    assert "episode 01 has spent" in held(production, "01") and not held(production, "02") and not held(production, "")
    with pytest.raises(BudgetError, match="episode 01 has spent"):
        refuse_above(production, "01")
    account = raise_budget(production, "01", 1000.0, "kei", "more pages")
    assert account.ceiling == 1000 and not account.reached and not held(production, "01")
    refuse_above(production, "01")


def test_the_account_is_the_sum_of_all_takes(folder: Path) -> None:
    production = open_production(folder)
    paid = sum(e["usd"] for _, _, e in production.ledger.lines() if e and e["event"] == "take")
    assert paid > 0 and accounts_of(production)[0].spent == pytest.approx(paid)


def test_canaries_count_for_the_show_and_are_no_episodes(folder: Path) -> None:
    production = open_production(folder)
    before = accounts_of(production)
    approve(production, "fake", Run())
    show, *episodes = accounts_of(production)
    assert show.spent > before[0].spent and episodes == before[1:] and [a.scope for a in episodes] == ["01"]


def test_people_are_told_once_per_mark(folder: Path) -> None:
    assert len(tell_marks(open_production(folder), Run())) == 1 and not tell_marks(open_production(folder), Run())
    (alert,) = alerts(folder)
    assert alert["mark"] == 100 and alert["unit"] == "01" and "genga budget raise 01" in str(alert["text"])


def test_without_a_budget_nothing_is_read_or_told(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "free")
    (folder / "out").mkdir()
    production = open_production(folder)
    assert not held(production, "01") and not tell_marks(production, Run())


@pytest.mark.parametrize(("scope", "usd", "told"), [("09", 5, "there is no episode '09'"), ("01", -1, "is no ceiling")])
def test_a_ceiling_that_means_nothing_is_refused(folder: Path, scope: str, usd: float, told: str) -> None:
    with pytest.raises(BudgetError, match=told):
        raise_budget(open_production(folder), scope, usd, "kei", "")


class Received(BaseHTTPRequestHandler):
    """Keeps what is posted to it."""

    messages: list[dict[str, str]]

    def do_POST(self) -> None:
        self.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def inbox() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Address of a server that takes messages, and what it got."""
    handler = type("Inbox", (Received,), {"messages": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/", handler.messages
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_gets_the_message(
    folder: Path, inbox: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, messages = inbox
    monkeypatch.setenv("STUDIO_HOOK", address)
    change(folder / "show.yaml", budget={"episodes": {"01": 0.0001}, "notify": ["$STUDIO_HOOK"]})
    tell_marks(open_production(folder), Run())
    assert [(m["title"], "01 has spent" in m["message"]) for m in messages] == [("Small: budget 100 %", True)]
    assert alerts(folder, "notice")[0]["sent"] == 1


def test_a_service_that_cannot_be_reached_is_named_without_its_secrets() -> None:
    sent, failed = notify(["json://user:secret@127.0.0.1:9/", "$NOT_SET_ANYWHERE", "nonsense"], "title", "text")
    assert sent == 0 and failed == ["json://…", "$NOT_SET_ANYWHERE", "nonsense://…"]


def test_a_raised_ceiling_limits_a_show_that_has_none_written(folder: Path) -> None:
    change(folder / "show.yaml", budget={})
    production = open_production(folder)
    assert not limited(production) and not held(production, "01")
    raise_budget(production, "01", 0.0001, "kei", "")
    assert limited(production) and "episode 01 has spent" in held(production, "01")
    assert len(tell_marks(production, Run())) == 1


def test_a_ceiling_can_be_set_before_anything_is_drawn(tmp_path: Path) -> None:
    production = open_production(write_show(tmp_path / "new"))
    account = raise_budget(production, "01", 5.0, "kei", "")
    assert (account.scope, account.spent, account.ceiling) == ("01", 0.0, 5.0) and limited(production)
    assert [may_be_held(e, ceilings(production)) for e in ("01", "02")] == [True, False], "the other's runs are not cut by pages"
    raise_budget(production, "show", 9.0, "kei", "")
    assert may_be_held("02", ceilings(production))
    assert not limited(open_production(write_show(tmp_path / "raise"))), "a show may be called so"


def test_what_has_no_price_is_counted_by_pool_and_told(folder: Path) -> None:
    change(folder / "show.yaml", pools={"image": {"usd_per_hour": 1.0}})
    edit(folder, "prompt: river", "prompt: river at night")
    make_all(folder)
    show, episode = accounts_of(open_production(folder))
    assert dict(show.unpriced)["post"] > 0 and show.unpriced == episode.unpriced and "image" not in dict(show.unpriced)
    told = genga("budget", "--show", folder)
    assert f"episode 01: the cost of {dict(episode.unpriced)['post']} takes" in told.stderr
    assert "named no rate for pool post" in told.stderr and told.exit_code == 0


def test_what_is_free_or_failed_at_once_leaves_nothing_out(folder: Path) -> None:
    production = open_production(folder)
    production.ledger.append(Failure(show="show", unit="01.a", recipe="r", stage="panel", error="RenderError", message="dark"))
    assert [account.left_out for account in accounts_of(production)] == ["", ""]
    production.ledger.append(Failure(show="show", unit="01.a", recipe="r", stage="panel", error="RenderError", message="dark",
                                     seconds=3.0, pool="image"))
    assert "the cost of one take, failed ones included, is unknown" in accounts_of(production)[0].left_out


def test_two_that_look_at_once_tell_a_mark_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both, told = threading.Barrier(2), list[str]()

    def slow(urls: object, title: str, text: str) -> tuple[int, list[str]]:
        told.append(title)
        time.sleep(0.3)  # a service that takes its time; the other process looks meanwhile
        return 1, []

    def look() -> None:
        production = open_production(folder)
        both.wait()
        tell_marks(production, Run())

    monkeypatch.setattr(budgets, "notify", slow)
    lookers = [threading.Thread(target=look) for _ in range(2)]
    for one in lookers:
        one.start()
    for one in lookers:
        one.join()
    assert told == ["Small: budget 100 %"] and len(alerts(folder)) == len(alerts(folder, "notice")) == 1


def test_a_mark_stands_in_the_ledger_before_anybody_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = list[int]()
    monkeypatch.setattr(budgets, "notify", lambda *_: (seen.append(len(alerts(folder))), (0, ["json://…"]))[1])
    tell_marks(open_production(folder), Run())
    assert seen == [1] and alerts(folder, "notice")[0]["failed"] == ["json://…"]


def test_a_ceiling_is_taken_back_to_the_one_before_and_to_what_is_written(folder: Path) -> None:
    for usd in ("50", "60"):
        assert genga("budget", "--show", folder, "raise", "01", "--to", usd).exit_code == 0
    assert "a ceiling of $50.0000. Held renders go on" in genga("budget", "--show", folder, "raise", "01", "--undo").stdout
    assert "a ceiling of $0.0001. Renders are held" in genga("budget", "--show", folder, "raise", "01", "--undo").stdout
    more = genga("budget", "--show", folder, "raise", "01", "--undo")
    assert more.exit_code == MISTAKE and "nobody set a ceiling of '01'" in more.stderr
    for words in ((), ("--to", "5", "--undo")):
        assert "or --undo alone" in genga("budget", "--show", folder, "raise", "01", *words).stderr
    change(folder / "show.yaml", budget={"max_usd": 1})
    assert "one apply: at most $1.00 (budget.max_usd)" in genga("budget", "--show", folder).stdout
    assert not limited(open_production(folder)), "what was taken back limits nothing"
