"""A waived unit stays as it is: planned as stale, neither priced nor made, until its day is over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from studio.errors import GengaError, ReviewError, StoryError
from studio.plan.kinds import kinds_of
from studio.plan.plans import Plan
from studio.production.opening import open_production
from studio.production.waiving import lift, waive
from studio.store.events import Waiver
from tests.story.filming import keyframe, shot, write_film_show, write_shots

from ..story.making import change, edit, write_show
from .filming import make_film, takes
from .making import make_all, plan_of, states

TODAY = datetime.now(UTC).date()
LATER = (TODAY + timedelta(days=30)).isoformat()


@pytest.fixture
def done(tmp_path: Path) -> Path:
    folder = write_show(tmp_path / "small")
    make_all(folder)
    return folder


def say(folder: Path, unit: str, until: str = LATER, why: str = "printed already", by: str = "mika") -> None:
    waive(open_production(folder), unit, until, why, by)


def waived(plan: Plan) -> set[str]:
    return {step.key for step in plan.steps if step.waiver}


def redraw(folder: Path, **changes: object) -> None:
    change(folder / "presets" / "fake.yaml", **{"version": 2, "guidance": 6.0, **changes})


def test_a_waived_panel_stays_stale_and_costs_nothing_while_the_others_are_to_do(done: Path) -> None:
    redraw(done)
    say(done, "01.a")
    plan = plan_of(done)
    step = plan.step("01.a", "panel")
    assert step is not None and step.state == "stale" and not step.todo and not step.renders and step.usd == step.seconds == 0
    assert str(step.waiver) == f"waived until {LATER} by mika: printed already"
    assert [r.cause for r in step.reasons] == ["guidance"] and step.to_json()["waived"]["why"] == "printed already"
    assert {s.unit for s in plan.steps if s.stage == "panel" and s.todo} == {"01.b", "01.c"}
    assert states(plan, "final")["01.a"] == "fresh", "what is made of it stays as well"


def test_what_is_made_uses_the_waived_take_and_is_done_without_it(done: Path) -> None:
    before = open_production(done).history().picks["01.a", "panel", ""]
    redraw(done)
    say(done, "01.a")
    made = make_all(done)
    assert [m.error for m in made if m.error] == []
    history = open_production(done).history()
    assert history.picks["01.a", "panel", ""] == before
    assert history.picks["01.b", "panel", ""].artifact != before.artifact
    plan = plan_of(done)
    assert plan.done and plan.counts()["stale"] == 1 and waived(plan) == {"01.a panel"}


def test_a_page_is_waived_with_its_panels_and_an_episode_with_everything(done: Path) -> None:
    redraw(done)
    say(done, "01.p01")
    assert {s.unit for s in plan_of(done).steps if s.todo and s.stage == "panel"} == {"01.c"}
    say(done, "01")
    assert plan_of(done).done


def test_a_waived_page_keeps_its_letters(done: Path) -> None:
    edit(done, "- text: Hello!", "- text: Good morning!")
    say(done, "01.p01")
    plan = plan_of(done)
    assert waived(plan) == {"01.p01 page en"} and plan.done, "and so the book stays"
    assert kinds_of(plan) == {}


def test_what_is_missing_is_made_all_the_same(done: Path) -> None:
    say(done, "01")
    edit(done, "      - id: c\n", "      - id: new\n        prompt: cloud\n        box: [0, 0, 1, 0.4]\n      - id: c\n")
    edit(done, "prompt: mountain", "prompt: mountain\n        box: [0, 0.4, 1, 0.6]")
    plan = plan_of(done)
    assert {s.key for s in plan.steps if s.todo} == {"01.new panel", "01.new final"}


def test_a_keyframe_that_is_waived_stays_in_its_old_size_and_look(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", shot("s1", lines=[{"id": "l1", "text": "Look!"}]), shot("s2"))
    make_film(folder)
    change(folder / "presets" / "fake.yaml", version=2, native=96)
    say(folder, "01.s1")
    plan = plan_of(folder)
    assert [s.key for s in plan.steps if s.state == "blocked"] == []
    assert {s.place for s in plan.steps if s.todo and s.stage == "keyframe"} == {"01.s2"}
    before = len(takes(folder))
    assert [m.error for m in make_film(folder) if m.error] == []
    assert {unit for _, unit in takes(folder)[before:]} == {"01.s2.k1", "01.s2.k2", "01.s2", "01"}


def test_a_waived_background_and_figure_stay_under_their_keyframe(tmp_path: Path) -> None:
    behind = {"id": "bg", "prompt": "forest"}
    folder = write_film_show(tmp_path / "show", shot("s1", background=behind))
    make_film(folder)
    write_shots(folder, shot("s1", background={**behind, "prompt": "sea"}, keyframes=[keyframe("k1"), keyframe("k2")]))
    assert not plan_of(folder).done
    say(folder, "01.s1")
    before = takes(folder)
    assert plan_of(folder).done and [m.error for m in make_film(folder) if m.error] == [] and takes(folder) == before


def test_a_waiver_that_is_over_or_taken_back_is_as_if_it_had_never_been_said(done: Path) -> None:
    redraw(done)
    production = open_production(done)
    production.ledger.append(Waiver(show="small", unit="01.a", until="2020-01-31", why="old", by="mika"))
    assert waived(plan_of(done)) == set() and open_production(done).history().waivers == {}
    say(done, "01.a", until=datetime.now(UTC).date().isoformat())  # asked for now: a suite may run over midnight
    assert waived(plan_of(done)) == {"01.a panel"}, "the last day counts"
    assert lift(open_production(done), "01.a", "jun").by == "mika"
    assert waived(plan_of(done)) == set()


def test_the_last_word_about_a_unit_counts(done: Path) -> None:
    say(done, "01.a", why="first")
    say(done, "01.a", why="second", by="jun")
    waiver = open_production(done).history().waivers["01.a"]
    assert (waiver.why, waiver.by) == ("second", "jun")


@pytest.mark.parametrize(("unit", "until", "why", "kind", "finding", "remedy"), [
    ("01.aa", LATER, "x", StoryError, "there is no unit '01.aa'", "Did you mean '01.a'?"),
    ("01.a", "2020-01-01", "x", ReviewError, "2020-01-01 is in the past", "today or a later day"),
    ("01.a", "tomorrow", "x", ReviewError, "'tomorrow' is no date", "2026-07-01"),
    ("01.a", "", "x", ReviewError, "--until: it is missing", "2026-07-01"),
    ("01.a", LATER, " \n", ReviewError, "a waiver needs a reason", "--why"),
    ("01.a", LATER, "x" * 501, ReviewError, "no plain text of up to 500", "shorter"),
    ("01.a", LATER, "\x1b[2J", ReviewError, "no plain text", "shorter"),
])
def test_what_cannot_be_waived_is_told_with_its_remedy(
    done: Path, unit: str, until: str, why: str, kind: type[GengaError], finding: str, remedy: str
) -> None:
    with pytest.raises(kind, match=finding) as caught:
        waive(open_production(done), unit, until, why, "mika")
    assert remedy in (caught.value.remedy or "")
    assert open_production(done).history().waivers == {}


def test_a_unit_that_was_renamed_is_told_as_such_and_its_waiver_can_still_be_taken_back(done: Path) -> None:
    say(done, "01.b")
    edit(done, "- id: b\n", "- id: brook\n")
    with pytest.raises(StoryError, match=f"was deleted or renamed since {TODAY.year}"):
        waive(open_production(done), "01.b", LATER, "x", "mika")
    lift(open_production(done), "01.b", "mika")
    with pytest.raises(ReviewError, match="01.b is not waived"):
        lift(open_production(done), "01.b", "mika")


def test_a_rejected_take_of_a_waived_unit_is_not_drawn_again(done: Path) -> None:
    from studio.production.reviewing import Word, review
    from studio.review.asking import what_follows

    say(done, "01.a")
    production = open_production(done)
    artifact = production.history().picks["01.a", "panel", ""].artifact
    review(production, Word("01.a", "panel", artifact, "reject", "jun", ("face",)))
    step = plan_of(done).step("01.a", "panel")
    assert step is not None and step.waiver and not step.todo
    follow = what_follows(step, "reject", served=True)
    assert not follow.asks and "waived until" in follow.told
