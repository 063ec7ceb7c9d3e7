"""The farm: order, isolation, threads, facts."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from studio.errors import GengaError, ModelError, RenderError, TooSlow
from studio.plan.limits import Limit
from studio.plan.recipes import Recipe
from studio.render.batching import cut
from studio.render.contract import check_farm
from studio.render.engine import Bench, Rendered
from studio.render.engines.fake import FakeEngine, RaiseIfRendersEngine, RenderedAnyway
from studio.render.farm import FarmResult, InProcessFarm, Terms, charged
from studio.render.model_cache import ModelCache

from .shelf import Shelf, drawn, enlarged, faked, gradient


class Watched(FakeEngine):
    """A fake that remembers its batches and can be held at a gate."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
        """As the fake; takes a step of the ladder when the prompt says `big`."""
        self.batches.append([r.seed for r in recipes])
        assert self.gate.wait(10)
        if "big" in recipes[0].prompt:
            bench.ladder.append("decode-tiles")
        if "lost" in recipes[0].prompt:
            raise ModelError("the weights are gone", file="x.safetensors")
        if "bug" in recipes[0].prompt:
            raise ZeroDivisionError("oops")
        return super().render(recipes, bench)


def farm_of(engine: FakeEngine) -> InProcessFarm:
    """A farm on which every recipe goes to this engine."""
    return InProcessFarm(ModelCache(1000), "cpu", engine_of=lambda _: engine)


def test_the_farm_keeps_its_contract(shelf: Shelf) -> None:
    """Every recipe once, same bytes in any order, closable."""
    check_farm(lambda: InProcessFarm(ModelCache(1000), "cpu"), [faked(seed=s) for s in range(5)], shelf)


def test_weights_are_visited_once_then_shapes(shelf: Shelf) -> None:
    """However recipes are mixed, model by model, then size by size, in the order given."""
    a, b = "a" * 64, "b" * 64
    recipes = [faked(model=m, width=w, seed=i) for i, (m, w) in enumerate(
        [(a, 64), (b, 64), (a, 128), (a, 64), (b, 64), (a, 64)])]
    engine = Watched()
    list(farm_of(engine).render(recipes, shelf))
    assert engine.batches == [[0, 3], [5], [2], [1, 4]]


def test_what_was_finished_when_the_caller_closed_is_handed_over(shelf: Shelf) -> None:
    """The rest of the batch at hand, and every batch behind it: all that was drawn."""
    engine, rescued = Watched(), list[FarmResult]()
    recipes = [faked(seed=s, batch_size=2) for s in range(8)]
    results = farm_of(engine).render(recipes, shelf, Terms(rescue=rescued.append))
    first = next(results)
    results.close()
    drawn_seeds = [seed for batch in engine.batches for seed in batch]
    assert [first.recipe.seed, *(r.recipe.seed for r in rescued)] == drawn_seeds  # type: ignore[union-attr]
    assert len(drawn_seeds) >= 2 and all(r.picture for r in rescued)


def test_a_second_try_is_charged_to_the_one_that_made_it_necessary() -> None:
    """The batch was drawn once in vain; nobody else pays for it, unless nobody is to blame."""
    first = [FarmResult(faked(seed=s), seconds=2.0, load_seconds=0.5) for s in (1, 2, 3)]
    bad = RenderError("no", field="recipe")
    again = [FarmResult(faked(seed=s), seconds=1.0, error=bad if s == 2 else None) for s in (1, 2, 3)]
    assert [(r.seconds, r.load_seconds) for r in charged(again, first)] == [(1.0, 0.0), (7.0, 1.5), (1.0, 0.0)]
    fine = [replace(r, error=None) for r in again]
    assert [(r.seconds, r.load_seconds) for r in charged(fine, first)] == [(3.0, 0.5)] * 3


def test_upscales_and_pictures_go_to_their_engines(shelf: Shelf) -> None:
    """One call may mix kinds."""
    image = shelf.put_picture(gradient(16, 8))
    recipes: list[Recipe] = [faked(), enlarged(image, scale=4)]
    results = list(InProcessFarm(device="cpu").render(recipes, shelf))
    assert [r.picture.size for r in results if r.picture] == [(64, 64), (64, 32)]


def test_a_failing_recipe_fails_alone(shelf: Shelf) -> None:
    """Its batch is drawn again one by one."""
    recipes = [faked(seed=1), faked(seed=2, prompt="fail!"), faked(seed=3)]
    results = {r.recipe.seed: r for r in farm_of(Watched()).render(recipes, shelf)}  # type: ignore[union-attr]
    assert [bool(results[s].error) for s in (1, 2, 3)] == [False, True, False]
    assert results[1].picture is not None and results[2].picture is None


