"""Makers of small but valid weights, shaped for the house model: LoRA, ControlNet, VAE, single file, upscaler."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from .shelf import HOUSE_FOLDER

UNET = HOUSE_FOLDER / "unet" / "diffusion_pytorch_model.safetensors"
VAE = HOUSE_FOLDER / "vae" / "diffusion_pytorch_model.safetensors"
TEXT = HOUSE_FOLDER / "text_encoder" / "model.safetensors"
LATENTS = json.loads((HOUSE_FOLDER / "vae" / "config.json").read_text())
LEVELS = len(LATENTS["block_out_channels"])
"""Of the house autoencoder; every level but the last halves the picture."""


def noise(*shape: int, seed: int = 0, scale: float = 0.3) -> torch.Tensor:
    """Reproducible weights."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * scale


def make_lora(file: Path, seed: int = 0, kohya: bool = False, width: int | None = None) -> Path:
    """A rank-2 LoRA on the UNet's cross-attention queries. kohya: its key names. width: another model's input width."""
    state: dict[str, torch.Tensor] = {}
    layers = [k.removesuffix(".weight") for k in load_file(UNET) if k.endswith("attn2.to_q.weight")]
    for i, layer in enumerate(layers):
        outputs, inputs = load_file(UNET)[f"{layer}.weight"].shape
        down = noise(2, width or inputs, seed=seed + i)
        up = noise(width or outputs, 2, seed=seed + 100 + i)
        if kohya:
            name = "lora_unet_" + layer.replace(".", "_")
            state |= {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up, f"{name}.alpha": torch.tensor(2.0)}
        else:
            state |= {f"unet.{layer}.lora_A.weight": down, f"unet.{layer}.lora_B.weight": up}
    save_file(state, file)
    return file


def make_controlnet(folder: Path, seed: int = 0, **config: Any) -> Path:
    """A ControlNet whose zero convolutions are not zero, so that its map shows."""
    from diffusers import ControlNetModel, UNet2DConditionModel

    unet = UNet2DConditionModel.from_pretrained(HOUSE_FOLDER / "unet", local_files_only=True)
    strides = (16, 32, 96, 256)[:LEVELS]  # as many as the autoencoder has
    net = ControlNetModel(**config) if config else ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=strides)
    for i, block in enumerate([*net.controlnet_down_blocks, net.controlnet_mid_block]):
        block.weight.data = noise(*block.weight.shape, seed=seed + i, scale=0.2)
    net.controlnet_cond_embedding.conv_out.weight.data = noise(
        *net.controlnet_cond_embedding.conv_out.weight.shape, seed=seed + 50, scale=1.0)
    net.save_pretrained(folder)
    return folder


def make_vae(folder: Path, latent_channels: int = LATENTS["latent_channels"]) -> Path:
    """A tiny random VAE with as many pixels to a latent as the house model's."""
    from diffusers import AutoencoderKL

    torch.manual_seed(0)
    AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * LEVELS, up_block_types=("UpDecoderBlock2D",) * LEVELS,
        block_out_channels=(8,) * LEVELS, norm_num_groups=4, latent_channels=latent_channels, sample_size=64,
    ).save_pretrained(folder)
    return folder


def make_single_file(file: Path) -> Path:
    """The house model as one checkpoint in the original LDM key layout, with `NAME.config/` beside it."""
    state = {f"model.diffusion_model.{ldm_unet_key(k)}": v for k, v in load_file(UNET).items()}
    state |= {f"first_stage_model.{ldm_vae_key(k)}": v for k, v in load_file(VAE).items()}
    state |= {f"cond_stage_model.transformer.text_model.{k.removeprefix('text_model.')}": v
              for k, v in load_file(TEXT).items()}
    save_file({k: v.contiguous() for k, v in state.items()}, file)
    shutil.copytree(HOUSE_FOLDER, file.with_suffix(".config"), ignore=shutil.ignore_patterns("*.safetensors"))
    return file


_RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
           "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
_UNET_TOP = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
             "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2"}


def ldm_unet_key(key: str) -> str:
    """diffusers' name of a house UNet tensor (one layer per block) -> LDM's."""
    layers = json.loads((HOUSE_FOLDER / "unet" / "config.json").read_text())
    last_up_with_attention = layers["up_block_types"].count("CrossAttnUpBlock2D")
    for ours, theirs in _UNET_TOP.items():
        if key.startswith(ours + "."):
            return key.replace(ours, theirs, 1)
    key = re.sub(r"(resnets\.\d+)\.(\w+)", lambda m: f"{m[1]}.{_RESNET[m[2]]}", key)
    key = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"middle_block.{int(m[1]) * 2}", key)
    key = key.replace("mid_block.attentions.0", "middle_block.1")

    def down(m: re.Match[str]) -> str:
        block, part, i = int(m[1]), m[2], int(m[3])
        if part == "downsamplers":
            return f"input_blocks.{block * 2 + 2}.0.op"
        return f"input_blocks.{block * 2 + i + 1}.{0 if part == 'resnets' else 1}"

    def up(m: re.Match[str]) -> str:
        block, part, i = int(m[1]), m[2], int(m[3])
        if part == "upsamplers":
            return f"output_blocks.{block * 2 + 1}.{2 if block < last_up_with_attention else 1}.conv"
        return f"output_blocks.{block * 2 + i}.{0 if part == 'resnets' else 1}"

    key = re.sub(r"down_blocks\.(\d+)\.(resnets|attentions|downsamplers)\.(\d+)(?:\.conv(?=\.))?", down, key)
    return re.sub(r"up_blocks\.(\d+)\.(resnets|attentions|upsamplers)\.(\d+)(?:\.conv(?=\.))?", up, key)


def ldm_vae_key(key: str) -> str:
    """diffusers' name of a house VAE tensor (no attention) -> LDM's."""
    key = key.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
    key = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", key)
    key = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", key)
    key = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", key)
    key = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{LEVELS - 1 - int(m[1])}.block.{m[2]}", key)
    return re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{LEVELS - 1 - int(m[1])}.upsample", key)


def make_upscaler(file: Path, scale: int = 2) -> Path:
    """A RealESRGAN-compact network (two convolutions) that adds a little random texture to its own nearest enlarging."""
    shuffled = 3 * scale * scale
    state = {
        "body.0.weight": noise(8, 3, 3, 3, seed=1), "body.0.bias": torch.zeros(8), "body.1.weight": torch.full((8,), 0.2),
        "body.2.weight": noise(8, 8, 3, 3, seed=2, scale=0.1), "body.2.bias": torch.zeros(8),
        "body.3.weight": torch.full((8,), 0.2),
        "body.4.weight": noise(shuffled, 8, 3, 3, seed=3, scale=0.02), "body.4.bias": torch.zeros(shuffled),
    }
    save_file(state, file)
    return file
