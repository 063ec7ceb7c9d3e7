"""The run that a rejection asked for: seen while it waits, called off by an undo, left alone once it draws."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.dagster_run import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from studio.dispatch.queue import UnderWay
from studio.production.opening import Production, open_production
from studio.review import waiting
from studio.review.asking import launch
from studio.review.serving import reviewing
from studio.review.waiting import UNIT, call_off, said_of
from tests.dispatch.test_queue import HereQueue
from tests.production.making import plan_of

from .queueing import Recorder
from .visiting import Visitor, pretend_to_be_served

OURS = {UNIT: "01.a panel"}


@dataclass(frozen=True)
class Line(Recorder):
    """A queue in which runs wait or work."""

    runs: list[UnderWay] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def under_way(self, timeout: float = 30.0) -> list[UnderWay]:
        return self.runs

    def cancel(self, runs: list[str]) -> None:
        self.cancelled.extend(runs)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "home")) as found:
        yield found


def test_runs_that_wait_or_work_are_told_in_order_and_finished_ones_are_not(instance: dg.DagsterInstance) -> None:
    states = (DagsterRunStatus.SUCCESS, DagsterRunStatus.STARTED, DagsterRunStatus.NOT_STARTED)
    ids = [create_run_for_test(instance, status=status, tags=OURS).run_id for status in states]
    found = HereQueue("", instance).under_way()
    assert [(run.id, run.waits) for run in found] == [(ids[1], False), (ids[2], True)]
    assert found[0].tags[UNIT] == "01.a panel"


@pytest.mark.parametrize(("runs", "told", "after", "cancelled"), [
    ([UnderWay("x", {}, False), UnderWay("y", {}, True), UnderWay("z", OURS, True)],
     "Its next take is queued, 2 runs ahead of it", "Its next take, which was queued, is called off", ["z"]),
    ([UnderWay("z", OURS, True)], "Its next take is queued, nothing ahead of it",
     "Its next take, which was queued, is called off", ["z"]),
    ([UnderWay("z", OURS, False)], "Its next take is being drawn", "Its next take is being drawn already, and goes on", []),
    ([UnderWay("y", {UNIT: "01.b panel"}, True)], "", "", []),
])
def test_a_queued_take_is_called_off_and_one_that_is_drawn_goes_on(
    runs: list[UnderWay], told: str, after: str, cancelled: list[str]
) -> None:
    queue = Line(runs=runs)
    assert said_of(runs, "01.a panel") == told
    assert call_off(queue, "01.a panel") == after and queue.cancelled == cancelled


def test_a_run_that_a_word_asks_for_says_for_which_unit(folder: Path) -> None:
    @dataclass(frozen=True)
    class Tags(Recorder):
        more: list[object] = field(default_factory=list)

        def launch(self, submission: object, trace: str, by: str = "apply", more: object = None) -> str:
            self.more.append(more)
            return trace

    with reviewing(folder) as url:
        Visitor(url).say("01.a", "reject", reasons=["anatomy"])
    production, queue = open_production(folder), Tags()
    launch(production, production.boards("01")[0], plan_of(folder).step("01.a", "panel"), queue)
    assert queue.more == [OURS]


def test_the_page_tells_of_the_queue_and_an_undo_calls_it_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line, asked = Line(runs=[UnderWay("y", {}, False), UnderWay("z", OURS, True)]), threading.Event()
    monkeypatch.setattr(waiting, "_queue", lambda production: line)
    pretend_to_be_served(folder)

    def asking(_production: Production, _board: object, _step: object) -> None:
        asked.set()

    with reviewing(folder, asking=asking) as url:
        visitor = Visitor(url)
        visitor.say("01.a", "reject", reasons=["anatomy"])
        assert asked.wait(10)
        page = visitor.get("/unit/01.a").text
        assert "Its next take is queued, 1 run ahead of it" in page
        undone = visitor.post("/undo", {"unit": "01.a", "stage": "panel"}).text
        assert "Taken back. Its next take, which was queued, is called off." in undone and line.cancelled == ["z"]
