"""From a dropped sweep to refined winners and an adopted look, through the real queue."""

import json
from pathlib import Path

import pytest

from studio.dispatch.services import Services
from studio.production.adopting import adopt
from studio.story.sweeps import find_sweep

from .making import events, opened, wait_for, write_yaml

PATIENCE = 300
pytestmark = pytest.mark.timeout(900)


def test_a_dropped_sweep_is_drawn_ranked_refined_once_and_adopted(folder: Path, services: Services) -> None:
    (folder / "sweeps").mkdir(exist_ok=True)
    over = {"seed": [1, 2, 3], "lora.ink": [0, 0.5]}
    sweep = {"sweep": "mood", "prompts": ["smile on the river"], "preset": "fake", "over": over,
             "rank": [{"scorer": "sharpness"}], "refine": {"top": 2, "steps": 9}}
    write_yaml(folder / "sweeps" / "mood.yaml", sweep)
    table = folder / "out" / "sweeps" / "mood.json"
    wait_for(table.is_file, PATIENCE, "the ranking")
    rows = json.loads(table.read_text())
    assert len(rows) == 6 and table.with_suffix(".png").is_file()
    wait_for(lambda: len(events(folder, "take", "sweep-mood", "refinement_final")) == 2, PATIENCE, "refined winners")
    refined = {e["unit"] for e in events(folder, "take", "sweep-mood", "refinement")}
    assert refined == {f"sweep-mood.{row['cell']}" for row in rows[:2]}
    assert len(events(folder, "take", "sweep-mood", "sweep")) == 6

    winner = next(row["cell"] for row in rows if row["lora.ink"] == 0.5)
    production = opened(folder)
    before = {s.unit: s.digest for plan in production.plans(production.boards("edit")) for s in plan.steps if s.stage == "panel"}
    kept = (folder / "presets" / "fake.yaml").read_text()
    try:
        _, made, _ = adopt(production, find_sweep(folder / "sweeps", "mood")[1], winner, "fake")
        assert made.version == 2
        again = opened(folder)
        steps = [s for plan in again.plans(again.boards("edit")) for s in plan.steps if s.stage == "panel"]
        assert {s.unit for s in steps if s.digest != before[s.unit]} == set(before), "the plan says what the new version touches"
    finally:
        (folder / "presets" / "fake.yaml").write_text(kept)
