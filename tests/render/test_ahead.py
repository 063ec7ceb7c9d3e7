"""What the next batch is made from is fetched while this one is drawn."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.errors import StoreError
from studio.plan.recipes import Recipe
from studio.render.ahead import AheadSources
from studio.render.engine import Bench, Rendered
from studio.render.engines.fake import FakeEngine
from studio.render.farm import InProcessFarm
from studio.render.model_cache import ModelCache
from studio.render.needs import pictures_of, sequences_of

from .shelf import HOUSE, Shelf, between, drawn, enlarged, finished, gradient

A, B, C, D = (letter * 64 for letter in "abcd")


class Slow(Shelf):
    """A shelf that tells what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.fetched = threading.Condition()

    def picture(self, sha256: str) -> Image.Image:
        with self.fetched:
            self.asked.append(sha256)
            self.fetched.notify_all()
        return super().picture(sha256)

    def wait_for(self, count: int) -> None:
        with self.fetched:
            assert self.fetched.wait_for(lambda: len(self.asked) >= count, timeout=10)


def test_the_next_batch_is_fetched_while_this_one_is_drawn() -> None:
    shelf = Slow()
    images = [shelf.put_picture(gradient(8, n)) for n in (8, 16, 24)]
    seen: list[list[str]] = []

    class Patient(FakeEngine):
        def render(self, recipes: Sequence[Any], bench: Bench) -> list[Rendered]:
            shelf.wait_for(min(3, len(seen) + 2))  # hangs unless the next picture is asked for before this one is done
            seen.append([*shelf.asked])
            return super().render(recipes, bench)

    farm = InProcessFarm(ModelCache(), "cpu", engine_of=lambda _: Patient())
    results = list(farm.render([enlarged(i, engine="fake") for i in images], shelf))
    assert [r.error for r in results] == [None] * 3
    assert sorted(shelf.asked) == sorted(images)  # each once
    assert images[2] not in seen[0]  # only one batch ahead
    left = [t for t in threading.enumerate() if t.name.startswith("ahead")]
    for thread in left:
        thread.join(timeout=10)
    assert not any(thread.is_alive() for thread in left)


def test_a_picture_that_is_gone_fails_its_own_recipe_alone() -> None:
    shelf = Slow()
    here = shelf.put_picture(gradient(8, 8))
    farm = InProcessFarm(ModelCache(), "cpu", engine_of=lambda _: FakeEngine())
    first, gone, last = farm.render([enlarged(i, engine="fake") for i in (here, A, here)], shelf)
    assert first.picture and last.picture
    assert isinstance(gone.error, StoreError) and "is not kept here" in str(gone.error)


def test_only_this_batch_and_the_next_are_kept() -> None:
    shelf = Slow()
    one, two = (enlarged(shelf.put_picture(gradient(8, n))) for n in (8, 16))
    ahead = AheadSources(shelf)
    ahead.turn([one], [two])
    assert ahead.picture(one.image) is ahead.picture(one.image)
    ahead.turn([two])
    ahead.picture(one.image)
    ahead.picture(two.image)
    ahead.close()
    assert shelf.asked.count(one.image) == 2 and shelf.asked.count(two.image) == 1


@pytest.mark.parametrize(("recipe", "pictures", "sequences"), [
    (drawn(), [], []),
    (drawn(controls=[{"model": HOUSE, "image": A}, {"model": HOUSE, "figures": [{"nose": (0.5, 0.5)}]}],
           init={"image": B, "mask": C, "strength": 0.5}), [A, B, C], []),
    (drawn(init={"image": A, "ground": B, "strength": 0.5}), [A, B], []),
    (enlarged(A), [A], []),
    (between(A, B, control={"model": HOUSE, "frames": D}), [A, B], [D]),
    (finished(D), [], [D]),
])
def test_everything_that_an_engine_asks_for_is_named(recipe: Recipe, pictures: list[str], sequences: list[str]) -> None:
    assert ([*pictures_of(recipe)], [*sequences_of(recipe)]) == (pictures, sequences)


def test_weights_and_sequences_are_handed_through(tmp_path: Path) -> None:
    shelf = Shelf()
    file = tmp_path / "frames.mkv"
    file.write_bytes(b"frames")
    sequence, weights = shelf.put_frames(file), shelf.put_model(tmp_path)
    ahead = AheadSources(shelf)
    ahead.turn([finished(sequence)])
    assert (ahead.frames(sequence), ahead.model(weights)) == (file, tmp_path)
    ahead.close()
