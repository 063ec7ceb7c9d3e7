"""Variation rounds: a composition is kept while the rest varies; rounds are numbered, compared, go on and are used."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from studio.errors import GengaError, StoryError
from studio.judge.locking import Saving
from studio.production.making import Made
from studio.production.opening import open_production
from studio.production.reviewing import Word, review, undo
from studio.production.rounds import begin_round, publish_rounds, saving
from studio.production.shots import make_keyframes
from studio.production.sweeping import make_sweep, publish_ranking, standings, sweep_planner
from studio.production.using import use
from studio.render.renderer import Run
from studio.story.sweeps import Sweep, find_sweep, read_sweeps
from tests.story.filming import keyframe, shot, write_shots
from tests.story.making import change, dump, edit, write_show, write_weights

from .filming import takes
from .making import Held, make_all, plan_of, stale

PALETTES = {"palette": ["", "sunset", "snow"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A drawn show with a ControlNet for line art."""
    folder = write_show(tmp_path / "show")
    write_weights(folder / "models" / "lines.safetensors", "control_model.w")
    models = yaml.safe_load((folder / "models.yaml").read_text())["models"]
    change(folder / "models.yaml", models={**models, "lineart": {"file": "lines.safetensors", "architecture": "controlnet"}})
    make_all(folder)
    return folder


def vary(folder: Path, over: Any = PALETTES, cell: str = "", **lock: Any) -> tuple[Sweep, list[Made]]:
    """Begin the next round over panel 01.a and draw it, ranked by sharpness."""
    file, begun = begin_round(open_production(folder), "01.a", over, lock, cell)
    change(file, rank=[{"scorer": "sharpness"}])
    sweep = find_sweep(folder / "sweeps", begun.sweep)[1]
    return sweep, list(make_sweep(open_production(folder), sweep, Run()))


def cells(folder: Path, sweep: Sweep) -> dict[str, dict[str, Any]]:
    return {name: dict(settings) for name, settings in sweep_planner(open_production(folder), sweep).cells().items()}


def height(folder: Path) -> int:
    """Of the sheet that compares rounds."""
    file = publish_rounds(open_production(folder), "01.a", Run())
    assert file
    with Image.open(file) as sheet:
        return sheet.height


def test_cells_share_the_line_art_and_seed_of_the_take_that_is_locked(folder: Path) -> None:
    locked = plan_of(folder).step("01.a", "panel")
    sweep, made = vary(folder)
    bodies = [m.take.body for m in made if m.take]
    assert sweep.sweep == "01-a-round-1" and len(bodies) == 3
    assert locked.recipe and {b["seed"] for b in bodies} == {locked.recipe.seed}
    assert len({b["controls"][-1]["image"] for b in bodies}) == 1
    assert [word for b in bodies for word in ("sunset", "snow") if word in b["prompt"]] == ["sunset", "snow"]
    assert [stage for stage, _ in takes(folder)].count("lines") == 1
    lines = open_production(folder).sources.picture(bodies[0]["controls"][-1]["image"])
    assert lines.size == (locked.recipe.width, locked.recipe.height)


def test_the_line_art_is_made_once_for_all_rounds_over_a_take(folder: Path) -> None:
    vary(folder)
    sweep, made = vary(folder, {"texture": ["ink", "chalk"]})
    assert sweep.lock and sweep.lock.round == 2 and len(made) == 2
    assert [stage for stage, _ in takes(folder)].count("lines") == 1


def test_a_round_goes_on_from_a_winner_with_its_settings(folder: Path) -> None:
    first, made = vary(folder)
    cell = next(name for name, settings in cells(folder, first).items() if settings["palette"] == "snow")
    artifact = next(m.take.artifact for m in made if m.take and m.step.unit.endswith(cell))
    second, drawn = vary(folder, {"guidance": [3.0, 7.0]}, cell)
    assert second.lock and artifact.startswith(second.lock.take or "-")
    assert all("snow" in m.take.body["prompt"] for m in drawn if m.take) and len(drawn) == 2


def test_a_round_stays_what_it_was_when_the_storyboard_goes_on(folder: Path) -> None:
    sweep, _ = vary(folder)
    edit(folder, "prompt: smile, sky", "prompt: frown, sky")
    make_all(folder)
    paid = takes(folder)
    assert all(m.reused for m in make_sweep(open_production(folder), sweep, Run())) and takes(folder) == paid


