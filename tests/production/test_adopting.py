"""A sweep's winner becomes the next version of a look, and the plan says what that touches."""

from pathlib import Path

import pytest

from studio.errors import PresetError
from studio.production.adopting import adopt
from studio.production.opening import open_production
from studio.production.sweeping import make_sweep, sweep_planner
from studio.render.renderer import Run
from studio.story.sweeps import find_sweep
from tests.story.making import dump, write_show

from .making import make_all, plan_of, stale


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A drawn show with a drawn sweep over guidance and a LoRA."""
    folder = write_show(tmp_path / "show")
    make_all(folder)
    (folder / "sweeps").mkdir()
    over = {"guidance": [3.0, 7.0], "lora.ink": [0.0, 0.5]}
    dump(folder / "sweeps" / "mood.yaml", {"sweep": "mood", "unit": "01.a", "over": over, "rank": [{"scorer": "sharpness"}]})
    list(make_sweep(open_production(folder), find_sweep(folder / "sweeps", "mood")[1], Run()))
    return folder


def cell(folder: Path, **wanted: float) -> str:
    """The cell with these settings."""
    cells = sweep_planner(open_production(folder), find_sweep(folder / "sweeps", "mood")[1]).cells()
    return next(name for name, settings in cells.items() if all(dict(settings)[axis] == value for axis, value in wanted.items()))


def take_over(folder: Path, winner: str, name: str) -> list[str]:
    return adopt(open_production(folder), find_sweep(folder / "sweeps", "mood")[1], winner, name)[2]


def test_the_next_version_keeps_comments_and_touches_exactly_its_panels(folder: Path) -> None:
    file = folder / "presets" / "fake.yaml"
    file.write_text("# our look\n" + file.read_text().replace("guidance: 5.0\n", "guidance: 5.0  # soft\n"))
    told = take_over(folder, cell(folder, guidance=7.0, **{"lora.ink": 0.5}), "fake")
    text = file.read_text()
    assert text.startswith("# our look\n") and "guidance: 7.0  # soft\n" in text and "version: 2\n" in text
    assert told == ["guidance: 5.0 -> 7.0", "loras: [] -> [{'model': 'ink', 'weight': 0.5}]", "version: 1 -> 2"]
    assert set(stale(plan_of(folder))) == {"01.a", "01.b", "01.c"}
    made = [m for m in make_all(folder) if m.step.unit == "01.a" and m.step.stage == "panel"]
    assert [m.reused for m in made] == [True], "the sweep drew the panel's very picture already"


def test_a_new_name_is_a_new_look_and_touches_nothing(folder: Path) -> None:
    take_over(folder, cell(folder, guidance=3.0, **{"lora.ink": 0.0}), "soft")
    production = open_production(folder)
    assert (production.library.presets["soft"].version, production.library.presets["soft"].guidance) == (1, 3.0)
    assert not stale(plan_of(folder))


def test_a_preset_is_known_by_its_name_and_not_by_its_file(folder: Path) -> None:
    (folder / "presets" / "fake.yaml").rename(folder / "presets" / "other.yaml")
    winner, before = cell(folder, guidance=7.0, **{"lora.ink": 0.0}), (folder / "presets" / "other.yaml").read_text()
    with pytest.raises(PresetError, match="not called 'other'") as caught:
        take_over(folder, winner, "other")
    assert caught.value.file == str(folder / "presets" / "other.yaml")
    assert (folder / "presets" / "other.yaml").read_text() == before
    take_over(folder, winner, "fake")
    assert [file.name for file in (folder / "presets").iterdir()] == ["other.yaml"]
    preset = open_production(folder).library.presets["fake"]
    assert (preset.version, preset.guidance) == (2, 7.0)


def test_what_cannot_be_adopted_says_why_and_leaves_the_file_alone(folder: Path) -> None:
    before = (folder / "presets" / "fake.yaml").read_text()
    with pytest.raises(PresetError, match="has no cell 'nothing'"):
        take_over(folder, "nothing", "fake")
    winner = cell(folder, guidance=7.0, **{"lora.ink": 0.0})
    same = before.replace("guidance: 5.0", "guidance: 7.0").replace("version: 1", "version: 2")
    (folder / "presets" / "fake.yaml").write_text(same)
    with pytest.raises(PresetError, match="is as cell"):
        take_over(folder, winner, "fake")
