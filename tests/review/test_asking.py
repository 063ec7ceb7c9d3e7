"""What a person's word sets off."""

from dataclasses import replace
from pathlib import Path

import pytest

from studio.errors import OrchestrationError
from studio.plan.reasons import Reason
from studio.production.opening import open_production
from studio.production.reviewing import Word, review
from studio.review.asking import ask, launch, what_follows
from tests.production.filming import make_film
from tests.production.making import plan_of
from tests.story.filming import shot, write_film_show

from .queueing import Recorder


def reject(folder: Path, unit: str, stage: str) -> None:
    production = open_production(folder)
    pick = production.history().picks[unit, stage, ""]  # type: ignore[index]
    review(production, Word(unit, stage, pick.artifact, "reject", "mika", ("face",)))  # type: ignore[arg-type]


def test_one_run_is_asked_for_about_one_panel(folder: Path) -> None:
    reject(folder, "01.b", "panel")
    production, queue = open_production(folder), Recorder()
    step = plan_of(folder).step("01.b", "panel")
    assert step is not None
    assert len(launch(production, production.boards("01")[0], step, queue)) == 1
    (run, by), = queue.asked
    assert (run.asset, run.units, run.span.first, by) == ("panels", ("01.b",), "01.p01|01", "review")


def test_a_keyframe_joined_from_layers_is_asked_for_with_what_it_is_made_from(tmp_path: Path) -> None:
    background = {"id": "shore", "prompt": "shore", "plain": "plain"}
    folder = write_film_show(tmp_path / "show", shot("s1", background=background))
    make_film(folder)
    reject(folder, "01.s1.k2", "keyframe")
    production, queue = open_production(folder), Recorder()
    step = plan_of(folder).step("01.s1.k2", "keyframe")
    assert step is not None and step.todo
    launch(production, production.boards("01")[0], step, queue)
    assert [(run.asset, run.units) for run, _ in queue.asked] == [("keyframes", ("01.s1.k2",))]


def test_accepting_spends_nothing(folder: Path) -> None:
    step = plan_of(folder).step("01.a", "panel")
    assert step is not None
    stale = replace(step, state="stale", artifact=None)
    assert not what_follows(stale, "accept", served=True).asks
    assert what_follows(stale, "reject", served=True).asks
    assert "genga apply" in what_follows(stale, "reject", served=False).told
    assert what_follows(replace(step, state="stale"), "undo", served=True).asks, "what is there is only put in place"
    blocked = replace(step, state="blocked", reasons=(Reason("a LoRA is missing"),))
    assert "a LoRA is missing" in what_follows(blocked, "reject", served=True).told


def test_without_a_queue_asking_says_so(folder: Path) -> None:
    production = open_production(folder)
    step = plan_of(folder).step("01.a", "panel")
    assert step is not None
    with pytest.raises(OrchestrationError, match="was not asked for"):
        ask(production, production.boards("01")[0], step)