def test_a_mask_starts_from_the_take_and_limits_the_change(folder: Path) -> None:
    size = plan_of(folder).step("01.a", "panel").recipe
    Image.new("L", (size.width, size.height), 255).save(folder / "mask.png")
    _, made = vary(folder, {"palette": ["sunset"]}, mask="mask.png")
    (body,) = [m.take.body for m in made if m.take]
    assert body["init"]["mask"] and body["init"]["strength"] == 0.8


def test_the_cells_without_the_lock_are_for_comparison_and_win_nothing(folder: Path) -> None:
    sweep, _ = vary(folder, {**PALETTES, "lock": [True, False]})
    production = open_production(folder)
    found = standings(production, sweep, Run())
    assert [dict(one.settings)["lock"] for one in found] == [True] * 3 + [False] * 3
    assert not any(one.take.body["controls"] for one in found[3:])
    worth = saving(production, sweep, found)
    assert worth and worth.drawn == 3
    assert worth.free == 2, "the unlocked cell without another palette is the locked take itself"


def test_rounds_are_compared_in_one_sheet(folder: Path) -> None:
    assert publish_rounds(open_production(folder), "01.a", Run()) is None
    first, _ = vary(folder)
    production = open_production(folder)
    publish_ranking(production, first, standings(production, first, Run()))
    one = height(folder)
    vary(folder, {"texture": ["ink", "chalk"]})
    assert height(folder) > one + 100


def test_a_winner_becomes_what_its_panel_is_drawn_as_without_drawing_it_again(folder: Path) -> None:
    sweep, made = vary(folder, {"palette": ["snow"], "guidance": [7.0], "lora.ink": [0.5]})
    board = folder / "storyboards" / "01.yaml"
    board.write_text("# mine\n" + board.read_text())
    file, told = use(open_production(folder), sweep, next(iter(cells(folder, sweep))))
    assert file == board and board.read_text().startswith("# mine\n") and any("snow" in line for line in told)
    assert set(stale(plan_of(folder))) == {"01.a"}
    again = [m for m in make_all(folder) if m.step.unit == "01.a" and m.step.stage == "panel"]
    assert [m.reused for m in again] == [True] and again[0].take and made[0].take
    assert again[0].take.artifact == made[0].take.artifact


def test_another_winner_takes_the_place_of_what_the_first_settled(folder: Path) -> None:
    first, _ = vary(folder, {"palette": ["snow"], "guidance": [7.0]})
    plain, _ = vary(folder, {"palette": ["sunset"]}, strength=0.5)
    for sweep in (first, plain, first):
        use(open_production(folder), sweep, next(iter(cells(folder, sweep))))
    text = (folder / "storyboards" / "01.yaml").read_text()
    assert "snow" in text and "sunset" not in text and "init:" not in text


def test_the_seed_of_a_cell_is_written_as_an_offset(folder: Path) -> None:
    sweep, made = vary(folder, {"seed": [7]})
    use(open_production(folder), sweep, next(iter(cells(folder, sweep))))
    recipe = plan_of(folder).step("01.a", "panel").recipe
    assert recipe.seed == 7 and made[0].take and recipe.digest() == made[0].take.recipe


@pytest.mark.parametrize(("unit", "over", "lock", "cell", "told"), [
    ("01.z", PALETTES, {}, "", "no panel or keyframe '01.z'"),
    ("01.a", {}, {}, "", "nothing varies"),
    ("01.a", PALETTES, {"lines": False}, "", "nothing is kept"),
    ("01.a", PALETTES, {"mask": "none.png"}, "", "no such picture"),
    ("01.a", PALETTES, {"model": "tiny"}, "", "is a sd15, not a controlnet"),
    ("01.a", PALETTES, {"start": 0.5, "end": 0.2}, "", "never"),
    ("01.a", PALETTES, {"strength": 2}, "", "less than or equal to 1"),
    ("01.a", PALETTES, {}, "nothere", "has a cell 'nothere'"),
    ("01.a", {"hue": [1]}, {}, "", "'hue' cannot be crossed"),
    ("01.a", {"steps": [2, 3]}, {}, "", "steps"),
])
def test_what_cannot_be_varied_says_why_and_writes_nothing(
    folder: Path, unit: str, over: Any, lock: Any, cell: str, told: str
) -> None:
    with pytest.raises(GengaError) as caught:
        begin_round(open_production(folder), unit, over, lock, cell)
    assert told in caught.value.render() and not list((folder / "sweeps").glob("*"))


