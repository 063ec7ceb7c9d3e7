"""Sweeps: settings crossed over a unit, drawn in rounds, ranked, refined; what a sweep may not do is said before it draws."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.errors import GengaError
from studio.judge.scorers.sharpness import SharpnessScorer
from studio.judge.sheets import Tile, contact_sheet
from studio.plan.ranking import Column, ranked
from studio.production.making import Made
from studio.production.opening import open_production
from studio.production.sweeping import make_sweep, publish_ranking, refine, standings, sweep_planner, tile_of
from studio.render.renderer import Run
from studio.story.sweeps import cells_of_sweep, find_sweep, size_of_sweep
from tests.story.making import change, dump, write_show

from .filming import takes
from .making import Held

OVER = {"guidance": [3, 5, 8], "seed": [1, 2]}
BY_SIDE = [{"scorer": "sharpness"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A show on the fake engine."""
    return write_show(tmp_path / "show")


def sweep(folder: Path, **more: Any) -> list[Made]:
    """Write a sweep over panel 01.a and draw it."""
    (folder / "sweeps").mkdir(exist_ok=True)
    dump(folder / "sweeps" / "mood.yaml", {"sweep": "mood", "unit": "01.a", "over": OVER, "rank": BY_SIDE, **more})
    return list(make_sweep(open_production(folder), read(folder), Run()))


def read(folder: Path) -> Any:
    return find_sweep(folder / "sweeps", "mood")[1]


def test_a_grid_draws_every_cell_once_and_only_what_is_crossed_tells_them_apart(folder: Path) -> None:
    made = sweep(folder)
    assert len(made) == 6 and all(m.take for m in made)
    bodies = [m.take.body for m in made]
    assert {(b["guidance"], b["seed"]) for b in bodies} == {(g, s) for g in (3.0, 5.0, 8.0) for s in (1, 2)}
    same = [{k: v for k, v in b.items() if k not in ("guidance", "seed")} for b in bodies]
    assert all(one == same[0] for one in same)
    paid = takes(folder)
    assert all(m.reused for m in sweep(folder)) and takes(folder) == paid


def test_a_wider_sweep_keeps_what_the_narrower_one_drew(folder: Path) -> None:
    sweep(folder)
    made = sweep(folder, over={"guidance": [3, 4, 5, 8], "seed": [1, 2]})
    assert sum(not m.reused for m in made) == 2


def test_a_random_search_draws_the_same_cells_again_and_keeps_them_when_it_asks_for_more(folder: Path) -> None:
    first = {m.step.unit for m in sweep(folder, search="random", cells=2)}
    more = {m.step.unit for m in sweep(folder, search="random", cells=4)}
    assert len(first) == 2 and len(more) == 4 and first < more


def test_successive_halving_draws_few_cells_to_the_end(folder: Path) -> None:
    made = sweep(folder, search="halving", rungs=[{"steps": 2, "native": 64, "keep": 0.5}])
    steps = [m.take.body["steps"] for m in made]
    assert sorted(steps) == [2, 2, 2, 4, 4, 4], "three went on from the first round of six"
    assert len([t for t in takes(folder) if t[0] == "sweep"]) == 9
    assert len(standings(open_production(folder), read(folder), Run())) == 3


def test_a_finished_sweep_that_runs_again_picks_and_draws_nothing(folder: Path) -> None:
    halving: Any = {"over": {"guidance": [3, 5, 7, 8], "seed": [1, 2]}, "search": "halving",
                    "rungs": [{"steps": 2, "keep": 0.5}], "refine": {"top": 1}}
    counted: list[tuple[int, int]] = []
    for _ in range(3):
        sweep(folder, **halving)
        list(refine(open_production(folder), read(folder), Run()))
        events = [event["event"] for _, _, event in open_production(folder).ledger.lines() if event]
        counted.append((events.count("pick"), events.count("take")))
    assert counted == [(4 + 2, 8 + 4 + 1)] * 3, "only what is drawn to the end, and what becomes of the best, is picked"


def test_pictures_are_measured_in_handfuls_and_shown_small(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.production.measuring.TOGETHER", 5)
    monkeypatch.setattr("studio.judge.sheets.SIDE", 16)
    together: list[int] = []
    score = SharpnessScorer.score
    monkeypatch.setattr(SharpnessScorer, "score", lambda self, s, desk: together.append(len(s)) or score(self, s, desk))
    sweep(folder, over={"guidance": [3, 4, 5, 6, 7, 8], "seed": [1, 2]})
    production = open_production(folder)
    found = standings(production, read(folder), Run())
    assert len(found) == 12 and together == [5, 5, 2]
    held = Held(monkeypatch)
    tiles = [tile_of(production, one) for one in found]
    assert held.most <= 2 and {max(tile.picture.size) for tile in tiles} == {16}


def test_a_sweep_of_too_many_cells_never_makes_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GengaError, match="ceiling"):
        sweep(folder, over={"guidance": [3, 5], "seed": list(range(40))})
    made: list[int] = []
    monkeypatch.setattr("studio.plan.sweeps.cells_of_sweep", lambda s: made.append(size_of_sweep(s)) or cells_of_sweep(s))
    with pytest.raises(GengaError, match="80 cells are more than the ceiling of 64"):
        sweep_planner(open_production(folder), read(folder)).cells()
    assert made == [1], "one cell tells the price"


