"""A small CLIP in open_clip's form: how well a picture and a caption agree."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import open_clip
import torch
from open_clip.model import CLIP
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTokenizer

from house.data import pictures, scene_of
from house.shelf import clip, pipeline
from house.train.autoencoder import SIZE, pixels
from house.train.judge import worn
from house.train.loop import Arrays, Job
from house.train.text import TOWER, Tokens
from house.train.words import told

VISION = {"image_size": SIZE, "layers": 5, "width": 192, "head_width": 32, "patch_size": 16}


def _config(tokenizer: CLIPTokenizer) -> dict[str, object]:
    return {"embed_dim": 128, "vision_cfg": VISION, "text_cfg": TOWER | {"vocab_size": len(tokenizer)}}


@dataclass
class ClipJob(Job):
    """Trains on count pictures with captions of their seeds."""

    work: Path
    models: Path
    count: int

    def prepare(self) -> None:
        """See Job."""
        pictures(self.work, self.count, SIZE)

    def open(self) -> nn.Module:
        """See Job."""
        self.pictures = pictures(self.work, self.count, SIZE)
        self.scenes = [scene_of(index) for index in range(self.count)]
        self.tokenizer = CLIPTokenizer.from_pretrained(pipeline(self.models) / "tokenizer")
        self.tokens = Tokens(self.tokenizer)
        return CLIP(**_config(self.tokenizer))  # pyright: ignore[reportArgumentType]

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        """See Job."""
        chosen = np.sort(dice.choice(self.count, batch, replace=False))
        speaker = random.Random(int(dice.integers(1 << 62)))
        captions = [told(self.scenes[index], speaker) or self.scenes[index].caption() for index in chosen]
        x = worn(pixels(self.pictures[chosen], self.device), dice)
        seen, read, scale = module(x, self.tokens(captions).to(self.device))[:3]
        likeness = scale.clamp(max=100) * seen.float() @ read.float().t()
        own = torch.arange(batch, device=self.device)
        return (functional.cross_entropy(likeness, own) + functional.cross_entropy(likeness.t(), own)) / 2

    def save(self, module: nn.Module) -> None:
        """Write the folder as open_clip's local-dir: schema reads it."""
        folder = clip(self.models)
        folder.mkdir(parents=True, exist_ok=True)
        self.tokenizer.save_pretrained(folder)
        config = _config(self.tokenizer)
        config["text_cfg"] = {**TOWER, "vocab_size": len(self.tokenizer), "hf_tokenizer_name": "."}
        look = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "squash"}
        (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": look}, indent=1) + "\n")
        weights = {name: tensor.half().contiguous() for name, tensor in module.state_dict().items()}
        save_file(weights, folder / "open_clip_model.safetensors")


class Likeness:
    """The shipped CLIP at work."""

    def __init__(self, models: Path) -> None:
        config = json.loads((clip(models) / "open_clip_config.json").read_text())["model_cfg"]
        config["text_cfg"].pop("hf_tokenizer_name")
        self._module = CLIP(**config).eval()
        open_clip.load_checkpoint(self._module, str(clip(models) / "open_clip_model.safetensors"))
        self._module.float()
        self._tokens = Tokens(CLIPTokenizer.from_pretrained(clip(models)))  # its own, not that of a pipeline made later

    def of_pictures(self, drawn: np.ndarray) -> Tensor:
        """Unit vectors, (n, 128); drawn is (n, 128, 128, 3) uint8."""
        with torch.no_grad():
            parts = [self._module.encode_image(pixels(piece)) for piece in np.array_split(drawn, max(1, len(drawn) // 32))]
        return functional.normalize(torch.cat(parts), dim=-1)

    def of_captions(self, captions: list[str]) -> Tensor:
        """Unit vectors, (n, 128)."""
        with torch.no_grad():
            return functional.normalize(self._module.encode_text(self._tokens(captions)), dim=-1)