def test_a_mask_is_a_picture_in_the_show(folder: Path, tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "outside.png")
    (folder / "words.png").write_text("no picture")
    for mask, told in (("../outside.png", "lies outside the show"), (str(tmp_path / "outside.png"), "lies outside the show"),
                       ("words.png", "cannot be decoded"), ("storyboards", "no such picture")):
        with pytest.raises(StoryError, match=told) as caught:
            begin_round(open_production(folder), "01.a", PALETTES, {"mask": mask})
        assert Path(mask).name in (caught.value.file or "")
    assert not list((folder / "sweeps").glob("*"))


def test_units_that_are_written_alike_have_rounds_of_their_own(tmp_path: Path) -> None:
    long = "a" * 60
    panels = [{"id": name, "prompt": "river"} for name in ("s1-k1", f"{long}1", f"{long}2")]
    folder = write_show(tmp_path / "show")
    write_shots(folder, shot("s1", keyframes=[keyframe("k1"), keyframe("k2")]), pages=[{"id": "p01", "panels": panels}])
    make_all(folder)
    production = open_production(folder)
    list(make_keyframes(production, production.boards()[0], Run()))
    lock = {"lines": False, "strength": 0.5}
    units = ["01.s1-k1", "01.s1.k1", "01.s1.k1", f"01.{long}1", f"01.{long}2"]
    begun = [begin_round(open_production(folder), unit, PALETTES, lock) for unit in units]
    assert len({file for file, _ in begun}) == 5
    assert [(sweep.unit, sweep.lock.round) for _, sweep in begun if sweep.lock] == list(
        zip(units, (1, 1, 2, 1, 1), strict=True))
    assert [sweep.sweep for _, sweep in begun][:3] == ["01-s1-k1-round-1", "01-s1-k1-round-1-b", "01-s1-k1-round-2"]
    assert all(find_sweep(folder / "sweeps", sweep.sweep) == (file, sweep) for file, sweep in begun)


def test_rounds_that_begin_at_once_are_numbered_one_after_the_other(folder: Path) -> None:
    def begin(_: int) -> int:
        _, sweep = begin_round(open_production(folder), "01.a", PALETTES, {"lines": False, "strength": 0.5})
        return sweep.lock.round if sweep.lock else 0

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(begin, range(6))) == [1, 2, 3, 4, 5, 6]
    assert len(read_sweeps(folder / "sweeps")) == 6


def test_a_file_with_the_name_of_a_round_is_never_written_over(folder: Path) -> None:
    (folder / "sweeps").mkdir()
    mine = {"sweep": "mine", "unit": "01.b", "over": {"seed": [1]}}
    dump(folder / "sweeps" / "01-a-round-1.yaml", mine)
    file, sweep = begin_round(open_production(folder), "01.a", PALETTES, {})
    assert (file.name, sweep.sweep) == ("01-a-round-1-b.yaml", "01-a-round-1-b")
    assert yaml.safe_load((folder / "sweeps" / "01-a-round-1.yaml").read_text()) == mine


def test_a_round_goes_on_beside_a_sweep_of_too_many_cells(folder: Path) -> None:
    first, _ = vary(folder)
    dump(folder / "sweeps" / "huge.yaml", {"sweep": "huge", "unit": "01.a", "over": {"seed": list(range(200))}})
    second, _ = vary(folder, {"texture": ["ink", "chalk"]}, next(iter(cells(folder, first))))
    assert second.lock and second.lock.round == 2 and height(folder)


def test_one_picture_is_held_while_a_lock_is_weighed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep, _ = vary(folder, {"palette": ["", "sunset", "snow", "dusk"], "lock": [True, False]})
    production = open_production(folder)
    found = standings(production, sweep, Run())
    held = Held(monkeypatch)
    worth = saving(production, sweep, found)
    assert worth and worth.drawn + worth.free >= 7
    assert held.most <= 2 + 2, "the line art, the locked take, one picture and the next"


