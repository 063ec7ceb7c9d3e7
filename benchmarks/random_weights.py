"""Weights of Stable Diffusion 1.5's shape with random values: a diffusers folder, and the same in one .safetensors file.

    .venv/bin/python benchmarks/random_weights.py FOLDER [--tiny] [--half]

Writes FOLDER/random-sd15/ and FOLDER/random-sd15.safetensors. Their pictures are noise, but take as long as real ones: what a
server's speed is compared with where no real weights may be had. The file has the original layout, in which
Stability published the model and which other programs read. --tiny: a thousandth of the size, of the same shape, for trials.
"""

import argparse
import re
from pathlib import Path
from typing import Any

CONFIG = Path(__file__).parents[1] / "studio" / "render" / "engines" / "sd15" / "config"
TOKENIZER = Path(__file__).parents[1] / "models" / "house" / "tokenizer"
NAME = "random-sd15"
TINY_WIDTHS = {"unet": {"block_out_channels": (32, 32, 64, 64), "cross_attention_dim": 32},
               "vae": {"block_out_channels": (32, 32, 32, 32)},
               "text_encoder": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "projection_dim": 32,
                                "num_attention_heads": 2}}
RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
          "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
UNET_ENDS = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
             "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2"}
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
LAYERS = 2
"""Residual blocks per level of the UNet."""
