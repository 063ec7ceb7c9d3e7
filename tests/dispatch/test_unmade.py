"""What a submission of some units leaves unmade, and what that waits for."""

from pathlib import Path

import pytest

from studio.cli import rendering
from studio.cli.showing import scope_of
from studio.dispatch.unmade import unmade
from studio.dispatch.working import Result
from studio.production.opening import open_production
from studio.production.panels import make_finals, make_panels
from studio.render.renderer import Run

from ..cli.test_commands import genga
from ..production.making import make_all, plan_of
from ..story.making import change, write_show


def test_a_page_waits_for_its_other_panels_and_a_book_for_those_of_every_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_show(tmp_path / "small")
    make_all(folder)
    change(folder / "presets" / "fake.yaml", version=2, guidance=6.0)
    production = open_production(folder)
    board = production.boards()[0]
    for make in (make_panels, make_finals):
        assert [made.error for made in make(production, board, Run(trace="t"), lambda step: step.unit == "01.a")] == [None]
    plan = plan_of(folder)
    waiting = unmade(plan, plan.where(scope_of([board], ["01.a"])).steps)
    assert {step.key: [one.key for one in lacking] for step, lacking in waiting} == {
        "01.p01 page en": ["01.b panel"], "01 book en": ["01.b panel", "01.c panel"]}
    rendering._tell_waiting(Result("t", waiting=waiting))  # pyright: ignore[reportPrivateUsage]
    told = capsys.readouterr().out
    assert "not made yet: 01.p01 page en; waits for 01.b panel\n" in told and "'genga apply' without --unit makes them." in told
    make_all(folder)
    assert unmade(plan_of(folder), plan_of(folder).steps) == []


def test_apply_announces_and_prices_what_it_can_make_and_says_what_will_wait(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "small")
    told = genga("apply", "--show", folder, "--unit", "01.a").stdout
    assert "To do: 1 panel, 1 final; to be rendered: 1 panel, 1 final; about" in told
    assert "not made yet: 01.p01 page en; waits for 01.b panel\n" in told
    assert "not made yet: 01 book en; waits for 01.b panel, 01.c panel\n" in told
    whole = genga("apply", "--show", folder).stdout
    assert "To do: 3 panels, 3 finals, 2 pages, 1 book; to be rendered: 3 panels" in whole and "not made yet" not in whole
