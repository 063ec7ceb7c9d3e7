"""Inpainting with a UNet whose number of channels diffusers' own pipelines refuse."""

from typing import Any

import numpy as np
import torch
from PIL import Image

from studio.plan.recipes import ImageRecipe
from studio.render.engines.diffusers import DiffusersEngine
from studio.render.engines.sd15.masking import KeepOutside

from .shelf import Shelf, bench, drawn


class OneStepOfTwo:
    """As much of a pipeline as a callback sees."""

    num_timesteps = 2

    class scheduler:
        """Adds noise undiluted."""

        timesteps = torch.tensor([999, 600, 300])

        @staticmethod
        def add_noise(clean: Any, noise: Any, steps: Any) -> Any:
            """The step's number comes back in the values."""
            return clean + noise * steps[:, None, None, None]


def test_outside_the_mask_the_first_picture_stands_with_the_noise_of_the_next_step() -> None:
    """And without noise after the last; inside, what was drawn."""
    mask = torch.tensor([[[[0.0, 1.0]]]])
    keep = KeepOutside(torch.full((1, 6, 1, 2), 5.0), torch.ones(1, 6, 1, 2), mask)
    given = {"latents": torch.full((1, 6, 1, 2), -1.0)}
    first, last = (keep(OneStepOfTwo(), number, None, given)["latents"] for number in (0, 1))
    assert first[0, 0].tolist() == [[305.0, -1.0]]
    assert last[0, 5].tolist() == [[5.0, -1.0]]


def test_what_is_drawn_anew_joins_what_stands(shelf: Shelf) -> None:
    """The sky above a girl is drawn anew: below it she stands to the byte, and no line shows where they meet."""
    words = "1girl, solo, blonde hair, short hair, red hoodie, upper body, cel shading"
    engine, table = DiffusersEngine(), bench(shelf)

    def paint(**changes: Any) -> np.ndarray:
        recipe: ImageRecipe = drawn(steps=10, guidance=3.0, width=128, height=128, batch_size=1, **changes)
        return np.asarray(engine.render([recipe], table)[0].picture).astype(int)

    day = paint(prompt=f"{words}, sky")
    mask = Image.new("L", (128, 128))
    mask.paste(255, (0, 0, 128, 24))
    init = {
        "image": shelf.put_picture(Image.fromarray(day.astype(np.uint8))),
        "mask": shelf.put_picture(mask),
        "strength": 0.9,
    }
    again = paint(prompt=f"{words}, sky", init=init)
    assert (again[24:] == day[24:]).all()
    assert (again[:24] != day[:24]).any()
    across = [np.abs(picture[24] - picture[23]).mean() for picture in (again, day)]
    assert across[0] < across[1] + 12
