"""Every engine of the catalogue keeps the contract; three lines each."""

import pytest

from studio.errors import RenderError
from studio.render.contract import check_engine
from studio.render.engines.diffusers import DiffusersEngine
from studio.render.engines.fake import FakeEngine
from studio.render.engines.lanczos import LanczosEngine

from .shelf import BOY, GIRL, Shelf, bench, drawn, enlarged, faked, gradient


def test_fake_keeps_the_contract(shelf: Shelf) -> None:
    """Pictures and upscales."""
    check_engine(FakeEngine(), [faked(seed=s) for s in range(3)], shelf)
    images = [shelf.put_picture(gradient(8, n)) for n in (8, 16)]
    check_engine(FakeEngine(), [enlarged(i, engine="fake") for i in images], shelf)


def test_lanczos_keeps_the_contract(shelf: Shelf) -> None:
    """Without weights."""
    images = [shelf.put_picture(gradient(20, n)) for n in (10, 30)]
    check_engine(LanczosEngine(), [enlarged(i, scale=3) for i in images], shelf)


@pytest.mark.parametrize("sampler", ["euler_a", "dpmpp_sde", "dpmpp_2m", "lcm"])
def test_diffusers_keeps_the_contract(shelf: Shelf, sampler: str) -> None:
    """Stochastic samplers too: noise follows from a recipe's own seed; a long prompt leaves its neighbours alone."""
    words = [(GIRL, ""), (BOY, "bad hands"), (", ".join([GIRL] * 7), "")]
    check_engine(DiffusersEngine(), [drawn(sampler=sampler, prompt=p, negative=n, steps=3, seed=i)
                                     for i, (p, n) in enumerate(words)], shelf)


def test_diffusers_from_pictures_keeps_the_contract(shelf: Shelf) -> None:
    """First pictures and masks differ within one batch."""
    tall, wide = (shelf.put_picture(p) for p in (gradient(64, 64), gradient(64, 64).rotate(90)))
    check_engine(DiffusersEngine(), [drawn(init={"image": i, "mask": m, "strength": 0.7}, steps=3, sampler="euler_a")
                                     for i, m in ((tall, wide), (wide, tall))], shelf)


def test_the_contract_catches_an_engine_that_looks_at_its_neighbours(shelf: Shelf) -> None:
    """The kit itself is no rubber stamp."""
    from studio.render.engine import Rendered

    class Nosy(FakeEngine):
        def render(self, recipes, bench):  # type: ignore[no-untyped-def]
            return [Rendered(r.picture.rotate(90 * (len(recipes) - 1))) for r in super().render(recipes, bench)]

    with pytest.raises(AssertionError, match="the same alone and in a batch"):
        check_engine(Nosy(), [faked(seed=s) for s in range(2)], shelf)


def test_the_fake_fails_when_asked_to(shelf: Shelf) -> None:
    """So that others can try what happens then."""
    with pytest.raises(RenderError, match="asks the fake"):
        FakeEngine().render([faked(prompt="please fail!")], bench(shelf))
