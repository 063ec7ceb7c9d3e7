"""Profiles: facts about a look before it has takes, kept apart from what is paid for."""

from pathlib import Path

import pytest

from studio.errors import OutOfMemory, RenderError
from studio.plan.predict import Predictor
from studio.production.memory import forecasts
from studio.production.opening import Production, open_production
from studio.production.profiling import Profiled, cells_of, parse_sizes, profile
from studio.render.engines.fake import FakeEngine
from studio.render.farm import InProcessFarm
from studio.render.model_cache import ModelCache

from ..story.making import PRESET, dump, write_show
from .making import make_all

HOUSE = Path(__file__).parents[2] / "models" / "house"
MIB = 2**20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


def measure(production: Production, *sizes: str, batches: tuple[int, ...] = ()) -> list[Profiled]:
    preset = next(iter(production.library.presets.values()))
    return [*profile(production, cells_of(production, preset, parse_sizes(sizes), batches))]


def test_a_preset_is_measured_at_each_size_and_batch_small_ones_first(folder: Path) -> None:
    made = measure(open_production(folder), "128x64,64x64", batches=(2, 1))
    assert [str(one.cell) for one in made] == ["fake 64x64 x1", "fake 128x64 x1", "fake 64x64 x2", "fake 128x64 x2"]
    events = [one.event for one in made]
    assert all(e and e.seconds > 0 and e.peak_bytes > MIB and e.device == "cpu" and e.environment for e in events)
    assert [e.batch for e in events if e] == [1, 1, 2, 2]


def test_left_out_sizes_are_shares_of_the_native_one(folder: Path) -> None:
    production = open_production(folder)
    preset = production.library.presets["fake"].model_copy(update={"native": 512, "batch_size": 4})
    assert [str(cell) for cell in cells_of(production, preset)] == [
        f"fake {side}x{side} x{batch}" for side, batch in ((256, 1), (384, 1), (512, 1), (256, 4), (384, 4), (512, 4))]


def test_nothing_is_a_take_or_costs_anything(folder: Path) -> None:
    production = open_production(folder)
    measure(production, "64x64")
    history = production.history()
    assert (len(history.profiles), history.takes, history.spent, history.presets) == (1, {}, {}, {})
    assert not (folder / "out" / "artifacts").exists()


def test_plans_and_the_doctor_know_before_the_first_take_and_takes_go_first(folder: Path) -> None:
    production = open_production(folder)
    step = next(s for s in production.plan(production.boards()[0]).steps if s.stage == "panel")
    assert step.recipe

    def basis() -> str:
        return Predictor(production.history()).estimate(step.recipe).basis  # type: ignore[arg-type]

    assert basis() == "a guess, before any take"
    measure(production, "64x64,128x64,128x128")
    assert basis() == "median of 3 like profiles"
    told = {f.name: f.told for f in forecasts(production, "cpu", 64 * 1024 * MIB)}
    assert "measured on 3 profiles" in told["memory fake"]
    make_all(folder)
    assert basis() == "median of 3 like takes"
    told = {f.name: f.told for f in forecasts(production, "cpu", 64 * 1024 * MIB)}
    assert "measured on 3 takes and 3 profiles" in told["memory fake"]


def test_seconds_are_predicted_from_profiles_as_from_takes(folder: Path) -> None:
    production = open_production(folder)
    for one in measure(production, "64x64,128x128,256x256,128x64,256x128"):
        assert one.event
        pixels = one.event.body["width"] * one.event.body["height"]
        production.ledger.append(one.event.model_copy(update={"seconds": 2.0 + pixels * 1e-4, "device": "cuda:0"}))
    recipe = cells_of(production, production.library.presets["fake"], [(512, 512)], [1])[0].recipes[0]
    assert Predictor(production.history()).estimate(recipe).seconds == pytest.approx(2.0 + 512 * 512 * 1e-4)


def test_what_is_larger_than_what_did_not_fit_is_not_tried(folder: Path) -> None:
    tried: list[int] = []

    class Small(FakeEngine):
        def render(self, recipes, bench):  # type: ignore[no-untyped-def]
            tried.append(recipes[0].width)
            if recipes[0].width > 64:
                raise OutOfMemory("the device is full")
            return super().render(recipes, bench)

    made = measure(open_production(folder, lambda: InProcessFarm(ModelCache(), "cpu", lambda _: Small())), "64x64,128x64,256x64")
    assert tried == [64, 64, 128]  # the first once more, before
    assert [type(one.error) for one in made] == [type(None), OutOfMemory, OutOfMemory]
    assert "no room for fake 128x64 x1" in str(made[2].error)
    assert len(open_production(folder).history().profiles) == 1


def test_another_failure_does_not_stop_the_rest(folder: Path) -> None:
    class Moody(FakeEngine):
        def render(self, recipes, bench):  # type: ignore[no-untyped-def]
            if recipes[0].width == 64:
                raise RenderError("not today")
            return super().render(recipes, bench)

    made = measure(open_production(folder, lambda: InProcessFarm(ModelCache(), "cpu", lambda _: Moody())), "64x64,128x64")
    assert [bool(one.error) for one in made] == [True, False]


@pytest.mark.parametrize("text", ["64", "64x", "ax64", "60x64", "0x64", "8192x64", "64x64x64", ""])
def test_what_is_no_size_is_named(text: str) -> None:
    with pytest.raises(RenderError, match=f"--size: '{text}' is no size"):
        parse_sizes([text])


def test_the_house_model_is_measured_for_real(tmp_path: Path) -> None:
    folder = write_show(tmp_path / "small")
    dump(folder / "presets" / "fake.yaml", {**PRESET, "engine": "diffusers", "model": "house", "steps": 1, "allowed_loras": []})
    dump(folder / "models.yaml", {"models": {"house": {"file": "house", "architecture": "sd15"}}})
    production = open_production(folder)
    made = measure(production, "64x64", batches=(1, 2))
    assert [one.error for one in made] == [None, None]
    first, second = (one.event for one in made)
    assert first and second and first.load_seconds < 0.3 and first.environment_facts["torch"]
    weights = sum(f.stat().st_size for f in HOUSE.rglob("*.safetensors"))
    assert first.peak_bytes > weights and second.batch == 2
