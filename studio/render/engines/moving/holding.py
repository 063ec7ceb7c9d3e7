"""Holding: the model with its motion modules in memory, and how one gap's work is made to fit."""

import json
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from studio.errors import ModelError
from studio.plan.film_recipes import InbetweenRecipe
from studio.render.engine import Bench
from studio.render.engines.moving.adapters import AdapterFacts, adapter_facts
from studio.render.engines.moving.coding import AT_ONCE
from studio.render.engines.sd15.loading import (
    CONFIG,
    Held,
    config_beside,
    load_vae,
    pipe_on,
    read_model,
    refuse_pickle,
    torch_dtype,
)
from studio.render.ladder import Ladder, decode_rungs, sequence_rungs

SPLIT_FRAMES = 4
"""Frames that one spatial layer sees at once where inference is split."""
SPLIT_PLACES = 256
"""Places of the picture that one motion layer sees at once where inference is split."""


@dataclass
class Moving(Held):
    """A model whose UNet has motion modules between its layers; LoRAs and motion LoRAs are put on its pipeline."""

    gaps: dict[Hashable, "MotionLadders"] = field(default_factory=dict[Hashable, "MotionLadders"])
    """By group of recipes: which rungs held."""


class MotionLadders:
    """How one group of gaps is held in memory, stage by stage."""

    def __init__(self, recipe: InbetweenRecipe, device: str) -> None:
        offload = not device.startswith("cpu")
        window = min(recipe.window or recipe.frames, recipe.frames)
        self.denoise = Ladder(sequence_rungs(window, recipe.guidance > 1, recipe.precision == "fp32", offload))
        self.decode = Ladder(decode_rungs(AT_ONCE, offload))


def moving_key(recipe: InbetweenRecipe, bench: Bench) -> Hashable:
    """What decides the weights in memory."""
    return ("moving", recipe.model, recipe.adapter, recipe.precision, bench.device)


def lend_moving(recipe: InbetweenRecipe, bench: Bench) -> Moving:
    """The recipe's model with its adapter, from the cache or loaded. Raises ModelError."""
    assert recipe.model and recipe.adapter
    return bench.lend(moving_key(recipe, bench),
                      lambda model, adapter: load_moving(model, adapter, recipe.precision, bench.device),
                      recipe.model, recipe.adapter)


def lend_vae(recipe: InbetweenRecipe, bench: Bench) -> Any:
    """The recipe's own VAE."""
    assert recipe.vae
    return bench.lend(("vae", recipe.vae, recipe.precision, bench.device),
                      lambda path: load_vae(path, recipe.precision, bench.device), recipe.vae)


def unet_config(path: Path) -> dict[str, Any]:
    """The configuration of a model's UNet, without loading it: its own, or that of SD 1.5. Raises ModelError."""
    folder = path if path.is_dir() else config_beside(path) or CONFIG
    file = folder / "unet" / "config.json"
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError):
        raise ModelError("the model's unet/config.json cannot be read", file=file, field="unet",
                         remedy="Copy the whole model folder again") from None


def load_moving(path: Path, adapter: Path, precision: str, device: str) -> Moving:
    """The model at `path` with the adapter's motion modules, ready on `device`. Raises ModelError.

    It is put together in main memory, so that the device never holds the UNet twice.
    """
    library: Any = import_module("diffusers")
    plain = read_model(path, precision)
    motion = load_adapter(adapter, precision)
    try:
        unet = library.UNetMotionModel.from_unet2d(plain.unet, motion)
    except (RuntimeError, ValueError) as exc:
        first = (str(exc).splitlines() or [type(exc).__name__])[0][:300]
        raise ModelError(f"the adapter does not fit {path.name}: {first}", file=adapter, field="adapter",
                         remedy=f"Use an adapter that was trained for {path.name}") from exc
    pipe = library.AnimateDiffVideoToVideoPipeline(
        vae=plain.vae, text_encoder=plain.text_encoder, tokenizer=plain.tokenizer, unet=unet.eval().requires_grad_(False),
        motion_adapter=None, scheduler=plain.scheduler,
    )
    pipe.set_progress_bar_config(disable=True)
    return Moving(path, pipe_on(pipe, device))


def load_adapter(path: Path, precision: str) -> Any:
    """A MotionAdapter in main memory. Raises ModelError for a pickle, missing tensors or ones that belong nowhere."""
    library: Any = import_module("diffusers")
    refuse_pickle(path)
    facts = adapter_facts(path)
    try:
        if path.is_dir():
            return library.MotionAdapter.from_pretrained(path, dtype=torch_dtype(precision), local_files_only=True,
                                                         use_safetensors=True)
        beside = config_beside(path)
        made = library.MotionAdapter.from_config(library.MotionAdapter.load_config(str(beside), local_files_only=True)) \
            if beside else library.MotionAdapter(**_config(facts))
        missing, strange = made.load_state_dict(_renamed(path), strict=False)
    except MemoryError:
        raise
    except Exception as exc:
        first = (str(exc).splitlines() or [type(exc).__name__])[0][:300]
        raise ModelError(f"the adapter cannot be loaded: {first}", file=path, field="adapter",
                         remedy="Copy the file again; compare its sha256 with the card") from exc
    wrong = [*(n for n in missing if not n.endswith("pos_embed.pe")), *strange]  # positions are a formula, not weights
    if wrong:
        raise ModelError(f"{len(wrong)} tensors are missing or belong nowhere, the first is {wrong[0]}", file=path,
                         field="adapter", remedy="Copy the file again, or put the right config into NAME.config/ beside it")
    return made.to(torch_dtype(precision))


def _config(facts: AdapterFacts) -> dict[str, Any]:
    """What AnimateDiff's own files leave unsaid is as in AnimateDiff: eight heads, groups of 32."""
    return {"block_out_channels": facts.channels, "motion_layers_per_block": facts.layers, "motion_num_attention_heads": 8,
            "motion_norm_num_groups": 32, "motion_max_seq_length": facts.positions, "use_motion_mid_block": facts.version == "v2"}


def _renamed(path: Path) -> dict[str, Any]:
    """The file's tensors under diffusers' names."""
    rename = import_module("diffusers.loaders.single_file_utils").convert_animatediff_checkpoint_to_diffusers
    state = import_module("safetensors.torch").load_file(path)
    return rename({name.removeprefix("module."): tensor for name, tensor in state.items()})


@contextmanager
def split(unet: Any, on: bool) -> Generator[None]:
    """Layers see a few frames, or a few places, at a time; afterwards the UNet is as before."""
    if not on:
        yield
        return
    library: Any = import_module("diffusers.pipelines.free_noise_utils")
    splitter = library.AnimateDiffFreeNoiseMixin()
    splitter.unet = unet
    splitter.enable_free_noise_split_inference(SPLIT_PLACES, SPLIT_FRAMES)
    if not hasattr(unet.mid_block, "motion_modules"):  # a plain middle calls its layers in a way that diffusers cannot split
        _whole_again(unet.mid_block, library)
    try:
        yield
    finally:
        _whole_again(unet, library)


def _whole_again(module: Any, library: Any) -> None:
    """Every layer of `module` as it was before it was split."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, library.SplitInferenceModule):
                setattr(parent, name, child.module)
