"""Inbetweens by a motion adapter: the contract, what is refused before drawing, anchored ends, windows, memory."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.errors import GengaError, ModelError, OutOfMemory, RenderError
from studio.plan.film_recipes import InbetweenRecipe
from studio.plan.refs import LoraRef
from studio.render.contract import check_engine
from studio.render.engine import Bench
from studio.render.engines.animatediff import AnimateDiffEngine
from studio.render.engines.fake import SmallDevice
from studio.render.engines.moving.adapters import adapter_facts
from studio.render.model_cache import ModelCache
from studio.store.frames import read_frames, write_frames

from .adapters import make_adapter, make_motion_lora
from .shelf import GIRL, HOUSE, Shelf, bench, between, gradient
from .weights import make_controlnet, make_lora, make_vae

ADAPTER = Path(__file__).parents[2] / "models" / "house-motion"
ENGINE = AnimateDiffEngine()
Refused = Callable[..., None]


@pytest.fixture(scope="module")
def ends(shelf: Shelf) -> tuple[str, str]:
    """Two keyframes, 64 pixels square."""
    return shelf.put_picture(gradient(64, 64)), shelf.put_picture(gradient(64, 64).rotate(180))


@pytest.fixture(scope="module")
def cache() -> ModelCache:
    """Weights are loaded once for all tests here."""
    return ModelCache()


def gap(shelf: Shelf, ends: tuple[str, str], **changes: Any) -> InbetweenRecipe:
    """Five frames in two steps on the house weights."""
    fields: dict[str, Any] = {
        "engine": "animatediff", "model": HOUSE, "adapter": shelf.put_model(ADAPTER), "prompt": GIRL, "sampler": "ddim",
        "steps": 2, "guidance": 4.0, "strength": 1.0, "window": 16, "stride": 8, "seed": 7,
    }
    return between(*ends, **{**fields, **changes})


def draw(recipe: InbetweenRecipe, bench: Bench) -> np.ndarray:
    """(frames, height, width, 3)."""
    [made] = ENGINE.render([recipe], bench)
    assert made.frames is not None
    return np.stack(list(read_frames(made.frames)))


@pytest.fixture
def table(shelf: Shelf, cache: ModelCache, tmp_path: Path) -> Bench:
    """A bench with room."""
    return bench(shelf, cache=cache, scratch=tmp_path)


def small(table: Bench, denoise: int | None = None, decode: int | None = None) -> Bench:
    """The same bench with little room."""
    return Bench(table.sources, table.cache, scratch=table.scratch, claim=SmallDevice(denoise, decode).claim)


def test_animatediff_keeps_the_contract(shelf: Shelf, ends: tuple[str, str]) -> None:
    check_engine(ENGINE, [gap(shelf, ends, seed=s, prompt=p) for s, p in ((1, GIRL), (2, ", ".join([GIRL] * 7)))], shelf)


@pytest.mark.parametrize("sampler", ["euler_a", "dpmpp_sde", "lcm"])
@pytest.mark.parametrize("seed_mode", ["one", "per_frame"])
def test_samplers_that_draw_noise_on_the_way_follow_the_seed(
    shelf: Shelf, ends: tuple[str, str], table: Bench, sampler: str, seed_mode: str
) -> None:
    recipe = gap(shelf, ends, frames=3, sampler=sampler, seed_mode=seed_mode)
    again, other = draw(recipe, table), draw(recipe.model_copy(update={"seed": 99}), table)
    assert np.array_equal(draw(recipe, table), again)
    assert not np.array_equal(again, other)


def test_a_frame_beside_a_keyframe_is_nearer_to_it_when_the_ends_are_anchored(
    shelf: Shelf, ends: tuple[str, str], table: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.render.engines.moving import drawing

    recipe = gap(shelf, ends, steps=6, strength=0.7)

    def jumps(made: np.ndarray) -> float:
        return float(np.abs(made[[1, -2]].astype(int) - made[[0, -1]]).mean())

    anchored, make = draw(recipe, table), drawing.make_anchors
    monkeypatch.setattr(drawing, "make_anchors", lambda held, *rest: make([0.0] * len(held), *rest))
    assert jumps(anchored) < jumps(draw(recipe, table))


def test_a_gap_of_two_keyframes_is_just_these(shelf: Shelf, ends: tuple[str, str], table: Bench) -> None:
    made = draw(gap(shelf, ends, frames=2), table)
    assert [frame.tobytes() for frame in made] == [shelf.picture(end).tobytes() for end in ends]


class TestRefused:
    """Before anything is loaded: the cache stays empty."""

    @pytest.fixture
    def refused(self, shelf: Shelf, ends: tuple[str, str], tmp_path: Path) -> Refused:
        """Asks for a gap with these changes, and for the error that it gives."""

        def ask(match: str, error: type[GengaError] = ModelError, between: tuple[str, str] = ends, **changes: Any) -> None:
            idle = bench(shelf, scratch=tmp_path)
            with pytest.raises(error, match=match):
                ENGINE.render([gap(shelf, between, **changes)], idle)
            assert idle.cache.stats.misses == 0

        return ask

    def test_a_window_beyond_the_adapters_positions_names_file_and_both_numbers(
        self, shelf: Shelf, refused: Refused, tmp_path: Path
    ) -> None:
        refused("house-motion: window: a window of 33 frames is longer than this v3 adapter's 32 positions", frames=40, window=33)
        refused("40 frames .* 32 positions", frames=40, window=0)
        one = shelf.put_model(make_adapter(tmp_path / "mm_sd_v15_v2.safetensors"))  # the name lies
        refused("25 frames .* this v1 adapter's 24 positions", frames=40, window=25, adapter=one)

    @pytest.mark.parametrize("channels", [(320, 640, 1280), (320, 640, 1280, 1280)])
    def test_an_adapter_of_another_base_is_refused_with_both_shapes(
        self, shelf: Shelf, refused: Refused, tmp_path: Path, channels: tuple[int, ...]
    ) -> None:
        foreign = shelf.put_model(make_adapter(tmp_path / "foreign.safetensors", channels=channels, bare=True))
        refused(r"\[320, 640, 1280.*those of house \[64, 96, 128, 192\]", adapter=foreign)

    def test_an_adapter_that_reads_text_is_refused(self, shelf: Shelf, refused: Refused, tmp_path: Path) -> None:
        reads = shelf.put_model(make_adapter(tmp_path / "a.safetensors", text=48))
        refused("reads 48 values where its frames have 64", adapter=reads)

    def test_weights_that_are_no_adapter_are_refused(self, shelf: Shelf, refused: Refused, tmp_path: Path) -> None:
        refused("no motion adapter", adapter=shelf.put_model(make_lora(tmp_path / "l.safetensors")))
        broken = make_adapter(tmp_path / "cut.safetensors")
        broken.write_bytes(broken.read_bytes()[:-100])
        refused("truncated", adapter=shelf.put_model(broken))

    def test_motion_loras_of_another_version_or_width_and_other_loras_are_refused(
        self, shelf: Shelf, refused: Refused, tmp_path: Path
    ) -> None:
        for file, match in (
            (make_motion_lora(tmp_path / "a.safetensors", middle=True), "is for v2 .*house-motion is v3"),
            (make_motion_lora(tmp_path / "b.safetensors", channels=(320, 640, 1280, 1280)), "320 wide, that of house-motion 64"),
            (make_lora(tmp_path / "c.safetensors"), "no motion LoRA"),
        ):
            refused(match, motion_loras=(LoraRef(model=shelf.put_model(file), weight=1),))

    def test_keyframes_of_another_size_are_refused(self, shelf: Shelf, ends: tuple[str, str], refused: Refused) -> None:
        large = shelf.put_picture(gradient(128, 64))
        refused("the last keyframe is 128x64, the recipe asks for 64x64", RenderError, (ends[0], large))

    @pytest.mark.parametrize(("changes", "match"), [
        ({"motion_loras": (LoraRef(model=HOUSE, weight=1),) * 3}, "3 motion LoRAs are more than the two"),
        ({"adapter": None}, "needs an adapter"),
        ({"width": 60}, "60 is no multiple of 8"),
        ({"strength": 0.1}, "leaves no step to do"),
        ({"frames": 40, "stride": 16}, "share none at a stride of 16"),
        ({"window": 1}, "shows no motion"),
        ({"overlap": 0.9}, "no share of a window"),
    ])
    def test_numbers_that_mean_nothing_are_refused(self, refused: Refused, changes: dict[str, Any], match: str) -> None:
        refused(match, RenderError, **changes)


def test_versions_are_read_from_headers_and_never_from_names(tmp_path: Path) -> None:
    found = [adapter_facts(make_adapter(tmp_path / f"v3_sdxl_{n}.safetensors", p, m, prefix=x))
             for n, (p, m, x) in enumerate(((24, False, "module."), (32, True, ""), (32, False, "")))]
    assert [(f.version, f.positions, f.layers) for f in found] == [("v1", 24, 1), ("v2", 32, 1), ("v3", 32, 1)]
    assert adapter_facts(ADAPTER) == found[2]


def test_a_folder_whose_config_contradicts_its_weights_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(ADAPTER, tmp_path / "adapter")
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace('"motion_max_seq_length": 32', '"motion_max_seq_length": 64'))
    with pytest.raises(ModelError, match="motion_max_seq_length: config.json says 64, the weights 32"):
        adapter_facts(folder)


def test_files_of_animatediff_itself_and_their_motion_loras_draw(
    shelf: Shelf, ends: tuple[str, str], table: Bench, tmp_path: Path
) -> None:
    two = shelf.put_model(make_adapter(tmp_path / "a.safetensors", positions=32, middle=True))
    plain = gap(shelf, ends, adapter=two, frames=4)
    lora = LoraRef(model=shelf.put_model(make_motion_lora(tmp_path / "m.safetensors", middle=True)), weight=1)
    without = draw(plain, table)
    assert not np.array_equal(draw(plain.model_copy(update={"motion_loras": (lora,)}), table), without)
    assert np.array_equal(draw(plain, table), without)


def test_loras_control_and_another_vae_each_change_the_frames(
    shelf: Shelf, ends: tuple[str, str], table: Bench, tmp_path: Path
) -> None:
    recipe = gap(shelf, ends)
    maps = tmp_path / "maps.mkv"
    write_frames(maps, (np.full((64, 64, 3), 50 * i, np.uint8) for i in range(5)), 8)
    control = {"model": shelf.put_model(make_controlnet(tmp_path / "net")), "frames": shelf.put_frames(maps)}
    lora = LoraRef(model=shelf.put_model(make_lora(tmp_path / "l.safetensors")), weight=1)
    vae = shelf.put_model(make_vae(tmp_path / "vae"))
    each: list[dict[str, Any]] = [{}, {"loras": (lora,)}, {"control": control}, {"vae": vae}, {"seed_mode": "per_frame"}]
    made = [draw(InbetweenRecipe(**{**recipe.model_dump(), **changes}), table) for changes in each]
    assert len({m.tobytes() for m in made}) == len(made)
    with pytest.raises(RenderError, match="5 control maps for 6 frames"):
        draw(InbetweenRecipe(**{**recipe.model_dump(), "frames": 6, "control": control}), table)


@pytest.mark.parametrize("overlap", [0.0, 0.2])
def test_forty_frames_are_drawn_in_windows_and_hold_no_more_than_one(
    shelf: Shelf, ends: tuple[str, str], table: Bench, overlap: float
) -> None:
    held: dict[str, int] = {}
    table.claim = lambda stage, pixels: held.update({stage: max(pixels, held.get(stage, 0))})
    made = draw(gap(shelf, ends, frames=40, steps=1, overlap=overlap), table)
    assert len(made) == 40 and held == {"encode": 8 * 64 * 64, "denoise": 2 * 16 * 64 * 64, "decode": 8 * 64 * 64}


def test_a_small_device_draws_in_smaller_pieces_and_says_how(shelf: Shelf, ends: tuple[str, str], table: Bench) -> None:
    recipe = gap(shelf, ends, frames=12, steps=1, guidance=3.0)
    shorter, apart, tight = small(table, 16 * 64 * 64), small(table, 8 * 64 * 64, 64 * 64), small(table, 4 * 64 * 64, 32 * 32)
    whole, *made = (draw(recipe, b) for b in (table, shorter, apart, tight))
    assert table.ladder == []
    assert shorter.ladder == ["window-8"]
    assert apart.ladder == ["window-8", "guidance-apart", "decode-one"]
    # encoding begins where decoding held before
    assert tight.ladder == ["decode-one", "window-8", "guidance-apart", "precision-bf16", "split", "decode-tiles"]
    assert all(abs(whole.astype(int) - frames).mean() < 12 for frames in made)
    with pytest.raises(OutOfMemory, match="tried: window-8, guidance-apart, precision-bf16, split"):
        draw(recipe, small(table, 1))


def test_what_the_ladder_did_is_undone(shelf: Shelf, ends: tuple[str, str], table: Bench) -> None:
    recipe, tight = gap(shelf, ends), small(table, 4 * 64 * 64, 32 * 32)
    before = draw(recipe, table)
    draw(recipe.model_copy(update={"frames": 6}), tight)
    assert tight.ladder == ["guidance-apart", "precision-bf16", "split", "decode-one", "decode-tiles"]
    assert np.array_equal(draw(recipe, table), before)


def test_a_long_prompt_and_a_short_negative_meet(shelf: Shelf, ends: tuple[str, str], table: Bench) -> None:
    assert len(draw(gap(shelf, ends, prompt=", ".join([GIRL] * 7), negative="bad", frames=3), table)) == 3

