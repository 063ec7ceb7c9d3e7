"""What a show's policies do: a picture out of bounds is never used, a loosened bound needs no second look."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.errors import ModelError, StoryError, StoryErrors
from studio.production.gating import refuse_unasked_gates
from studio.production.opening import open_production
from studio.production.reviewing import Word, review
from studio.store.events import Measure
from tests.story.filming import shot, write_film_show
from tests.story.making import dump, write_show

from .filming import make_film, takes
from .making import make_all, plan_of, states

IMPOSSIBLE = {"scorer": "min_side", "min": 5000}


def policy(folder: Path, *gates: dict[str, Any], name: str = "house") -> None:
    """Write a policy of these gates."""
    (folder / "policies").mkdir(exist_ok=True)
    dump(folder / "policies" / f"{name}.yaml", {"name": name, "gates": list(gates)})


def measured(folder: Path) -> int:
    """How often a picture was measured."""
    return sum(1 for _, _, e in open_production(folder).ledger.lines() if e and e["event"] == "measure")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A show that was never drawn."""
    return write_show(tmp_path / "show")


def test_a_picture_out_of_bounds_is_not_used_and_its_unit_says_why(folder: Path) -> None:
    policy(folder, IMPOSSIBLE)
    errors = [m.error for m in make_all(folder) if m.step.stage == "panel"]
    assert all(error and "min_side" in error.message for error in errors) and len(errors) == 3
    plan = plan_of(folder)
    assert set(states(plan, "panel").values()) == {"blocked"} and set(states(plan, "final").values()) == {"blocked"}
    told = str(plan.step("01.a", "panel").reasons[0])
    assert "min_side" in told and "at least 5000 is wanted" in told
    assert not open_production(folder).history().picks


def test_a_gate_that_cannot_be_asked_is_told_of_before_anything_is_paid(folder: Path) -> None:
    policy(folder, {"scorer": "clip", "min": 0.1, "parameters": {"model": "nope"}})
    errors = [m.error for m in make_all(folder) if m.step.stage == "panel"]
    assert len(errors) == 3 and all(error and "a gate cannot be asked" in error.message for error in errors)
    assert not takes(folder)
    with pytest.raises(ModelError, match="a gate cannot be asked: there is no model 'nope'.*nothing is ever downloaded"):
        refuse_unasked_gates(open_production(folder), [plan_of(folder)])


def test_a_loosened_bound_lets_the_same_picture_through_without_a_second_look(folder: Path) -> None:
    policy(folder, IMPOSSIBLE)
    make_all(folder)
    looked = measured(folder)
    policy(folder, {**IMPOSSIBLE, "min": 32})
    assert set(states(plan_of(folder), "panel").values()) == {"missing"}
    made = make_all(folder)
    assert all(m.reused for m in made if m.step.stage == "panel") and measured(folder) == looked
    policy(folder, IMPOSSIBLE)
    assert set(states(plan_of(folder), "panel").values()) == {"blocked"}, "a tightened one forbids what was picked"


def test_a_warning_lets_the_picture_through_and_stands_beside_it(folder: Path) -> None:
    policy(folder, {**IMPOSSIBLE, "severity": "warn"})
    made = [m for m in make_all(folder) if m.step.stage == "panel"]
    assert all(m.take for m in made)
    gates = {(v.check, v.passed, v.blocking) for m in made for v in m.verdicts if v.value is not None}
    assert gates == {("min_side", False, False)}


def test_a_person_who_accepts_is_over_the_gates(folder: Path) -> None:
    policy(folder, IMPOSSIBLE)
    make_all(folder)
    production = open_production(folder)
    take = next(t for t in production.history().takes.values() if t.unit == "01.a")
    review(production, Word("01.a", "panel", take.artifact, "accept", "mika"))
    assert states(plan_of(folder), "panel") == {"01.a": "missing", "01.b": "blocked", "01.c": "blocked"}
    make_all(folder)
    assert states(plan_of(folder), "panel")["01.a"] == "fresh"


def test_gates_look_only_at_the_looks_stages_and_figures_they_name(folder: Path) -> None:
    policy(folder, {**IMPOSSIBLE, "figures": True, "presets": ["fake"]}, {**IMPOSSIBLE, "name": "pages", "stages": ["page"]})
    make_all(folder)
    assert states(plan_of(folder), "panel") == {"01.a": "blocked", "01.b": "fresh", "01.c": "fresh"}
    assert states(plan_of(folder), "page")["01.p02"] == "blocked", "the lettered page is judged before it is bound"


