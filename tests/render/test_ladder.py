"""The memory ladder is climbed in order, remembered and told."""

import pytest

from studio.errors import OutOfMemory
from studio.render.engines.diffusers import DiffusersEngine
from studio.render.engines.fake import SmallDevice
from studio.render.ladder import Footing, Ladder, decode_rungs, denoise_rungs, is_out_of_memory

from .shelf import Shelf, bench, drawn


def test_what_changes_least_is_tried_first() -> None:
    """Tiles for decoding, smaller batches for denoising, offload last and only from a device."""
    assert [r.name for r in decode_rungs(4, offload=True)] == ["", "decode-one", "decode-tiles", "offload"]
    assert [r.name for r in denoise_rungs(4, offload=True)] == ["", "batch-2", "batch-1", "offload"]
    assert [r.name for r in decode_rungs(1, offload=False)] == ["", "decode-tiles"]
    assert [r.name for r in denoise_rungs(1, offload=False)] == [""]


def test_the_rung_that_held_is_told_and_kept() -> None:
    """The next batch like it starts where this one found room."""
    ladder, tried, relieved = Ladder(denoise_rungs(8, offload=False)), list[Footing](), list[int]()

    def attempt(footing: Footing) -> str:
        tried.append(footing)
        if footing.batch > 2:
            raise MemoryError
        return "drawn"

    for _ in range(2):
        taken: list[str] = []
        assert ladder.climb(attempt, taken, lambda: relieved.append(1)) == "drawn"
        assert taken == ["batch-4", "batch-2"]
    assert [f.batch for f in tried] == [8, 4, 2, 2]
    assert len(relieved) == 2


def test_the_end_of_the_ladder_names_what_was_tried() -> None:
    """The last word says what a person can do."""

    def full(_: Footing) -> None:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    with pytest.raises(OutOfMemory, match="tried: batch-1.*batch_size"):
        Ladder(denoise_rungs(2, offload=False)).climb(full, [], lambda: None)


def test_other_errors_are_no_matter_of_memory() -> None:
    """A mistake is passed on at once."""

    def wrong(_: Footing) -> None:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        Ladder(denoise_rungs(2, offload=False)).climb(wrong, [], lambda: None)


def test_torchs_own_errors_are_known() -> None:
    """The GPU's class and the words of the CPU's allocator."""
    import torch

    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_a_small_device_draws_the_same_picture_in_pieces(shelf: Shelf) -> None:
    """With room for one picture of two, or a quarter of one, the rungs are told and the picture stays the picture."""
    import numpy as np

    engine, recipes = DiffusersEngine(), [drawn(width=128, height=128, seed=s) for s in (1, 2)]
    roomy, small = bench(shelf), bench(shelf, claim=SmallDevice(denoise=128 * 128, decode=64 * 64).claim)
    one = bench(shelf, claim=SmallDevice(denoise=128 * 128, decode=128 * 128).claim)
    whole, singly, pieces = (
        np.stack([np.asarray(r.picture, dtype=int) for r in engine.render(recipes, b)]) for b in (roomy, one, small)
    )
    assert (roomy.ladder, one.ladder) == ([], ["batch-1", "decode-one"])
    assert small.ladder == ["batch-1", "decode-one", "decode-tiles"]
    assert abs(whole - singly).max() <= 1
    assert abs(whole - pieces).mean() < 12


def test_tiles_leave_the_vae_as_it_was(shelf: Shelf) -> None:
    """After a batch in tiles, one with room is bit-exact again."""
    engine, recipe = DiffusersEngine(), drawn(width=128, height=128)
    roomy = bench(shelf)
    before = engine.render([recipe], roomy)[0].picture.tobytes()
    # another group on the same weights climbs to tiles
    tight = bench(shelf, cache=roomy.cache, claim=SmallDevice(decode=64 * 64).claim)
    engine.render([recipe.model_copy(update={"steps": 3})], tight)
    assert tight.ladder == ["decode-one", "decode-tiles"]
    assert engine.render([recipe], roomy)[0].picture.tobytes() == before


def test_a_device_with_no_room_at_all_says_so(shelf: Shelf) -> None:
    """The whole ladder is climbed, then OutOfMemory."""
    with pytest.raises(OutOfMemory, match="tried: batch-1"):
        DiffusersEngine().render([drawn()], bench(shelf, claim=SmallDevice(denoise=1).claim))