def test_a_sweep_is_found_beside_a_broken_file(folder: Path) -> None:
    sweep(folder)
    (folder / "sweeps" / "bad.yaml").write_text("sweep: bad\n")
    assert read(folder).sweep == "mood"
    with pytest.raises(GengaError, match="bad.yaml"):
        find_sweep(folder / "sweeps", "bad")


def test_the_ranking_is_published_with_a_sheet_and_a_table(folder: Path) -> None:
    sweep(folder)
    production = open_production(folder)
    found = standings(production, read(folder), Run())
    picture, table = publish_ranking(production, read(folder), found)
    rows = json.loads(table.read_text())
    assert [row["place"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert rows == sorted(rows, key=lambda row: -row["sharpness"]) and {"cell", "guidance", "seed", "usd"} <= rows[0].keys()
    assert rows[0]["usd"] is None and tile_of(production, found[0]).cost.endswith("no rate"), "the show names no rate"
    with Image.open(picture) as sheet:
        assert sheet.width > 3 * 120 and sheet.height > 2 * 100


def test_the_sheet_says_of_its_holes_which_were_dropped() -> None:
    tiles = [Tile({"guidance": 3, "seed": 1}, Image.new("RGB", (64, 64)), "1.", "")]
    axes = {"guidance": [3, 5], "seed": [1]}
    hole = {"guidance": 5, "seed": 1}
    assert contact_sheet("t", axes, tiles, [hole]) != contact_sheet("t", axes, tiles)


def test_winners_are_drawn_with_more_steps_and_enlarged(folder: Path) -> None:
    sweep(folder, refine={"top": 2, "steps": 9})
    production = open_production(folder)
    best = [one.cell for one in standings(production, read(folder), Run())[:2]]
    made = list(refine(production, read(folder), Run()))
    assert [m.step.stage for m in made] == ["refinement"] * 2 + ["refinement_final"] * 2
    assert [m.step.unit for m in made[:2]] == [f"sweep-mood.{cell}" for cell in best]
    assert all(m.take.body["steps"] == 9 for m in made[:2])
    assert {m.take.body["image"] for m in made[2:]} == {m.take.artifact for m in made[:2]}


def test_free_prompts_are_an_axis(folder: Path) -> None:
    made = sweep(folder, unit=None, prompts=["smile, sky", "frown, sea"], characters=["momo"], over={"seed": [1]})
    assert {m.take.words["prompt"] for m in made} == {"smile, sky", "frown, sea"}


def test_a_lora_of_weight_nothing_is_the_picture_without_it(folder: Path) -> None:
    made = sweep(folder, over={"lora.ink": [0, 0.5, 0.9]})
    assert sorted(len(m.take.body["loras"]) for m in made) == [0, 1, 1]


@pytest.mark.parametrize(("more", "told"), [
    ({"most": 5}, ("6 cells are more than the ceiling of 5", "of device time, an unknown price", "raise 'most'")),
    ({"over": {"seed": list(range(5000)), "take": list(range(1, 5001))}}, ("25000000 cells are more than the ceiling of 64",)),
    ({"search": "random", "cells": 3, "over": {"seed": list(range(500)), "take": list(range(1, 501))}},
     ("more than 200000 cells",)),
    ({"over": {"scheduler": ["karras"]}}, ("does not open 'scheduler'", "Open here: guidance, sampler")),
    ({"over": {"guidance": [3, 40]}}, ("40 is out of bounds",)),
    ({"over": {"lora.other": [0.5]}}, ("LoRA 'other' is not on the allow-list",)),
    ({"over": {"lora.ink": ["much"]}}, ("'much' is no weight of a LoRA",)),
    ({"over": {"seed": [-1]}}, ("'-1' is no seed",)),
    ({"over": {"colour": [1]}}, ("'colour' cannot be crossed", "lora.NAME")),
    ({"over": {"lora.ink": [5, 0]}}, ("over.lora.ink: '5' is no weight of a LoRA",)),
    ({"over": {"lora.Ink x": [0.5, 0]}}, ("'Ink x' is no name of a LoRA",)),
    ({"over": {"take": ["x", 2]}}, ("over.take: 'x' is no take",)),
    ({"over": {"take": [2.5]}}, ("'2.5' is no take",)),
    ({"over": {"take": [True]}}, ("'True' is no take",)),
    ({"over": {"take": [0]}}, ("'0' is no take; use whole numbers from 1 to 10000",)),
    ({"over": {"preset": [7, "fake"]}}, ("over.preset: '7' is no text",)),
    ({"over": {"palette": [1, "snow"]}}, ("over.palette: '1' is no text",)),
    ({"over": {"texture": [True]}}, ("over.texture: 'True' is no text",)),
    ({"over": {"guidance": [3, float("nan")]}}, ("over.guidance: nan is no number",)),
    ({"over": {"lora.ink": [float("inf")]}}, ("over.lora.ink: inf is no number",)),
    ({"rank": [{"scorer": "sharpness", "weight": float("nan")}]}, ("rank.weight: nan is no number",)),
    ({"over": {"seed": [1, 1]}}, ("a value stands twice",)),
    ({"unit": "01.z"}, ("there is no panel or keyframe '01.z'", "Known here: 01.a, 01.b, 01.c")),
    ({"prompts": ["x"]}, ("either a 'unit' or 'prompts'",)),
    ({"search": "random"}, ("needs 'cells'",)),
    ({"search": "halving"}, ("needs 'rungs'",)),
])
def test_what_a_sweep_may_not_do_is_said_before_anything_is_drawn(
    folder: Path, more: dict[str, Any], told: tuple[str, ...]
) -> None:
    with pytest.raises(GengaError) as caught:
        sweep(folder, **more)
    assert all(word in caught.value.render() for word in told), caught.value.render()
    assert not takes(folder)


@pytest.mark.parametrize(("more", "told"), [
    ({"over": {"scheduler": ["karras"]}}, "mood.yaml:4:3: over.scheduler: preset 'fake' does not open"),
    ({"over": {"seed": [1], "lora.other": [0.5]}}, "mood.yaml:6:3: over.lora.other: LoRA 'other' is not on the allow-list"),
    ({"over": {"preset": ["fakes"]}}, "mood.yaml:4:3: over.preset: unknown preset 'fakes'"),
    ({"most": 5}, "mood.yaml:13:1: most: 6 cells are more than the ceiling of 5"),
    ({"unit": "01.z"}, "mood.yaml:2:1: unit: there is no panel or keyframe '01.z'"),
    ({"lock": {"take": "abcdef01"}}, "mood.yaml:14:3: lock.take: no drawn takes begin with abcdef01"),
    ({"rank": [{"scorer": "sharpnes"}]}, "mood.yaml:12:3: rank[0].scorer: unknown scorer 'sharpnes'"),
    ({"rank": [{"scorer": "style", "parameters": {"board": "boards/x"}}]},
     "mood.yaml:14:5: rank[0].parameters.board: the reference board 'boards/x' does not exist"),
    ({"rank": [{"scorer": "clip", "parameters": {"model": "nope"}}]}, "models.yaml: parameters.model: there is no model 'nope'"),
])
def test_what_is_wrong_with_a_sweep_is_told_by_its_file_line_and_own_field(folder: Path, more: dict[str, Any], told: str) -> None:
    with pytest.raises(GengaError) as caught:
        sweep(folder, **more)
    assert told in caught.value.render(), caught.value.render()
    if told.startswith("mood"):
        assert caught.value.file == str(folder / "sweeps" / "mood.yaml")


def test_a_unit_that_cannot_be_drawn_is_told_beside_the_sweep_s(folder: Path) -> None:
    change(folder / "storyboards" / "01.yaml", pages=[{"id": "p01", "panels": [{
        "id": "a", "prompt": "x", "override": {"steps": 9}}]}])
    with pytest.raises(GengaError, match="mood.yaml:2:1: unit: 01.a.override.steps: preset 'fake' does not open 'steps'"):
        sweep(folder)


def test_places_by_two_scorers_are_weighed_and_equals_share_theirs() -> None:
    sharp = Column("sharpness", [1.0, 2.0, 2.0, None], "higher", 3)
    clipped = Column("exposure", [0.0, 0.1, 0.2, 0.3], "lower", 1)
    found = ranked([sharp, clipped])
    assert [i for i, _ in found] == [1, 2, 3, 0]
    assert dict(found)[1] == pytest.approx(0.75 * 0.75 + (2 / 3) * 0.25)


def test_a_cell_says_what_it_would_cost(folder: Path) -> None:
    sweep(folder)
    planner = sweep_planner(open_production(folder), read(folder))
    assert all(planner.step(cell).state == "fresh" for cell in planner.cells())
