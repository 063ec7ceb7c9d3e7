"""Of several candidates the best within the gates is used; people's words come first; nothing is drawn twice."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from studio.errors import RenderError
from studio.plan.recipes import ImageRecipe
from studio.production.judging import judge_all
from studio.production.opening import open_production
from studio.production.reviewing import Word, review
from studio.render.engines.fake import FakeEngine
from studio.render.renderer import Run
from studio.store.events import Measure
from tests.story.filming import write_film_show
from tests.story.making import change, dump, edit, write_show

from .filming import make_film, takes
from .making import make_all, plan_of, states


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A show that draws three candidates of every panel and picks the sharpest."""
    folder = write_show(tmp_path / "show")
    change(folder / "show.yaml", candidates=3)
    policy(folder, pick=[{"scorer": "sharpness"}])
    return folder


def policy(folder: Path, **said: object) -> None:
    (folder / "policies").mkdir(exist_ok=True)
    dump(folder / "policies" / "house.yaml", {"name": "house", **said})


def sharpness(folder: Path, unit: str = "01.a") -> dict[str, float]:
    """Artifact -> number, of a unit's candidates."""
    history = open_production(folder).history()
    return {t.artifact: n.value for t in history.takes.values() if t.unit == unit and t.stage == "panel"
            for asked, n in history.numbers[t.artifact].items() if asked.startswith("sharpness:")}


def used(folder: Path, unit: str = "01.a") -> str:
    return open_production(folder).history().picks[(unit, "panel", "")].artifact


def drawn(folder: Path) -> int:
    return len([t for t in takes(folder) if t[0] == "panel"])


def test_the_best_of_the_candidates_is_used_and_only_it_is_enlarged(folder: Path) -> None:
    assert not [m.error for m in make_all(folder) if m.error]
    found = sharpness(folder)
    assert len(found) == 3 and used(folder) == max(found, key=lambda artifact: found[artifact])
    assert drawn(folder) == 9 and len([t for t in takes(folder) if t[0] == "final"]) == 3
    assert plan_of(folder).done


def test_a_second_run_draws_and_measures_nothing(folder: Path) -> None:
    make_all(folder)
    lines = len(list(open_production(folder).ledger.lines()))
    make_all(folder)
    after = [e["event"] for _, _, e in open_production(folder).ledger.lines() if e][lines:]
    assert not {"take", "pick"} & set(after) and drawn(folder) == 9


def test_the_plan_prices_all_candidates_that_are_missing(folder: Path) -> None:
    change(folder / "show.yaml", candidates=1)
    one = plan_of(folder).step("01.a", "panel")
    change(folder / "show.yaml", candidates=3)
    three = plan_of(folder).step("01.a", "panel")
    assert three.seconds == pytest.approx(3 * one.seconds)
    assert [str(r) for r in three.reasons][:1] == ["candidate 1 of 3"]


def test_more_candidates_keep_those_that_were_drawn(folder: Path) -> None:
    make_all(folder)
    change(folder / "show.yaml", candidates=4)
    assert set(states(plan_of(folder), "panel").values()) == {"stale"}
    make_all(folder)
    assert drawn(folder) == 12 and len(sharpness(folder)) == 4


def test_a_panel_may_want_more_candidates_than_its_show(folder: Path) -> None:
    change(folder / "show.yaml", candidates=1)
    edit(folder, "prompt: smile, sky", "prompt: smile, sky\n        candidates: 2")
    make_all(folder)
    assert drawn(folder) == 4


def test_saying_how_many_are_wanted_letters_no_page_again(folder: Path) -> None:
    make_all(folder)
    edit(folder, "prompt: smile, sky", "prompt: smile, sky\n        candidates: 3")
    assert plan_of(folder).done


def test_a_rejected_candidate_is_replaced_and_an_accepted_one_stands(folder: Path) -> None:
    make_all(folder)
    best = used(folder)
    review(open_production(folder), Word("01.a", "panel", best, "reject", "kei", ("face",)))
    make_all(folder)
    assert drawn(folder) == 10 and used(folder) != best and best in sharpness(folder)
    worst = min(sharpness(folder), key=lambda artifact: sharpness(folder)[artifact])
    review(open_production(folder), Word("01.a", "panel", worst, "accept", "kei"))
    make_all(folder)
    assert used(folder) == worst and drawn(folder) == 10


def test_a_gate_forbids_a_candidate_however_it_ranks(folder: Path) -> None:
    make_all(folder)
    found = sorted(sharpness(folder).values())
    policy(folder, pick=[{"scorer": "sharpness"}], gates=[{"scorer": "sharpness", "max": (found[1] + found[2]) / 2}])
    make_all(folder)
    assert sharpness(folder)[used(folder)] == found[1]
    policy(folder, gates=[{"scorer": "sharpness", "max": found[0] / 2}])
    assert states(plan_of(folder), "panel")["01.a"] == "blocked"


def test_numbers_of_other_weights_are_not_ranked_beside_each_other(folder: Path) -> None:
    make_all(folder)
    best = used(folder)
    production = open_production(folder)
    (asked,) = [name for name in production.history().numbers[best] if name.startswith("sharpness:")]
    production.ledger.append(Measure(show="show", unit="01.a", artifact=best, asked=asked, stamp="another", value=0.001))
    assert plan_of(folder).done, "the one in use stays until all are measured alike"
    judge_all(production, production.boards(), Run())
    assert len({n[asked].stamp for a, n in production.history().numbers.items() if a in sharpness(folder)}) == 1


def test_a_candidate_that_fails_keeps_no_other_from_being_drawn_and_none_is_used_unranked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = plan_of(folder).step("01.a", "panel").wish.missing[1]
    render = FakeEngine.render

    def failing(self: FakeEngine, recipes: Sequence[ImageRecipe], *rest: Any, **more: Any) -> Any:
        if any(getattr(recipe, "seed", None) == second for recipe in recipes):
            raise RenderError("no luck")
        return render(self, recipes, *rest, **more)

    monkeypatch.setattr(FakeEngine, "render", failing)
    errors = {m.step.key: m.error for m in make_all(folder) if m.error}
    assert "01.a panel" in errors and drawn(folder) == 8
    assert ("01.a", "panel", "") not in open_production(folder).history().picks
    monkeypatch.setattr(FakeEngine, "render", render)
    make_all(folder)
    assert drawn(folder) == 9 and plan_of(folder).done


def test_a_locked_show_has_one_candidate(folder: Path) -> None:
    change(folder / "show.yaml", seeds={"lock": 7})
    edit(folder, "prompt: smile, sky", "prompt: smile, sky\n        seed_offset: 1")
    assert not [m.error for m in make_all(folder) if m.error]


def test_keyframes_have_candidates_too(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "film")
    keyframes = len([s for s in plan_of(folder).steps if s.stage == "keyframe"])
    change(folder / "show.yaml", candidates=2)
    policy(folder, pick=[{"scorer": "sharpness"}])
    assert not [m.error for m in make_film(folder) if m.error]
    assert len([t for t in takes(folder) if t[0] == "keyframe"]) == 2 * keyframes
