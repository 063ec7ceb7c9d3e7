"""Not-a-number is found, drawn again in fp32 for the guilty recipe alone, and told when that does not help."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from studio.errors import NotANumber
from studio.plan.recipes import ImageRecipe
from studio.render.engine import Bench, Rendered
from studio.render.engines.animatediff import AnimateDiffEngine
from studio.render.engines.diffusers import DiffusersEngine
from studio.render.engines.fake import FakeEngine
from studio.render.engines.spandrel import SpandrelEngine
from studio.render.farm import InProcessFarm
from studio.render.finite import in_fp32, numbers
from studio.render.model_cache import ModelCache

from .shelf import HOUSE_FOLDER, Shelf, bench, between, drawn, enlarged, gradient
from .weights import make_controlnet, make_upscaler

ENGINE = DiffusersEngine()


def altered(folder: Path, part: str, change: Callable[[dict[str, torch.Tensor]], object]) -> Path:
    """The house model with other weights in one part."""
    shutil.copytree(HOUSE_FOLDER, folder)
    file = folder / part / "diffusion_pytorch_model.safetensors"
    state = load_file(file)
    change(state)
    save_file(state, file, {"format": "pt"})
    return folder


def small(**changes: object) -> ImageRecipe:
    """One step, 32 pixels square: half precision is slow on a processor."""
    return drawn(**{"steps": 1, "width": 32, "height": 32, **changes})


def test_numbers_are_told_entry_by_entry() -> None:
    values = torch.zeros(3, 2, 2)
    values[0, 1, 1], values[2, 0, 0] = float("nan"), float("inf")
    assert numbers(values) == [False, True, False]


def test_half_precision_comes_back_to_the_bit() -> None:
    layer = torch.nn.Conv2d(3, 3, 3).half()
    layer.weight.data.view(-1)[:3] = torch.tensor([6e-8, 65504.0, float("inf")])
    before = layer.weight.data.clone()
    with in_fp32(layer):
        assert layer.weight.dtype == layer.bias.dtype == torch.float32
    assert layer.weight.dtype == torch.float16 and torch.equal(layer.weight, before)


@pytest.fixture(scope="module")
def glaring(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], ImageRecipe]:
    """Makes recipes with a ControlNet that overflows in half precision where its map is white, and never where it is black."""
    folder = make_controlnet(tmp_path_factory.mktemp("weights") / "net")
    file = folder / "diffusion_pytorch_model.safetensors"
    state = load_file(file)
    state["controlnet_cond_embedding.conv_in.weight"].fill_(3e4)
    state["controlnet_cond_embedding.conv_in.bias"].zero_()
    state["controlnet_cond_embedding.conv_out.weight"] *= 1e-6
    save_file(state, file, {"format": "pt"})
    net = shelf.put_model(folder)
    maps = {c: shelf.put_picture(Image.new("RGB", (32, 32), c)) for c in ("white", "black")}

    def make(colour: str, seed: int) -> ImageRecipe:
        return small(precision="fp16", seed=seed, controls=[{"model": net, "image": maps[colour]}])

    return make


def pixels(made: Rendered) -> bytes:
    assert made.picture is not None, made.error
    return made.picture.tobytes()


def test_only_the_guilty_recipe_is_drawn_again(shelf: Shelf, glaring: Callable[[str, int], ImageRecipe]) -> None:
    """Its bytes are its fp32 twin's, its neighbour's those of other company."""
    cache, guilty, innocent = ModelCache(), glaring("white", 1), glaring("black", 2)
    mixed = ENGINE.render([guilty, innocent], bench(shelf, cache=cache))
    assert [m.ladder for m in mixed] == [("nan: fp32",), ()]
    twin = ENGINE.render([guilty.model_copy(update={"precision": "fp32"})], bench(shelf, cache=cache))[0]
    alone = ENGINE.render([innocent], bench(shelf, cache=cache))[0]
    assert [pixels(m) for m in mixed] == [pixels(twin), pixels(alone)]
    assert [pixels(m) for m in ENGINE.render([innocent, guilty], bench(shelf, cache=cache))] == [pixels(alone), pixels(twin)]


def test_only_decoding_is_done_again_where_only_the_autoencoder_overflows(shelf: Shelf, tmp_path: Path) -> None:
    loud = altered(tmp_path / "loud", "vae", lambda state: state["decoder.conv_in.weight"].mul_(1e5))
    recipe = small(precision="fp16", model=shelf.put_model(loud))
    made = ENGINE.render([recipe], bench(shelf, cache=(cache := ModelCache())))[0]
    assert made.ladder == ("nan: vae-fp32",) and pixels(made)
    assert {key[2] for key in cache.keys()} == {"fp16"}  # noqa: SIM118 (a cache is no dict)
    again = ENGINE.render([recipe], bench(shelf, cache=cache))[0]
    assert (again.ladder, pixels(again)) == (made.ladder, pixels(made))


@pytest.mark.parametrize(("precision", "tried", "ladder"), [
    ("bf16", "not-a-number in bf16, and in fp32 too", ("nan: fp32",)), ("fp32", "not-a-number in fp32. The weights", ()),
])
def test_broken_weights_fail_and_say_what_to_look_at(
    shelf: Shelf, tmp_path: Path, precision: str, tried: str, ladder: tuple[str, ...]
) -> None:
    sick = altered(tmp_path / "sick", "unet", lambda state: state["conv_out.weight"].fill_(float("nan")))
    farm = InProcessFarm(ModelCache(), "cpu")
    results = list(farm.render([small(precision=precision, model=shelf.put_model(sick), seed=s) for s in (1, 2)], shelf))
    assert [(type(r.error), r.picture, r.ladder) for r in results] == [(NotANumber, None, ladder)] * 2
    text = str(results[0].error)
    assert str(sick) in text and "recipe.model" in text and tried in text and "sha256" in text


def test_no_room_for_fp32_is_told_as_that(shelf: Shelf, glaring: Callable[[str, int], ImageRecipe]) -> None:
    """And the neighbours stand."""
    asked: list[str] = []

    def claim(stage: str, pixels: int) -> None:
        """Room for the batch itself, none afterwards."""
        asked.append(stage)
        if asked.count("decode") > 1 or (stage == "denoise" and "decode" in asked):
            raise MemoryError

    recipes = [glaring("white", 1), glaring("black", 2)]
    guilty, innocent = ENGINE.render(recipes, Bench(shelf, ModelCache(), claim=claim))
    assert pixels(innocent) and innocent.ladder == ()
    assert isinstance(guilty.error, NotANumber) and "cannot be drawn in fp32: the device is full" in str(guilty.error)


def test_a_farm_does_not_pay_neighbours_twice(shelf: Shelf) -> None:
    """An engine that tells the guilty ones itself is not asked again for the others."""
    class Telling(FakeEngine):
        asked = 0

        def render(self, recipes, bench):  # type: ignore[no-untyped-def]
            self.asked += 1
            _first, *rest = super().render(recipes, bench)
            return [Rendered(error=NotANumber("none"), ladder=("nan: fp32",)), *rest]

    engine = Telling()
    one, other = InProcessFarm(ModelCache(), "cpu", engine_of=lambda _: engine).render(
        [drawn(engine="fake", seed=s) for s in (1, 2)], shelf)
    assert (engine.asked, one.ladder, other.ladder) == (1, ("nan: fp32",), ())
    assert one.error and other.picture and one.peak_bytes == other.peak_bytes == 0


def test_an_enlarger_that_overflows_enlarges_again_in_fp32(shelf: Shelf, tmp_path: Path) -> None:
    file = make_upscaler(tmp_path / "loud.safetensors")
    state = load_file(file)
    state["body.0.weight"] *= 1e5  # within half precision; what it gives is not
    state["body.2.weight"] *= 1e-5
    save_file(state, file)
    image, loud = shelf.put_picture(gradient(16, 16)), shelf.put_model(file)
    half, full = (enlarged(image, engine="spandrel", model=loud, precision=p) for p in ("fp16", "fp32"))
    at_half, at_full = bench(shelf), bench(shelf)
    assert pixels(SpandrelEngine().render([half], at_half)[0]) == pixels(SpandrelEngine().render([full], at_full)[0])
    assert (at_half.ladder, at_full.ladder) == (["nan: fp32"], [])
    state["body.0.weight"][0] = float("nan")
    save_file(state, file)
    with pytest.raises(NotANumber, match="loud.safetensors: .* in fp16, and in fp32 too"):
        SpandrelEngine().render([half], bench(shelf))


def test_a_sequence_that_overflows_is_drawn_again_in_fp32(shelf: Shelf, tmp_path: Path) -> None:
    """Where only decoding overflows, only that is done again. Nothing half-written is left."""
    ends = [shelf.put_picture(gradient(32, 32).rotate(turn)) for turn in (0, 180)]
    adapter = shelf.put_model(Path(__file__).parents[2] / "models" / "house-motion")

    def ask(part: str, change: Callable[[dict[str, torch.Tensor]], object], precision: str) -> Bench:
        folder = altered(tmp_path / f"{part}-{precision}", part, change)
        table = bench(shelf, scratch=tmp_path)
        AnimateDiffEngine().render([between(
            *ends, engine="animatediff", model=shelf.put_model(folder), adapter=adapter, sampler="ddim", steps=1, guidance=1.0,
            strength=1.0, frames=3, width=32, height=32, precision=precision)], table)
        return table

    assert ask("vae", lambda state: state["decoder.conv_in.weight"].mul_(1e5), "fp16").ladder == ["nan: vae-fp32"]
    files = set(tmp_path.glob("*.mkv"))
    with pytest.raises(NotANumber, match="unet-bf16: recipe.model: the sequence .* in bf16, and in fp32 too"):
        ask("unet", lambda state: state["conv_out.weight"].fill_(float("nan")), "bf16")
    assert set(tmp_path.glob("*.mkv")) == files
