"""Control of a gap: one map per frame, kept in a file so that a long gap costs no memory, and the ControlNet that reads it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.errors import ModelError, RenderError
from studio.plan.film_recipes import InbetweenRecipe, SequenceRef
from studio.record import canonical_json
from studio.render.engine import Bench
from studio.render.engines.moving.coding import spool
from studio.render.engines.sd15.loading import load_controlnet
from studio.store.frames import count_frames, read_frames

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Control:
    """A ControlNet with the maps of one gap."""

    ref: SequenceRef
    net: Any
    maps: "np.ndarray"
    """(frames, height, width, 3) uint8, in a file."""

    def residuals(self, noisy: Any, t: Any, states: Any, start: int, passes: int, done: float, ahead: float) -> dict[str, Any]:
        """What the ControlNet adds to the UNet for frames from `start` on; nothing outside its share of the steps.

        noisy: (passes * frames, channels, h, w). states: words, one per row. done, ahead: share of the steps before and after
        this one.
        """
        import numpy as np
        import torch

        if done < self.ref.start or ahead > self.ref.end:
            return {}
        frames = len(noisy) // passes
        shown = torch.from_numpy(np.ascontiguousarray(self.maps[start : start + frames])).permute(0, 3, 1, 2)
        shown = shown.to(noisy.device).to(self.net.dtype) / 255
        down, mid = self.net(noisy, t, encoder_hidden_states=states, controlnet_cond=torch.cat([shown] * passes),
                             conditioning_scale=self.ref.weight, return_dict=False)
        return {"down_block_additional_residuals": down, "mid_block_additional_residual": mid}


def open_control(recipe: InbetweenRecipe, unet: Any, bench: Bench) -> Control | None:
    """The recipe's control, its maps at the recipe's size.

    Raises ModelError for a ControlNet of another architecture, RenderError unless there is one map per frame.
    """
    if recipe.control is None:
        return None
    path = bench.sources.model(recipe.control.model)
    key = ("controlnet", recipe.control.model, recipe.precision, bench.device)
    net = bench.lend(key, lambda near: load_controlnet(near, recipe.precision, bench.device), recipe.control.model)
    for field in ("cross_attention_dim", "block_out_channels", "layers_per_block"):
        here, wanted = (canonical_json(getattr(config, field)) for config in (net.config, unet.config))
        if here != wanted:
            raise ModelError(f"the ControlNet's {field} is {here}, the model's is {wanted}", file=path, field="control",
                             remedy="Use a ControlNet that was trained for this model's architecture")
    return Control(recipe.control, net, _maps(recipe, recipe.control, bench))


def _maps(recipe: InbetweenRecipe, control: SequenceRef, bench: Bench) -> "np.ndarray":
    file = bench.sources.frames(control.frames)
    count = count_frames(file)
    if count != recipe.frames:
        raise RenderError(f"there are {count} control maps for {recipe.frames} frames", field="control.frames",
                          remedy="Give one map per drawing of the gap")
    maps = (_sized(frame, recipe.width, recipe.height) for frame in read_frames(file))
    return spool(maps, (recipe.frames, recipe.height, recipe.width, 3), bench.scratch)


def _sized(frame: "np.ndarray", width: int, height: int) -> "np.ndarray":
    import cv2
    import numpy as np

    if frame.shape[:2] == (height, width):
        return frame
    return np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA))
