"""Making a show: nothing is rendered twice, one failure stays alone, every take can be traced."""

import multiprocessing
from pathlib import Path

import pytest
from PIL import Image

from studio.production.opening import open_production
from studio.production.panels import make_panels
from studio.render.engines.fake import FakeEngine, RaiseIfRendersEngine, RenderedAnyway
from studio.render.farm import InProcessFarm
from studio.render.renderer import Run

from ..story.making import edit, write_show
from .making import make_all, plan_of, states


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


def _make_in_another_process(folder: Path) -> None:
    production = open_production(folder)
    list(make_panels(production, production.boards()[0], Run(id="other")))


def guarded() -> InProcessFarm:
    """A farm on which nothing may be rendered."""
    return InProcessFarm(engine_of=lambda name: RaiseIfRendersEngine())


def lines(folder: Path, kind: str) -> list[dict[str, object]]:
    return [e for _, _, e in open_production(folder).ledger.lines() if e and e["event"] == kind]


def test_a_second_run_renders_nothing_at_all(folder: Path) -> None:
    make_all(folder)
    takes = len(lines(folder, "take"))
    assert [m.error for m in make_all(folder, guarded) if m.error] == []
    assert all(m.reused for m in make_all(folder, guarded))
    assert len(lines(folder, "take")) == takes


def test_the_guard_against_rendering_would_notice(folder: Path) -> None:
    with pytest.raises(RenderedAnyway):
        make_all(folder, guarded)


def test_a_failing_panel_fails_alone_and_is_told_about(folder: Path) -> None:
    edit(folder, "prompt: river", "prompt: river fail!")
    made = make_all(folder)
    assert {m.step.unit for m in made if m.error and m.step.stage == "panel"} == {"01.b"}
    plan = plan_of(folder)
    assert states(plan, "panel") == {"01.a": "fresh", "01.b": "missing", "01.c": "fresh"}
    assert states(plan, "page") == {"01.p01": "missing", "01.p02": "fresh"}
    step = plan.step("01.b", "panel")
    assert step is not None
    assert "last try failed" in str(step.reasons[0])
    edit(folder, "prompt: river fail!", "prompt: river")
    make_all(folder)
    assert plan_of(folder).done
    assert [e["unit"] for e in lines(folder, "take")].count("01.a") == 2


def test_two_panels_with_one_recipe_are_rendered_once(folder: Path) -> None:
    edit(folder, "prompt: mountain", "prompt: river\n        box: [0, 0, 1, 0.5]")
    edit(folder, "prompt: river\n  - id: p02", "prompt: river\n        box: [0, 0.5, 1, 0.5]\n  - id: p02")
    change = folder / "show.yaml"
    change.write_text(change.read_text() + "seeds: {lock: 7}\n")
    make_all(folder)
    panels = [e for e in lines(folder, "take") if e["stage"] == "panel"]
    picks = {e["unit"]: e["artifact"] for e in lines(folder, "pick") if e["stage"] == "panel"}
    assert picks["01.b"] == picks["01.c"]
    assert len(panels) == 2


def test_two_processes_at_once_pay_for_each_picture_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENGA_FAKE_SECONDS", "0.3")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_make_in_another_process, args=(folder,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [w.exitcode for w in workers] == [0, 0]
    assert sorted(str(e["unit"]) for e in lines(folder, "take")) == ["01.a", "01.b", "01.c"]


def test_a_blank_picture_is_never_picked_and_costs_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    from studio.render.engine import Rendered

    monkeypatch.setattr(FakeEngine, "_one", lambda self, recipe, bench: Rendered(Image.new("RGB", (recipe.width, recipe.height))))
    production = open_production(folder)
    made = list(make_panels(production, production.boards()[0], Run()))
    assert {"not_blank"} == {v.check for m in made for v in m.verdicts if v.blocking and not v.passed}
    assert all(m.take is None and m.error for m in made)
    step = plan_of(folder).step("01.a", "panel")
    assert step is not None
    assert step.state == "blocked"
    assert "not_blank" in str(step.reasons[0])
    make_all(folder)
    assert len(lines(folder, "take")) == 3


def test_a_take_says_who_asked_what_it_cost_and_where_it_was_made(folder: Path) -> None:
    make_all(folder)
    found = next(e for e in lines(folder, "take") if e["unit"] == "01.a" and e["stage"] == "panel")
    assert found["trace"] == "t"
    assert found["seconds"]
    assert found["host"]
    assert found["device"] == "cpu"
    assert len(str(found["environment"])) == 64
    assert found["environment_facts"]
    assert found["words"]["template"] == "{characters}, {prompt}, ink"  # type: ignore[index]


def test_a_pictures_own_text_names_its_loras_as_people_do(folder: Path) -> None:
    edit(folder, "prompt: river", "prompt: river\n        loras: [{model: ink, weight: 0.5}]")
    make_all(folder)
    production = open_production(folder)
    step = plan_of(folder).step("01.b", "panel")
    assert step is not None
    assert step.artifact
    with Image.open(production.artifacts.path(step.artifact, ".png")) as picture:
        assert "<lora:ink:0.5>" in picture.info["parameters"]
        assert "Model: tiny" in picture.info["parameters"]
