"""Makers of small shows to be broken on purpose."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml
from safetensors.numpy import save_file

SHOW: dict[str, Any] = {"title": "Small", "reading": "ltr", "languages": ["en"], "default_preset": "fake"}
PRESET: dict[str, Any] = {
    "name": "fake", "version": 1, "engine": "fake", "model": "tiny", "template": "{characters}, {prompt}, ink",
    "sampler": "euler", "steps": 4, "guidance": 5.0, "native": 64, "batch_size": 1, "allowed_loras": ["ink"],
    "open": {"guidance": {"min": 2, "max": 8}, "sampler": {"choices": ["euler", "ddim"]}},
    "upscale": {"engine": "lanczos", "scale": 2},
}
BOARD = """\
episode: "01"
title: Small
pages:
  - id: p01
    panels:
      - id: a
        characters: [momo]
        prompt: smile, sky
        balloons:
          - text: Hello!
      - id: b
        prompt: river
  - id: p02
    panels:
      - id: c
        prompt: mountain
"""


def write_weights(file: Path, tensor: str, seed: int = 1) -> None:
    """A valid safetensors file with one small tensor; another seed is another file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({tensor: np.random.default_rng(seed).random((4, 4), dtype=np.float32)}, str(file))


def write_show(folder: Path, board: str = BOARD) -> Path:
    """A whole show: one character, one preset on the fake engine, a model, a LoRA, one storyboard."""
    for name in ("cast", "presets", "storyboards"):
        (folder / name).mkdir(parents=True)
    dump(folder / "show.yaml", SHOW)
    dump(folder / "cast" / "momo.yaml", {"name": "momo", "tags": "1boy, black hair"})
    dump(folder / "presets" / "fake.yaml", PRESET)
    write_weights(folder / "models" / "tiny.safetensors", "model.diffusion_model.w")
    write_weights(folder / "models" / "ink.safetensors", "lora_unet.w")
    write_weights(folder / "models" / "other.safetensors", "lora_unet.w", 3)
    dump(folder / "models.yaml", {"models": {
        "tiny": {"file": "tiny.safetensors", "architecture": "sd15"},
        "ink": {"file": "ink.safetensors", "architecture": "lora"},
        "other": {"file": "other.safetensors", "architecture": "lora"},
    }})
    (folder / "storyboards" / "01.yaml").write_text(board, encoding="utf-8")
    return folder


def dump(file: Path, data: Any) -> None:
    """Write `data` as YAML."""
    file.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")


def change(file: Path, **changes: Any) -> None:
    """Write a YAML file again with some keys changed."""
    dump(file, {**yaml.safe_load(file.read_text(encoding="utf-8")), **changes})


def edit(folder: Path, old: str, new: str) -> None:
    """Replace one place in the storyboard."""
    file = folder / "storyboards" / "01.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")