def test_a_clip_is_judged_by_its_worst_second_before_it_is_cut_into_the_film(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", shot("s1", seconds=2))
    policy(folder, {**IMPOSSIBLE, "stages": ["clip"]})
    failed = {m.step.stage: m.error for m in make_film(folder) if m.error}
    assert "min_side" in failed["clip"].message and "film" in failed
    assert measured(folder) == 1


@pytest.mark.parametrize(("gate", "told"), [
    ({"scorer": "min_sid", "min": 1}, ("unknown scorer 'min_sid'", "min_side")),
    ({"scorer": "min_side", "min": 9, "max": 3}, ("min 9 is above max 3",)),
    ({"scorer": "min_side"}, ("needs a bound", "'genga schema policy' prints what is allowed")),
    ({"scorer": "min_side", "min": 1, "stages": ["book"]}, ("book is not judged by gates",)),
    ({"scorer": "min_side", "min": 1, "presets": ["fakee"]}, ("unknown preset 'fakee'", "fake")),
    ({"scorer": "min_side", "min": 1, "parameters": {"side": 3}}, ("does not take a parameter 'side'",)),
    ({"scorer": "min_side", "mim": 1}, ("unknown key 'mim'", "min")),
])
def test_a_broken_policy_names_file_field_and_remedy(folder: Path, gate: dict[str, Any], told: tuple[str, ...]) -> None:
    policy(folder, gate)
    with pytest.raises((StoryError, StoryErrors)) as caught:
        plan_of(folder)
    message = caught.value.render()
    assert "house.yaml" in message and "gates[0]" in message and all(word in message for word in told), message


def test_what_keeps_a_picture_from_being_judged_stands_in_the_ledger_with_its_remedy(folder: Path) -> None:
    policy(folder, STYLE)
    board_of_one(folder / "boards", cut=40)
    errors = [m.error for m in make_all(folder) if m.step.stage == "panel"]
    assert len(takes(folder)) == 3 and all(
        error and "one.png: a reference picture that cannot be decoded" in error.render() for error in errors)
    told = open_production(folder).history().failures["01.a", "panel", ""]
    assert "one.png: a reference picture that cannot be decoded" in told and "Save it again as PNG" in told


def test_a_changed_board_means_new_numbers_also_where_a_picture_was_taken_away(folder: Path) -> None:
    make_all(folder)
    policy(folder, STYLE)
    board_of_one(folder / "boards")
    board_of_one(folder / "boards", name="two.png")
    production = open_production(folder)
    artifact, gate = production.history().picks["01.a", "panel", ""].artifact, production.gates[0]
    production.ledger.append(Measure(show="show", unit="01.a", recipe="", artifact=artifact, asked=gate.asked, value=0.05,
                                     stamp=production.stamp(gate.scorer, gate.parameters), note="most like two.png"))
    told = str(plan_of(folder).step("01.a", "panel").reasons[0])
    assert "check style failed: 0.05; at least 0.1 is wanted; most like two.png" in told
    assert "genga review --accept 01.a" in told
    (folder / "boards" / "cel" / "two.png").unlink()
    assert states(plan_of(folder), "panel")["01.a"] == "fresh", "what the board makes of it now, nobody knows yet"


STYLE = {"scorer": "style", "min": 0.1, "parameters": {"board": "boards/cel"}}


def board_of_one(boards: Path, name: str = "one.png", cut: int = 0) -> None:
    """A board of one picture more; cut: so many of its last bytes are lost."""
    (boards / "cel").mkdir(parents=True, exist_ok=True)
    Image.effect_noise((64, 64), 90 if name == "one.png" else 20).convert("RGB").save(boards / "cel" / name)
    data = (boards / "cel" / name).read_bytes()
    (boards / "cel" / name).write_bytes(data[: len(data) - cut] if cut else data)


def _no_folder(boards: Path) -> None:
    (boards / "cell").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(boards / "cell" / "one.png")


def _no_picture(boards: Path) -> None:
    (boards / "cel").mkdir(parents=True)


def _no_header(boards: Path) -> None:
    _no_picture(boards)
    for name in ("one.png", "two.png"):
        (boards / "cel" / name).write_bytes(b"no picture at all")


@pytest.mark.parametrize(("spoil", "told"), [
    (_no_folder, ("house.yaml:6", "gates[0].parameters.board: the reference board 'boards/cel' does not exist",
                  "Did you mean 'boards/cell'?")),
    (_no_picture, ("house.yaml:6", "the reference board 'boards/cel' holds no picture", "Put pictures (.png")),
    (_no_header, ("one.png: a reference picture that cannot be decoded", "two.png: ", "Save it again as PNG")),
])
@pytest.mark.parametrize("where", ["gates", "pick"])
def test_a_board_that_cannot_be_compared_with_is_found_when_the_policy_is_read(
    folder: Path, spoil: Callable[[Path], None], told: tuple[str, ...], where: str
) -> None:
    spoil(folder / "boards")
    if where == "gates":
        policy(folder, STYLE)
    else:
        policy(folder)
        dump(folder / "policies" / "house.yaml", {"name": "house", "pick": [{k: v for k, v in STYLE.items() if k != "min"}]})
    with pytest.raises(StoryError) as caught:
        plan_of(folder)
    message = caught.value.render().replace("pick[0]", "gates[0]").replace("yaml:5", "yaml:6")  # a pick has no 'min'
    assert all(word in message for word in told), message


def test_two_gates_on_one_scorer_need_two_names(folder: Path) -> None:
    policy(folder, {"scorer": "min_side", "min": 1})
    policy(folder, {"scorer": "min_side", "max": 900}, name="second")
    with pytest.raises(StoryError, match="a check 'min_side' exists already"):
        plan_of(folder)