@pytest.mark.parametrize("slow", [True, False])
def test_what_takes_longer_than_its_limit_is_stopped_and_its_neighbours_are_not(
    slow: bool, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its batch has as long as all of its recipes together, each alone has its own."""
    monkeypatch.setenv("GENGA_FAKE_SECONDS", "0.05")
    terms = Terms(limits=lambda recipe: Limit(0.01 if slow and recipe.seed == 1 else 10.0))  # type: ignore[union-attr]
    recipes = [faked(seed=s, batch_size=1) for s in (1, 2)]
    results = {r.recipe.seed: r for r in InProcessFarm(device="cpu").render(recipes, shelf, terms)}  # type: ignore[union-attr]
    assert isinstance(results[1].error, TooSlow) is slow
    assert results[2].error is None


def test_a_picture_of_real_weights_is_stopped_between_two_steps(shelf: Shelf) -> None:
    """Loading does not count; after the first step the time is over."""
    terms = Terms(limits=lambda recipe: Limit(0.05))
    (result,) = InProcessFarm(device="cpu").render([drawn(batch_size=1, steps=50)], shelf, terms)
    assert isinstance(result.error, TooSlow)
    assert "longer than its limit" in result.error.render()
    assert result.seconds < 5


def test_lost_weights_are_not_tried_again(shelf: Shelf) -> None:
    """They fail the batch once, with one error."""
    engine = Watched()
    results = list(farm_of(engine).render([faked(prompt="lost", seed=s) for s in (1, 2)], shelf))
    assert [type(r.error) for r in results] == [ModelError, ModelError]
    assert engine.batches == [[1, 2]]


def test_a_fault_inside_an_engine_is_told_with_its_cause(shelf: Shelf) -> None:
    """It becomes a RenderError and the others go on."""
    results = list(farm_of(Watched()).render([faked(prompt="bug"), faked(seed=9, width=128)], shelf))
    assert isinstance(results[0].error, GengaError)
    assert isinstance(results[0].error.__cause__, ZeroDivisionError)
    assert results[1].picture is not None


def test_a_recipe_of_another_contract_is_refused(shelf: Shelf) -> None:
    """It would give other pixels under its digest."""
    results = list(farm_of(Watched()).render([faked(contract=9)], shelf))
    assert "contract 9" in str(results[0].error)


def test_the_next_batch_renders_while_the_caller_stores(shelf: Shelf) -> None:
    """While the first result is in hand, the device has begun the second batch."""
    engine = Watched()
    results = farm_of(engine).render([faked(seed=s, batch_size=1) for s in range(3)], shelf)
    next(results)
    for _ in range(1000):
        if len(engine.batches) >= 2:
            break
        threading.Event().wait(0.01)
    assert len(engine.batches) >= 2
    results.close()


def test_closing_stops_after_the_batch_on_the_device(shelf: Shelf) -> None:
    """No thread stays behind and far batches are never begun."""
    engine = Watched()
    results = farm_of(engine).render([faked(seed=s, batch_size=1) for s in range(50)], shelf)
    next(results)
    results.close()
    assert len(engine.batches) < 10
    assert not [t for t in threading.enumerate() if t.name == "farm"]


def test_results_say_what_the_take_must_keep(shelf: Shelf) -> None:
    """Ladder, environment and device stand on each result."""
    result = next(iter(farm_of(Watched()).render([faked(prompt="big")], shelf)))
    assert result.ladder == ("decode-tiles",)
    assert result.environment_facts["device"] == result.device == "cpu"
    assert len(result.environment) == 64


def test_the_guard_engine_fails_whoever_renders(shelf: Shelf) -> None:
    """A test that promises no render cannot pass by a caught error."""
    with pytest.raises(RenderedAnyway, match="nothing may be rendered"):
        list(farm_of(RaiseIfRendersEngine()).render([faked()], shelf))


def test_nothing_to_do_starts_no_thread(shelf: Shelf) -> None:
    """An empty list gives an empty answer."""
    assert list(farm_of(RaiseIfRendersEngine()).render([], shelf)) == []


def test_batches_are_never_larger_than_asked() -> None:
    """Five recipes in threes are three and two."""
    batches, _ = cut([faked(seed=s, batch_size=3) for s in range(5)], lambda _: FakeEngine())
    assert [len(b.recipes) for b in batches] == [3, 2]


def test_a_batch_tells_what_it_held_unless_it_climbed_the_ladder(shelf: Shelf) -> None:
    """A full device says nothing of what the recipe wanted."""
    small, big = (next(iter(farm_of(Watched()).render([faked(prompt=prompt)], shelf))) for prompt in ("small", "big"))
    assert small.peak_bytes > 2**20 and not small.ladder
    assert big.peak_bytes == 0 and big.ladder
