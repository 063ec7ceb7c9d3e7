"""Weights of Stable Diffusion 1.5's shape with random values: a diffusers folder, and the same in one .safetensors file.

    .venv/bin/python benchmarks/random_weights.py FOLDER [--tiny]

Writes FOLDER/random-sd15/ and FOLDER/random-sd15.safetensors, 2 GB each, in half precision. Their pictures are noise, but take as
long as real ones: what to compare programs with where no real weights may be had. The file has the layout in which the model was
published first, which other programs read. --tiny: the same with few channels, 5 MB, for trials; its shape stands in
FOLDER/random-sd15.config/.
"""

import argparse
import os
import re
import shutil
from pathlib import Path
from typing import Any

CONFIG = Path(__file__).parents[1] / "studio" / "render" / "engines" / "sd15" / "config"
NAME = "random-sd15"
TINY: dict[str, dict[str, Any]] = {
    "unet": {"block_out_channels": (32, 32, 64, 64), "cross_attention_dim": 32},
    "vae": {"block_out_channels": (32, 32, 32, 32)},
    "text_encoder": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
                     "projection_dim": 32},
}
LAYERS, LEVELS = 2, 4
"""Of the UNet and the autoencoder: blocks per level, and levels."""
RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
          "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
ENDS = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2", "conv_in": "input_blocks.0.0",
        "conv_norm_out": "out.0", "conv_out": "out.2"}
ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def write(folder: Path, tiny: bool = False) -> tuple[Path, Path]:
    """The folder and the file; what is there already is kept."""
    whole, single = folder / NAME, folder / f"{NAME}.safetensors"
    if whole.is_dir() and single.is_file():
        return whole, single
    folder.mkdir(parents=True, exist_ok=True)
    pipe = _pipeline(TINY if tiny else {}, single)
    pipe.save_pretrained(whole)
    _write_single(pipe, single)
    if tiny:
        shutil.copytree(whole, single.with_suffix(".config"), ignore=shutil.ignore_patterns("*.safetensors"))
    return whole, single


def _pipeline(changes: dict[str, dict[str, Any]], single: Path) -> Any:
    """Random parts of SD 1.5's shape, with CLIP's own words."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    import torch
    from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from diffusers.utils.logging import set_verbosity_error
    from transformers import CLIPTextConfig, CLIPTextModel

    from studio.render.engines.sd15.loading import find_tokenizer

    def config(cls: Any, part: str) -> dict[str, Any]:
        return {**cls.load_config(CONFIG / part), **changes.get(part, {})}

    set_verbosity_error()
    torch.manual_seed(0)
    text = CLIPTextConfig.from_json_file(CONFIG / "text_encoder" / "config.json").to_dict() | changes.get("text_encoder", {})
    return StableDiffusionPipeline(
        vae=AutoencoderKL.from_config(config(AutoencoderKL, "vae")), text_encoder=CLIPTextModel(CLIPTextConfig(**text)),
        tokenizer=find_tokenizer(single), unet=UNet2DConditionModel.from_config(config(UNet2DConditionModel, "unet")),
        scheduler=PNDMScheduler.from_config(PNDMScheduler.load_config(CONFIG / "scheduler")),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    ).to(torch.float16)


def _write_single(pipe: Any, file: Path) -> None:
    from safetensors.torch import save_file

    state = {f"model.diffusion_model.{unet_key(key)}": value for key, value in pipe.unet.state_dict().items()}
    for key, value in pipe.vae.state_dict().items():
        # the original's attention is made of convolutions
        flat = "attentions" in key and value.dim() == 2
        state[f"first_stage_model.{vae_key(key)}"] = value[:, :, None, None] if flat else value
    text = {key.removeprefix("text_model."): value for key, value in pipe.text_encoder.state_dict().items()}
    state |= {f"cond_stage_model.transformer.text_model.{key}": value for key, value in text.items()}
    save_file({key: value.contiguous() for key, value in state.items()}, file)


def unet_key(key: str) -> str:
    """Diffusers' name of a UNet tensor -> the original one."""
    for ours, theirs in ENDS.items():
        if key.startswith(f"{ours}."):
            return key.replace(ours, theirs, 1)
    key = re.sub(r"(resnets\.\d+)\.(\w+)", lambda m: f"{m[1]}.{RESNET[m[2]]}", key)
    key = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"middle_block.{2 * int(m[1])}", key)
    key = key.replace("mid_block.attentions.0", "middle_block.1")

    def down(match: re.Match[str]) -> str:
        place = 1 + int(match[1]) * (LAYERS + 1)
        if match[2] == "downsamplers":
            return f"input_blocks.{place + LAYERS}.0.op"
        return f"input_blocks.{place + int(match[3])}.{0 if match[2] == 'resnets' else 1}"

    def up(match: re.Match[str]) -> str:
        place = int(match[1]) * (LAYERS + 1)
        if match[2] == "upsamplers":  # the first level has no attention, so that it stands one place earlier
            return f"output_blocks.{place + LAYERS}.{1 if match[1] == '0' else 2}.conv"
        return f"output_blocks.{place + int(match[3])}.{0 if match[2] == 'resnets' else 1}"

    key = re.sub(r"down_blocks\.(\d)\.(resnets|attentions|downsamplers)\.(\d)(?:\.conv(?=\.))?", down, key)
    return re.sub(r"up_blocks\.(\d)\.(resnets|attentions|upsamplers)\.(\d)(?:\.conv(?=\.))?", up, key)


def vae_key(key: str) -> str:
    """Diffusers' name of an autoencoder tensor -> the original one."""
    key = key.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
    key = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", key)
    key = re.sub(r"mid_block\.attentions\.0\.(group_norm|to_out\.0|to_\w)", lambda m: f"mid.attn_1.{ATTENTION[m[1]]}", key)
    key = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", key)
    key = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", key)
    key = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{LEVELS - 1 - int(m[1])}.block.{m[2]}", key)
    return re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{LEVELS - 1 - int(m[1])}.upsample", key)


def main() -> None:
    """Write both and say where."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tiny", action="store_true")
    asked = parser.parse_args()
    for path in write(asked.folder, asked.tiny):
        print(path)


if __name__ == "__main__":
    main()
