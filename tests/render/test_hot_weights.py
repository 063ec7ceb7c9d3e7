"""Weights that lie far away are fetched before they are needed, give the same picture, and are counted."""

import threading
from pathlib import Path

import pytest

from studio.plan.models import read_models
from studio.plan.recipes import ImageRecipe, Recipe
from studio.render.ahead import AheadSources
from studio.render.farm import FarmResult, InProcessFarm
from studio.render.model_cache import ModelCache
from studio.render.needs import weights_of
from studio.render.sources import ShowSources
from studio.store.artifacts import LocalArtifacts
from studio.store.hashing import HashMemory
from studio.store.hot import HotWeights, Near

from .shelf import HOUSE_FOLDER, Shelf, between, drawn, enlarged, finished

A, B, C, D, E, F = (letter * 64 for letter in "abcdef")


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShowSources:
    """A show that draws with the house model."""
    monkeypatch.setenv("GENGA_HOT_WEIGHTS", str(tmp_path / "hot"))
    monkeypatch.setenv("GENGA_FAR_MODELS", "")
    cards = tmp_path / "show" / "models.yaml"
    cards.parent.mkdir()
    cards.write_text("models: {house: {file: house, architecture: sd15}}")
    return ShowSources(read_models(cards, HashMemory(tmp_path / "hashes.json")), LocalArtifacts(tmp_path / "artifacts"))


def test_a_copy_draws_the_same_picture_and_takes_tell_where_weights_came_from(
    sources: ShowSources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = drawn(model=HashMemory(tmp_path / "hashes.json").digest(HOUSE_FOLDER), steps=1, width=32, height=32)

    def draw() -> FarmResult:
        [result] = InProcessFarm(ModelCache(), "cpu").render([recipe], sources)
        assert result.picture, result.error
        return result

    local = draw()
    assert (local.hot_bytes, local.cold_bytes) == (0, 0) and not (tmp_path / "hot").exists()
    monkeypatch.setenv("GENGA_FAR_MODELS", str(HOUSE_FOLDER.parent))
    first, second = draw(), draw()
    bytes_ = sum(f.stat().st_size for f in HOUSE_FOLDER.rglob("*.safetensors"))
    assert first.hot_bytes + first.cold_bytes == bytes_  # which of them: whether fetching was done before it was asked for
    assert (second.hot_bytes, second.cold_bytes) == (bytes_, 0)
    assert local.picture.tobytes() == first.picture.tobytes() == second.picture.tobytes()  # type: ignore[union-attr]


def test_weights_of_the_whole_run_are_fetched_in_the_order_of_their_need(tmp_path: Path) -> None:
    fetched, done = list[str](), threading.Event()

    class Far(Shelf):
        def near(self, sha256: str) -> Near:
            fetched.append(sha256)
            if sha256 == C:
                done.set()
            return Near(tmp_path)

    ahead = AheadSources(Far())
    ahead.expect([drawn(model=A), drawn(model=A, seed=2), drawn(model=B, vae=A), enlarged(D, model=C)])
    assert done.wait(10)
    ahead.close()
    assert fetched == [A, B, C]


@pytest.mark.parametrize(("recipe", "weights"), [
    (drawn(model=A, vae=B, loras=[{"model": C, "weight": 1.0}], controls=[{"model": D, "image": E}]), [A, B, C, D]),
    (between(E, F, model=A, vae=B, adapter=C, loras=[{"model": D, "weight": 1.0}], motion_loras=[{"model": E, "weight": 1.0}],
             control={"model": F, "frames": A}), [A, B, C, D, E, F]),
    (between(E, F), []), (enlarged(E), []), (enlarged(E, model=A), [A]), (finished(E, model=A), [A]),
])
def test_all_weights_of_a_recipe_are_named(recipe: Recipe, weights: list[str]) -> None:
    assert sorted(weights_of(recipe)) == weights


def test_a_full_cache_reads_from_afar(sources: ShowSources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENGA_FAR_MODELS", str(HOUSE_FOLDER.parent))
    monkeypatch.setenv("GENGA_HOT_GB", "0.000001")
    recipe: ImageRecipe = drawn(model=HashMemory(tmp_path / "hashes.json").digest(HOUSE_FOLDER), steps=1, width=32, height=32)
    [result] = InProcessFarm(ModelCache(), "cpu").render([recipe], sources)
    assert result.picture and result.cold_bytes and not result.hot_bytes
    assert HotWeights(tmp_path / "hot", 1000).held_bytes() == 0
