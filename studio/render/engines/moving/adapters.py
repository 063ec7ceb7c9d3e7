"""Motion adapters and motion LoRAs by their headers: version, positions, shape. No tensor is read and nothing heavy imported.

Versions are told apart as ComfyUI/AnimateDiff-Evolved does: a middle block is v2, else 32 positions in an adapter of four
blocks are v3, else it is v1. File names say nothing.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from studio.errors import ModelError
from studio.plan.models import read_header, weight_files

Version = Literal["v1", "v2", "v3"]
Shapes = dict[str, tuple[int, ...]]

_POSITIONS = re.compile(r"\.(pos_encoder|pos_embed)\.pe$")
_DOWN = re.compile(r"down_blocks\.(\d+)\.motion_modules\.(\d+)\.")
_IN = re.compile(r"motion_modules\.0\.(temporal_transformer\.)?proj_in\.weight$")
_SECOND = re.compile(r"(attention_blocks\.1|attn2)\.to_k\.weight$")
_LORA_DOWN = re.compile(r"(?:lora_A|lora\.down|lora_down|_lora\.down)\.weight$")


@dataclass(frozen=True)
class AdapterFacts:
    """What a motion adapter's header says."""

    version: Version
    positions: int
    """Frames that its position encoding tells apart: the longest window."""
    channels: tuple[int, ...]
    """Per block of the UNet that it fits, outermost first."""
    layers: int
    """Motion modules in each block on the way down."""


def adapter_facts(path: Path) -> AdapterFacts:
    """Facts of a diffusers MotionAdapter folder, or of one file in AnimateDiff's or diffusers' names.

    Raises ModelError for a file that is no motion adapter, one that needs more than frames and words, or a folder whose
    config.json and weights say different things.
    """
    shapes = _shapes(path)
    channels = _channels(shapes)
    if not channels:
        raise ModelError("this is no motion adapter (no tensor belongs to a motion module)", file=path, field="architecture",
                         remedy="Name AnimateDiff's motion weights, or set the card's architecture to what the file is")
    if any(name.startswith("conv_in.") for name in shapes):
        raise ModelError("this adapter wants pictures beside the latents (conv_in, as PIA has)", file=path, field="conv_in",
                         remedy="Use a motion adapter without an input layer of its own")
    _refuse_text(shapes, path)
    found = [shape[1] for name, shape in shapes.items() if _POSITIONS.search(name) and len(shape) == 3]
    positions = _agreed(path, channels, min(found, default=0))
    four = len(channels) == 4
    middle = any(name.startswith("mid_block.") for name in shapes)
    version: Version = "v2" if middle else "v3" if four and positions == 32 else "v1"
    layers = 1 + max(int(m[2]) for name in shapes if (m := _DOWN.search(name)) and m[1] == "0")
    return AdapterFacts(version, positions, channels, layers)


def check_adapter(path: Path, unet: dict[str, Any], model: Path, window: int) -> AdapterFacts:
    """The adapter's facts, once it fits a UNet of this configuration and reaches over `window` frames.

    Raises ModelError naming both files, or the field and both numbers.
    """
    facts = adapter_facts(path)
    wanted = tuple(int(n) for n in unet["block_out_channels"])
    if facts.channels != wanted:
        family = " (SDXL)" if facts.channels == (320, 640, 1280) else ""
        raise ModelError(f"the adapter's channels are {list(facts.channels)}{family}, those of {model.name} {list(wanted)}",
                         file=path, field="block_out_channels", remedy=f"Use an adapter that was trained for {model.name}")
    layers = unet.get("layers_per_block", 2)
    if facts.layers != (layers[0] if isinstance(layers, list) else layers):
        raise ModelError(f"the adapter has {facts.layers} motion modules a block, {model.name} {layers} layers", file=path,
                         field="layers_per_block", remedy=f"Use an adapter that was trained for {model.name}")
    if window > facts.positions:
        raise ModelError(f"a window of {window} frames is longer than this {facts.version} adapter's {facts.positions} positions",
                         file=path, field="window", remedy=f"Set the preset's motion window to {facts.positions} or less")
    return facts


