"""LoRAs: put on and taken off a loaded model, which is bit-exact itself again afterwards."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from studio.errors import ModelError
from studio.plan.refs import LoraRef
from studio.render.engine import Bench
from studio.render.engines.sd15.loading import Held, refuse_pickle


def wear(held: Held, loras: tuple[LoraRef, ...], bench: Bench) -> None:
    """Leave `held` with exactly these LoRAs at these weights; none takes all off. Kept on between batches alike.

    Raises ModelError for a file that is no LoRA for this model; the model then wears none.
    """
    if held.worn == loras:
        return
    take_off(held)
    if not loras:
        return
    names = [f"lora{i}" for i in range(len(loras))]
    for name, lora in zip(names, loras, strict=True):
        path = bench.sources.model(lora.model)
        state = bench.lend(("lora", lora.model), _read, lora.model)
        _put_on(held, name, dict(state), path)
    held.pipe.set_adapters(names, [lora.weight for lora in loras])
    held.worn = loras


def take_off(held: Held) -> None:
    """Back to the base weights: peft's layers go, the original ones return untouched."""
    held.pipe.unload_lora_weights()
    held.worn = ()


def _put_on(held: Held, name: str, state: dict[str, Any], path: Path) -> None:
    try:
        held.pipe.load_lora_weights(state, adapter_name=name)
        fitted = any(name in adapters for adapters in held.pipe.get_list_adapters().values())
    except Exception as exc:
        take_off(held)
        raise ModelError(f"the LoRA does not fit {held.path.name}: {_first_line(exc)}", file=path, field="loras",
                         remedy="Use a LoRA that was trained for this model's architecture") from exc
    if not fitted:
        take_off(held)
        raise ModelError(f"no tensor of this LoRA belongs to a layer of {held.path.name}", file=path, field="loras",
                         remedy="Use a LoRA that was trained for this model's architecture")


def _read(path: Path) -> dict[str, Any]:
    refuse_pickle(path)
    try:
        return {motion_name(name): tensor for name, tensor in import_module("safetensors.torch").load_file(path).items()}
    except Exception as exc:
        raise ModelError(f"the LoRA cannot be read: {_first_line(exc)}", file=path,
                         remedy="Copy the file again; compare its sha256 with the card") from exc


def motion_name(name: str) -> str:
    """A tensor's name as diffusers has it, where it is AnimateDiff's name of a motion LoRA's; any other stays as it is."""
    if "motion_modules" not in name or "attention_blocks" not in name:
        return name
    name = name.replace(".temporal_transformer", "").removeprefix("module.").removeprefix("unet.")
    name = re.sub(r"attention_blocks\.(\d)", lambda block: f"attn{int(block[1]) + 1}", name).replace(".processor.", ".")
    name = re.sub(r"to_(\w+?)_lora\.", lambda part: f"to_{part[1]}{'.0' if part[1] == 'out' else ''}.", name)
    return "unet." + name.replace(".down.weight", ".lora_A.weight").replace(".up.weight", ".lora_B.weight")


def _first_line(exc: Exception) -> str:
    return (str(exc).splitlines() or [type(exc).__name__])[0][:300]
