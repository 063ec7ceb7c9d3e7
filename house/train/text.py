"""The text encoder: captions to token ids, and ids to states.  As in Stable Diffusion, it begins as the text tower of a CLIP."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from house.shelf import clip
from house.train.words import LENGTH

WIDTH = 128
"""Of text states."""
TOWER = {"context_length": LENGTH, "width": WIDTH, "heads": 4, "layers": 3}
"""The text tower, as open_clip describes it."""


class Tokens:
    """Captions to token ids, each tag once."""

    def __init__(self, tokenizer: CLIPTokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, list[int]] = {}

    def __call__(self, captions: list[str]) -> Tensor:
        """(n, LENGTH) int64."""
        start, end = self._tokenizer.bos_token_id, self._tokenizer.eos_token_id
        out = torch.full((len(captions), LENGTH), end, dtype=torch.long)
        for row, caption in enumerate(captions):
            ids = [start]
            for number, tag in enumerate(caption.split(", ") if caption else []):
                ids += (self._of(",") if number else []) + self._of(tag)
            ids = ids[: LENGTH - 1]
            out[row, : len(ids)] = torch.tensor(ids)
        return out

    def _of(self, tag: str) -> list[int]:
        if tag not in self._known:
            self._known[tag] = self._tokenizer(tag, add_special_tokens=False).input_ids
        return self._known[tag]


def make_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """A text encoder of the shape of the house CLIP's text tower, with random weights."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=WIDTH,
            intermediate_size=WIDTH * 4,
            num_hidden_layers=TOWER["layers"],
            num_attention_heads=TOWER["heads"],
            max_position_embeddings=LENGTH,
            projection_dim=WIDTH,
            hidden_act="gelu",
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def load_text_tower(text_encoder: CLIPTextModel, models: Path) -> None:
    """Begin with what the house CLIP knows of words: whose eyes are brown is learnt there in minutes, here in hours."""
    found = load_file(clip(models) / "open_clip_model.safetensors")
    state = {
        "embeddings.token_embedding.weight": found["token_embedding.weight"],
        "embeddings.position_embedding.weight": found["positional_embedding"],
        "final_layer_norm.weight": found["ln_final.weight"],
        "final_layer_norm.bias": found["ln_final.bias"],
    }
    names = {"ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2"}
    for layer in range(TOWER["layers"]):
        theirs, ours = f"transformer.resblocks.{layer}.", f"encoder.layers.{layer}."
        for kind in ("weight", "bias"):
            for old, new in (names | {"attn.out_proj": "self_attn.out_proj"}).items():
                state[f"{ours}{new}.{kind}"] = found[f"{theirs}{old}.{kind}"]
            for letter, piece in zip("qkv", found[f"{theirs}attn.in_proj_{kind}"].chunk(3), strict=True):
                state[f"{ours}self_attn.{letter}_proj.{kind}"] = piece
    text_encoder.load_state_dict({name: tensor.float() for name, tensor in state.items()})
