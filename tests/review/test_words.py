"""Accepting, rejecting and taking back over real HTTP; nothing that goes wrong loses what was said."""

import threading
from pathlib import Path

import pytest

from studio.errors import BudgetError, OrchestrationError
from studio.plan.plans import Step
from studio.production.opening import Production, open_production
from studio.review.asking import launch
from studio.review.serving import reviewing
from studio.story.storyboard import Storyboard
from tests.production.making import make_all, plan_of
from tests.story.making import change

from .queueing import Recorder
from .visiting import Visitor, pretend_to_be_served, words_in


def test_a_take_is_accepted_rejected_and_the_word_taken_back(visitor: Visitor, folder: Path) -> None:
    assert "Accepted." in visitor.say("01.a", "accept", seconds="3.5").text
    event = [e for _, _, e in open_production(folder).ledger.lines() if e and e["event"] == "review"][-1]
    assert event["seconds"] == 3.5 and event["recipe"]
    told = visitor.say("01.a", "reject", reasons=["anatomy", "face"], note="six fingers").text
    assert "&#39;genga apply&#39; draws the next take" in told and "six fingers" in told
    assert [verdict for _, verdict in words_in(folder, "01.a")] == ["accept", "reject"]
    undone = visitor.post("/undo", {"unit": "01.a", "stage": "panel"})
    assert undone.status_code == 200 and "Taken back" in undone.text
    assert [verdict for _, verdict in words_in(folder, "01.a")] == ["accept"]


def test_what_was_accepted_spends_nothing_and_an_older_take_is_put_back(visitor: Visitor, folder: Path) -> None:
    first = visitor.fields("01.a")
    visitor.say("01.a", "reject", reasons=["style"])
    make_all(folder)
    pretend_to_be_served(folder)
    fields = {**visitor.fields("01.a", take=first["artifact"]), "verdict": "accept"}
    assert "is being put in place" in visitor.post("/review", fields).text


@pytest.mark.parametrize(("more", "status", "told"), [
    ({"verdict": "reject"}, 422, "a rejection needs a reason"),
    ({"verdict": "reject", "reasons": ["ugly"]}, 422, "unknown reason"),
    ({"verdict": "undo"}, 422, "verdict"),
    ({"verdict": "accept", "seconds": "nan"}, 422, "seconds"),
    ({"verdict": "accept", "artifact": "../../x"}, 422, "artifact"),
    ({"verdict": "accept", "artifact": "0" * 64}, 409, "has no take"),
    ({"verdict": "accept", "note": "n" * 2001}, 422, "note"),
    ({"verdict": "accept", "state": ""}, 422, "state"),
    ({"verdict": "accept", "unit": "01.zz"}, 422, "nothing to review"),
])
def test_a_word_that_cannot_be_kept_is_told_about_in_place(
    visitor: Visitor, folder: Path, more: dict[str, str], status: int, told: str
) -> None:
    answer = visitor.post("/review", {**visitor.fields("01.a"), **more})
    assert answer.status_code == status and told in answer.text
    assert answer.text.startswith('<p id="told"'), "only the line above the form is replaced"
    assert words_in(folder, "01.a") == []


def test_a_take_whose_file_is_gone_is_not_judged(visitor: Visitor, folder: Path) -> None:
    fields = visitor.fields("01.a")
    open_production(folder).artifacts.path(fields["artifact"], ".png").unlink()
    answer = visitor.post("/review", {**fields, "verdict": "accept"})
    assert answer.status_code == 409 and "any more" in answer.text
    assert visitor.get(f"/artifact/{fields['artifact']}").status_code == 404
    assert "missing" in visitor.get("/unit/01.a").text


def test_of_two_who_speak_at_once_one_is_told(folder: Path) -> None:
    with reviewing(folder) as url:
        visitors = [Visitor(url), Visitor(url)]
        for visitor, name in zip(visitors, ("mika", "jun"), strict=True):
            assert visitor.post("/reviewer", {"name": name}).headers["hx-refresh"] == "true"
        fields = [visitor.fields("01.a") for visitor in visitors]
        answers: list[int] = []

        def speak(number: int) -> None:
            answers.append(visitors[number].post("/review", {**fields[number], "verdict": "accept"}).status_code)

        threads = [threading.Thread(target=speak, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [200, 409]
        assert len(words_in(folder, "01.a")) == 1
        told = visitors[0].post("/review", {**fields[0], "verdict": "reject", "reasons": "face"})
        assert "changed while you looked" in told.text


def test_a_name_is_kept_in_the_browser_and_escaped(visitor: Visitor, folder: Path) -> None:
    kept = visitor.post("/reviewer", {"name": " 桃 <b>太郎</b> "})
    assert "samesite=strict" in kept.headers["set-cookie"].lower() and "httponly" in kept.headers["set-cookie"].lower()
    page = visitor.say("01.a", "accept").text
    assert words_in(folder, "01.a") == [("桃 <b>太郎</b>", "accept")]
    assert "桃 &lt;b&gt;太郎&lt;/b&gt;" in page and "<b>太郎" not in page
    assert visitor.post("/reviewer", {"name": "x" * 61}).status_code == 422
    assert visitor.post("/reviewer", {"name": "\x1b[2J"}).status_code == 422


def test_nobody_takes_back_another_s_word(visitor: Visitor) -> None:
    visitor.say("01.a", "accept")
    visitor.post("/reviewer", {"name": "jun"})
    refused = visitor.post("/undo", {"unit": "01.a", "stage": "panel"})
    assert refused.status_code == 422 and "jun has said nothing" in refused.text


def test_a_rejection_asks_for_the_next_take_of_exactly_that_unit(folder: Path) -> None:
    asked: list[Step] = []
    done = threading.Event()

    def asking(_production: Production, _board: Storyboard, step: Step) -> None:
        asked.append(step)
        done.set()

    pretend_to_be_served(folder)
    with reviewing(folder, asking=asking) as url:
        visitor = Visitor(url)
        visitor.say("01.b", "accept")
        assert "next take is asked for" in visitor.say("01.a", "reject", reasons=["anatomy"]).text
        assert done.wait(10)
    assert [(step.unit, step.stage, step.renders) for step in asked] == [("01.a", "panel", True)]


def test_a_queue_that_refuses_is_told_about_on_the_page_and_the_word_is_kept(folder: Path) -> None:
    def asking(_production: Production, _board: Storyboard, step: Step) -> None:
        raise OrchestrationError("the queue is full", remedy="Wait")

    pretend_to_be_served(folder)
    with reviewing(folder, asking=asking) as url:
        visitor = Visitor(url)
        with visitor.client.stream("GET", "/events") as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith("retry")
            visitor.say("01.a", "reject", reasons=["anatomy"])
            assert "the queue is full" in next(line for line in lines if "news" in line)
    assert len(words_in(folder, "01.a")) == 1


def test_a_take_dearer_than_the_show_s_budget_is_not_asked_for(folder: Path) -> None:
    change(folder / "show.yaml", budget={"max_usd": 0.0}, pools={"image": {"limit": 1, "usd_per_hour": 1000}})
    with reviewing(folder) as url:
        Visitor(url).say("01.a", "reject", reasons=["anatomy"])
    step = plan_of(folder).step("01.a", "panel")
    production = open_production(folder)
    assert step is not None
    with pytest.raises(BudgetError, match=r"the next take of 01\.a costs"):
        launch(production, production.boards("01")[0], step, Recorder())