def test_a_unit_without_a_take_cannot_be_locked(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "new")
    with pytest.raises(GengaError, match="no take in use"):
        begin_round(open_production(folder), "01.a", PALETTES, {"lines": False, "strength": 0.5})


def test_several_controlnets_must_be_told_apart(folder: Path) -> None:
    models = yaml.safe_load((folder / "models.yaml").read_text())["models"]
    change(folder / "models.yaml", models={**models, "pose": {"file": "lines.safetensors", "architecture": "controlnet"}})
    with pytest.raises(GengaError, match="has 2 ControlNets"):
        begin_round(open_production(folder), "01.a", PALETTES, {})


def test_a_lost_take_is_told(folder: Path) -> None:
    step = plan_of(folder).step("01.a", "panel")
    open_production(folder).artifacts.path(step.artifact, ".png").unlink()
    with pytest.raises(GengaError, match="not kept any more"):
        begin_round(open_production(folder), "01.a", PALETTES, {})


def test_a_cell_that_would_be_another_picture_leaves_the_storyboard_alone(folder: Path) -> None:
    sweep, _ = vary(folder)
    edit(folder, "characters: [momo]", "characters: []")
    before = (folder / "storyboards" / "01.yaml").read_text()
    for cell, told in (("zzz", "no cell 'zzz'"), (next(iter(cells(folder, sweep))), "would be another picture")):
        with pytest.raises(GengaError, match=told):
            use(open_production(folder), sweep, cell)
        assert (folder / "storyboards" / "01.yaml").read_text() == before


def test_a_cell_that_is_not_drawn_is_not_written(folder: Path) -> None:
    _, begun = begin_round(open_production(folder), "01.a", PALETTES, {})
    before = (folder / "storyboards" / "01.yaml").read_text()
    with pytest.raises(GengaError, match="not drawn to the end"):
        use(open_production(folder), begun, next(iter(cells(folder, begun))))
    assert (folder / "storyboards" / "01.yaml").read_text() == before


def test_a_winner_is_the_only_candidate_from_then_on(folder: Path) -> None:
    change(folder / "show.yaml", candidates=3)
    sweep, _ = vary(folder, {"palette": ["snow"]})
    use(open_production(folder), sweep, next(iter(cells(folder, sweep))))
    paid = takes(folder).count(("panel", "01.a"))
    assert [m.reused for m in make_all(folder) if m.step.key == "01.a panel"] == [True]
    assert takes(folder).count(("panel", "01.a")) == paid


def test_what_people_said_is_not_passed_over(folder: Path) -> None:
    production = open_production(folder)
    sweep, made = vary(folder, {"palette": ["snow"]})
    picture = made[0].take.artifact if made[0].take else ""
    used = production.history().picks[("01.a", "panel", "")].artifact
    review(production, Word("01.a", "panel", used, "accept", "kei"))
    with pytest.raises(GengaError, match="somebody accepted take"):
        use(open_production(folder), sweep, next(iter(cells(folder, sweep))))
    undo(production, "01.a", "panel", "kei")
    use(open_production(folder), sweep, next(iter(cells(folder, sweep))))
    make_all(folder)
    assert open_production(folder).history().picks[("01.a", "panel", "")].artifact == picture
    review(open_production(folder), Word("01.a", "panel", picture, "reject", "kei", ("style",)))
    with pytest.raises(GengaError, match="kei rejected this very picture"):
        use(open_production(folder), sweep, next(iter(cells(folder, sweep))))


def test_lines_ended_as_windows_does_stay_so(folder: Path) -> None:
    file = folder / "storyboards" / "01.yaml"
    sweep, _ = vary(folder, {"palette": ["snow"]})
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    use(open_production(folder), sweep, next(iter(cells(folder, sweep))))
    assert file.read_bytes().count(b"\r\n") == file.read_bytes().count(b"\n") and b"snow" in file.read_bytes()


def test_what_a_lock_saved_is_reckoned_by_tries() -> None:
    assert Saving(8, 8, 3, 8).needed == pytest.approx(20) and Saving(8, 8, 3, 8).saved == pytest.approx(12)
    assert Saving(2, 2, 0, 0).saved is None and "nothing was drawn without" in Saving(2, 2, 0, 0).told()
    assert "cost about" in Saving(1, 8, 9, 9).told() and "saved none" in Saving(8, 8, 98, 98).told()