def check_motion_lora(path: Path, adapter: Path, facts: AdapterFacts) -> None:
    """Raises ModelError for a LoRA without motion modules, or one of another version or width than the adapter."""
    shapes = _shapes(path)
    if not any("motion_modules" in name for name in shapes):
        raise ModelError("this is no motion LoRA (no tensor belongs to a motion module)", file=path, field="motion_loras",
                         remedy="Put a LoRA for pictures under the preset's loras instead")
    if facts.version != "v2" and any("mid_block." in name for name in shapes):
        raise ModelError(f"this motion LoRA is for v2 (it has a middle block), {adapter.name} is {facts.version}", file=path,
                         field="motion_loras", remedy="Use a v2 adapter, or a motion LoRA of the adapter's version")
    for name, shape in shapes.items():
        block = re.search(r"down_blocks\.(\d+)\.motion_modules", name)
        if block is None or not _LORA_DOWN.search(name) or ".ff." in name:
            continue
        wanted = facts.channels[int(block[1])] if int(block[1]) < len(facts.channels) else 0
        if shape[1] != wanted:
            raise ModelError(f"block {block[1]} of this motion LoRA is {shape[1]} wide, that of {adapter.name} {wanted}",
                             file=path, field="motion_loras", remedy="Use a motion LoRA that was trained for this adapter")


def _shapes(path: Path) -> Shapes:
    """Names (without a leading `module.`) and shapes of all tensors of a file or folder."""
    shapes: Shapes = {}
    for file in weight_files(path):
        for name, tensor in read_header(file).items():
            shapes[name.removeprefix("module.")] = tuple(cast("list[int]", tensor["shape"]))
    return shapes


def _channels(shapes: Shapes) -> tuple[int, ...]:
    found = {int(m[1]): shape[0] for name, shape in shapes.items() if (m := _DOWN.search(name)) and _IN.search(name)}
    return tuple(found[i] for i in sorted(found))


def _refuse_text(shapes: Shapes, path: Path) -> None:
    """Raises ModelError for motion modules whose second attention reads something else than frames."""
    for name, shape in shapes.items():
        if _SECOND.search(name) and shape[0] != shape[1]:
            raise ModelError(f"the adapter's second attention reads {shape[1]} values where its frames have {shape[0]}: it "
                             "attends to text, which AnimateDiff's motion modules do not", file=path, field="cross_attention_dim",
                             remedy="Use an AnimateDiff motion adapter for SD 1.x")


def _agreed(path: Path, channels: tuple[int, ...], positions: int) -> int:
    """Positions by weights and, for a folder, configuration, which may not contradict each other."""
    if path.is_dir():
        try:
            config: dict[str, Any] = json.loads((path / "config.json").read_text())
        except (OSError, ValueError):
            raise ModelError("the folder has no readable config.json, so it is no diffusers motion adapter", file=path,
                             remedy="Copy the whole adapter folder again") from None
        said = int(config.get("motion_max_seq_length", positions))
        _refuse_difference(path, "motion_max_seq_length", said, positions or said)
        _refuse_difference(path, "block_out_channels", config.get("block_out_channels", list(channels)), list(channels))
        positions = positions or said
    if positions < 2:
        raise ModelError("the adapter has no position encoding, so nothing says how many frames it knows", file=path,
                         field="pos_encoder", remedy="Use the adapter as a diffusers folder, whose config.json says it")
    return positions


def _refuse_difference(path: Path, field: str, said: object, found: object) -> None:
    if said != found:
        raise ModelError(f"config.json says {said}, the weights {found}", file=path, field=field,
                         remedy="Copy config.json and weights again, both of one adapter")
