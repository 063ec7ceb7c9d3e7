"""What is there is measured when a policy is new; near-duplicates are found over the whole show and may block."""

from pathlib import Path

import pytest

from studio.production.judging import judge_all
from studio.production.making import order_of
from studio.production.opening import open_production
from studio.render.renderer import Cost, Run
from studio.store.pictures import PictureFacts, encode_png
from tests.story.making import BOARD, edit, write_show

from .making import make_all, plan_of, states
from .test_gates import IMPOSSIBLE, measured, policy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A drawn show."""
    folder = write_show(tmp_path / "show")
    make_all(folder)
    return folder


def test_a_new_policy_stops_what_is_there_once_it_is_measured(folder: Path) -> None:
    policy(folder, IMPOSSIBLE)
    assert set(states(plan_of(folder), "panel").values()) == {"fresh"}
    production = open_production(folder)
    seen: list[tuple[int, int]] = []
    (found,) = judge_all(production, production.boards(), Run(), lambda count, whole: seen.append((count, whole)))
    assert [key for key, _ in found.stopped] == ["01.a panel", "01.b panel", "01.c panel"] and not found.passed
    assert seen == [(3, 3)]
    assert set(states(plan_of(folder), "panel").values()) == {"blocked"}


def test_what_was_measured_is_found(folder: Path) -> None:
    policy(folder, {**IMPOSSIBLE, "min": 16}, {"scorer": "sharpness", "min": 0})
    for _ in range(2):
        production = open_production(folder)
        assert [judged.passed for judged in judge_all(production, production.boards(), Run())] == [3, 3]
        assert measured(folder) == 6


def test_lost_pictures_are_passed_over(folder: Path) -> None:
    policy(folder, {**IMPOSSIBLE, "min": 16})
    production = open_production(folder)
    production.artifacts.path(plan_of(folder).step("01.a", "panel").artifact, ".png").unlink()
    assert [judged.passed for judged in judge_all(production, production.boards(), Run())] == [2]


def plant(folder: Path, unit: str, like: str = "01.a") -> None:
    """Let the panel's recipe have been drawn as nearly the picture that another uses."""
    production = open_production(folder)
    (board,) = production.boards(unit.split(".")[0])
    step = production.plan(board).step(unit, "panel")
    picture = production.sources.picture(production.history().picks[(like, "panel", "")].artifact).convert("RGB")
    picture.putpixel((0, 0), (1, 2, 3))
    order = order_of(production, step, production.history())
    production.renderer(Run()).keep(order, encode_png(picture, order.recipe, PictureFacts(unit=unit)), ".png", Cost(1.0))


@pytest.mark.parametrize("unit", ["01.b", "02.b"])
def test_a_planted_duplicate_is_blocked_wherever_in_the_show_it_stands(folder: Path, unit: str) -> None:
    (folder / "storyboards" / "02.yaml").write_text(BOARD.replace('episode: "01"', 'episode: "02"'), encoding="utf-8")
    policy(folder, {"scorer": "duplicates", "min": 4})
    if unit == "01.b":
        edit(folder, "prompt: river", "prompt: another river")
    plant(folder, unit)
    refused = {m.step.unit: str(m.error) for m in make_all(folder) if m.error and m.step.stage == "panel"}
    assert list(refused) == [unit] and "as 01.a" in refused[unit] and "at least 4 is wanted" in refused[unit]
    assert states(plan_of(folder), "panel")["01.a"] == "fresh", "what came first is no duplicate"


def test_without_a_policy_a_duplicate_only_warns(folder: Path) -> None:
    edit(folder, "prompt: river", "prompt: another river")
    plant(folder, "01.b")
    (made,) = [m for m in make_all(folder) if m.step.unit == "01.b" and m.step.stage == "panel"]
    assert made.take and [v.note for v in made.verdicts if not v.passed] == ["nearly the same picture as 01.a"]


def test_each_picture_is_hashed_once(folder: Path) -> None:
    for _ in range(2):
        assert open_production(folder).neighbours.nearest("0" * 64, 0) is None
    hashed = [e for _, _, e in open_production(folder).ledger.lines() if e and e.get("asked") == "phash-64"]
    assert len(hashed) == 3
