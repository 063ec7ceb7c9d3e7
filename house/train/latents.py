"""Latents of the training pictures on disk: encoded once, read by every training."""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL

from house.data import name_of, pictures
from house.draw.canvas import Size
from house.shelf import pipeline
from house.train.autoencoder import SIZE, pixels


def latents(work: Path, models: Path, count: int, size: Size = SIZE) -> np.ndarray:
    """The scaled latents of the first count training pictures, float16, (count, channels, h, w); encoded once."""
    file = work / f"latents-{name_of(size)}.npy"
    if file.exists() and len(np.load(file, mmap_mode="r")) >= count:
        return np.load(file, mmap_mode="r")[:count]
    source = pictures(work, count, size)
    with ProcessPoolExecutor() as pool:
        pieces = list(pool.map(encode, [models] * 64, np.array_split(np.arange(count), 64), [str(source.filename)] * 64))
    np.save(file.with_suffix(".new.npy"), np.concatenate(pieces))
    file.with_suffix(".new.npy").replace(file)
    return np.load(file, mmap_mode="r")


def encode(models: Path, indices: np.ndarray, source: str | np.ndarray) -> np.ndarray:
    """Latents of the pictures with these indices in a .npy file or array, scaled, float16."""
    torch.set_num_threads(1)
    vae = AutoencoderKL.from_pretrained(pipeline(models) / "vae").float().eval()
    drawn = np.load(source, mmap_mode="r") if isinstance(source, str) else source
    out: list[np.ndarray] = []
    with torch.no_grad():
        for start in range(0, len(indices), 32):
            found = vae.encode(pixels(drawn[indices[start : start + 32]])).latent_dist.mean
            out.append((found * vae.config["scaling_factor"]).half().numpy())
    return np.concatenate(out)
