"""Figures and backgrounds that were drawn apart: cut out, joined, drawn together."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from house.draw.picture import draw, figure_mask
from house.draw.scene import TONES, Scene, sample
from studio.errors import ModelError, RenderError
from studio.render.contract import check_engine
from studio.render.engines.diffusers import DiffusersEngine
from studio.render.engines.sd15.cutting import cut_out
from studio.render.engines.sd15.layering import lay

from .shelf import HOUSE_FOLDER, Shelf, bench, drawn, gradient

PLAIN = [
    sample(60_000 + number, background="simple background", tone=tone, style="cel shading", count=1,
           hair="white" if tone == "white" else "brown")
    for number, tone in enumerate([*TONES, *TONES])
]
"""Scenes of every tone; white hair on white is the hardest."""
SIZES = [128, (160, 104), (104, 160)]


def picture(scene: Scene, size: Any = 64) -> Image.Image:
    return Image.fromarray(draw(scene, size))


def overlap(cut: Image.Image, mask: np.ndarray) -> float:
    """Intersection over union."""
    found, wanted = np.asarray(cut) > 127, mask > 127
    return float((found & wanted).sum() / (found | wanted).sum())


def disc(side: int = 64) -> Image.Image:
    y, x = np.mgrid[:side, :side]
    return Image.fromarray((255 * ((x - side / 2) ** 2 + (y - side / 2) ** 2 < (side / 4) ** 2)).astype(np.uint8))


def layered(shelf: Shelf, **changes: Any) -> Any:
    """A figure over a gradient, its mask a disc."""
    init = {"image": shelf.put_picture(picture(PLAIN[1])), "ground": shelf.put_picture(gradient(64, 64)),
            "mask": shelf.put_picture(disc()), "feather": 3, "strength": 0.7, **changes.pop("init", {})}
    return drawn(init=init, **{"steps": 3, **changes})


def paint(recipe: Any, shelf: Shelf) -> np.ndarray:
    return np.asarray(DiffusersEngine().render([recipe], bench(shelf))[0].picture).astype(int)


def test_drawn_figures_are_cut_out_of_any_tone() -> None:
    masks = [(scene, SIZES[n % 3]) for n, scene in enumerate(PLAIN)]
    found = [overlap(cut_out(picture(scene, size)), figure_mask(scene, size)) for scene, size in masks]
    assert min(found) >= 0.9, found


def test_figures_are_cut_out_of_what_an_autoencoder_makes_of_them() -> None:
    from diffusers import AutoencoderKL

    vae = AutoencoderKL.from_pretrained(HOUSE_FOLDER / "vae", local_files_only=True).float().eval()
    found: list[float] = []
    for scene in PLAIN[3:6]:
        with torch.no_grad():
            pixels = torch.from_numpy(draw(scene, 128)).permute(2, 0, 1)[None] / 127.5 - 1
            back = vae.decode(vae.encode(pixels).latent_dist.mode()).sample[0].permute(1, 2, 0)
        again = Image.fromarray(((back / 2 + 0.5).clamp(0, 1) * 255).round().byte().numpy())
        found.append(overlap(cut_out(again), figure_mask(scene, 128)))
    assert min(found) >= 0.9, found


@pytest.mark.parametrize("unplain", [
    gradient(64, 64), Image.new("RGB", (64, 64), "white"),
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)),
    picture(sample(60_000, background="sunset", style="cel shading", count=1), 128),
], ids=["colourful", "empty", "noise", "sunset"])
def test_a_picture_without_a_figure_on_plain_ground_is_refused(unplain: Image.Image) -> None:
    with pytest.raises(RenderError, match="plain ground") as caught:
        cut_out(unplain)
    assert caught.value.field == "recipe.init.mask" and "mask picture" in str(caught.value.remedy)


def test_an_edge_runs_out_around_the_figure() -> None:
    hard, soft = (np.asarray(lay(picture(PLAIN[0]), gradient(64, 64), disc(), feather).mask) for feather in (0, 4))
    assert (hard == np.asarray(disc())).all()
    assert (soft[hard == 255] == 255).all()
    assert soft[32, 44:55].tolist() == sorted(soft[32, 44:55].tolist(), reverse=True)
    assert 0 < soft[32, 50] < 255 and soft[32, 53] == 0


def test_outside_the_mask_the_ground_stands_to_the_byte(shelf: Shelf) -> None:
    """And another figure changes nothing there."""
    one = paint(layered(shelf), shelf)
    other = paint(layered(shelf, init={"image": shelf.put_picture(picture(PLAIN[2]))}), shelf)
    outside = np.asarray(lay(gradient(64, 64), gradient(64, 64), disc(), 3).mask) == 0
    ground = np.asarray(gradient(64, 64)).astype(int)
    assert (one[outside] == ground[outside]).all() and (other[outside] == ground[outside]).all()
    assert (one[~outside] != other[~outside]).any()


def test_little_strength_pastes_the_figure(shelf: Shelf) -> None:
    inside, figure = np.asarray(disc()) > 0, np.asarray(picture(PLAIN[1])).astype(int)

    def change(**fields: Any) -> float:
        recipe = layered(shelf, guidance=1.0, prompt=PLAIN[1].caption(), **fields)
        return float(np.abs(paint(recipe, shelf) - figure)[inside].mean())

    little, anew = change(steps=50, init={"strength": 0.02}), change(steps=4, init={"strength": 1.0})
    assert little < anew / 3, (little, anew)  # what the autoencoder loses of so small a figure


def test_layers_keep_the_contract(shelf: Shelf) -> None:
    """Masks that are given, and masks that are cut."""
    check_engine(DiffusersEngine(), [layered(shelf, seed=seed, sampler="euler_a", prompt=words)
                                     for seed, words in ((1, "1boy"), (2, "1girl, beach"))], shelf)
    check_engine(DiffusersEngine(), [layered(shelf, init={"mask": None, "image": shelf.put_picture(picture(scene))})
                                     for scene in PLAIN[:2]], shelf)


def test_layers_are_grouped_by_all_but_their_pictures(shelf: Shelf) -> None:
    group = DiffusersEngine().group
    one = group(layered(shelf))
    assert one == group(layered(shelf, init=dict.fromkeys(("image", "ground", "mask"), "b" * 64)))
    over = drawn(steps=3, init={"image": "b" * 64, "mask": "c" * 64, "strength": 0.7})
    others = [layered(shelf, init=change) for change in ({"mask": None}, {"feather": 4}, {"strength": 0.8})]
    assert len({one, *(group(recipe) for recipe in (over, *others))}) == 5


@pytest.mark.parametrize(("change", "field"), [({"strength": 0.1}, "strength"), ({"feather": -1}, "feather")])
def test_layers_that_cannot_be_drawn_are_refused(shelf: Shelf, change: dict[str, Any], field: str) -> None:
    with pytest.raises(RenderError) as caught:
        DiffusersEngine().group(layered(shelf, init=change))
    assert caught.value.field == f"recipe.init.{field}"


def test_an_inpainting_model_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    """Its UNet takes the mask and the masked picture beside the latents."""
    folder = tmp_path / "inpainting"
    shutil.copytree(HOUSE_FOLDER, folder)
    config, weights = folder / "unet" / "config.json", folder / "unet" / "diffusion_pytorch_model.safetensors"
    settings, state = json.loads(config.read_text()), load_file(weights)
    settings["in_channels"] = 2 * settings["in_channels"] + 1
    state["conv_in.weight"] = torch.zeros(len(state["conv_in.weight"]), settings["in_channels"], 3, 3)
    config.write_text(json.dumps(settings))
    save_file(state, weights)
    with pytest.raises(ModelError, match="inpainting"):
        paint(layered(shelf, model=shelf.put_model(folder)), shelf)
