"""Makers of motion adapters and motion LoRAs with random weights, in AnimateDiff's own names, shaped for the house model."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from .weights import noise

HOUSE_CHANNELS = (64, 96, 128, 192)


def make_adapter(file: Path, positions: int = 24, middle: bool = False, channels: tuple[int, ...] = HOUSE_CHANNELS,
                 text: int | None = None, prefix: str = "", bare: bool = False) -> Path:
    """v1 as it is; `middle` makes v2, 32 positions v3. text: width of a second attention that reads words.

    bare: only the tensors that tell what the adapter is, so that large shapes make small files.
    """
    places = [(f"down_blocks.{i}", width, 1) for i, width in enumerate(channels)]
    places += [(f"up_blocks.{i}", width, 2) for i, width in enumerate(reversed(channels))]
    places += [("mid_block", channels[-1], 1)] if middle else []
    state: dict[str, torch.Tensor] = {}
    for block, width, modules in places:
        for module in range(modules):
            name = f"{prefix}{block}.motion_modules.{module}.temporal_transformer"
            made = _told(width, positions) if bare else _module(width, positions, text)
            state |= {f"{name}.{key}": value for key, value in made.items()}
    save_file(state, file)
    return file


def _told(width: int, positions: int) -> dict[str, torch.Tensor]:
    return {"proj_in.weight": torch.zeros(width, 1),
            "transformer_blocks.0.attention_blocks.0.pos_encoder.pe": torch.zeros(1, positions, width)}


def _module(width: int, positions: int, text: int | None) -> dict[str, torch.Tensor]:
    state = {"norm.weight": torch.ones(width), "norm.bias": torch.zeros(width)}
    for name in ("proj_in", "proj_out"):
        state |= {f"{name}.weight": noise(width, width, scale=0.02), f"{name}.bias": torch.zeros(width)}
    block = "transformer_blocks.0"
    for i in range(2):
        attention, read = f"{block}.attention_blocks.{i}", text if text and i == 1 else width
        for name, inputs in (("to_q", width), ("to_k", read), ("to_v", read), ("to_out.0", width)):
            state[f"{attention}.{name}.weight"] = noise(width, inputs, scale=0.05)
        state |= {f"{attention}.to_out.0.bias": torch.zeros(width),
                  f"{attention}.pos_encoder.pe": torch.zeros(1, positions, width),
                  f"{block}.norms.{i}.weight": torch.ones(width), f"{block}.norms.{i}.bias": torch.zeros(width)}
    for name, outputs, inputs in (("ff.net.0.proj", 8 * width, width), ("ff.net.2", width, 4 * width)):
        state |= {f"{block}.{name}.weight": noise(outputs, inputs, scale=0.02), f"{block}.{name}.bias": torch.zeros(outputs)}
    state |= {f"{block}.ff_norm.weight": torch.ones(width), f"{block}.ff_norm.bias": torch.zeros(width)}
    return state


def make_motion_lora(file: Path, channels: tuple[int, ...] = HOUSE_CHANNELS, middle: bool = False, seed: int = 0) -> Path:
    """Rank 2, on the queries of the first attention, in AnimateDiff's names."""
    places = [(f"down_blocks.{i}", width) for i, width in enumerate(channels)] + ([("mid_block", channels[-1])] if middle else [])
    state: dict[str, torch.Tensor] = {}
    for block, width in places:
        name = f"{block}.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.0.processor.to_q_lora"
        state |= {f"{name}.down.weight": noise(2, width, seed=seed), f"{name}.up.weight": noise(width, 2, seed=seed + 1)}
    save_file(state, file)
    return file
