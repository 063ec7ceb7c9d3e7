"""Drawn pictures on disk: rendered once, read by every training.

A shard is a file of SHARD pictures whose seeds follow one another, so that scenes and captions are told from the seed again.
Training seeds begin at TRAIN; what is held out lies below it.
"""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from rich.progress import track

from house.draw.canvas import Size, sides
from house.draw.picture import draw
from house.draw.scene import Scene, sample

TRAIN = 100_000
HELD_OUT = 20_000
SHARD = 1000


def scene_of(index: int) -> Scene:
    """The scene of the index-th training picture."""
    return sample(TRAIN + index)


def name_of(size: Size) -> str:
    """A size in file names: 128, or 160x104."""
    return str(size) if isinstance(size, int) else "{}x{}".format(*sides(size))


def pictures(folder: Path, count: int, size: Size) -> np.ndarray:
    """The first count training pictures, (count, height, width, 3) uint8, memory-mapped; missing shards are rendered."""
    folder = folder / f"pictures-{name_of(size)}"
    folder.mkdir(parents=True, exist_ok=True)
    shards = range((count + SHARD - 1) // SHARD)
    missing = [number for number in shards if not (folder / f"{number:04}.npy").exists()]
    if missing:
        with ProcessPoolExecutor() as pool:
            jobs = pool.map(_render_shard, [folder] * len(missing), missing, [size] * len(missing))
            for _ in track(jobs, f"drawing {len(missing) * SHARD} pictures", len(missing)):
                pass
    whole = folder / "all.npy"
    if not whole.exists() or len(np.load(whole, mmap_mode="r")) < count:
        _join([folder / f"{number:04}.npy" for number in shards], whole)
    return np.load(whole, mmap_mode="r")[:count]


def held_out(count: int, size: int, **fixed: object) -> tuple[list[Scene], np.ndarray]:
    """Scenes that no training saw, and their pictures, (count, size, size, 3) uint8."""
    scenes = [sample(HELD_OUT + index, **fixed) for index in range(count)]
    return scenes, np.stack([draw(scene, size) for scene in scenes])


def _render_shard(folder: Path, number: int, size: Size) -> None:
    made = np.stack([draw(scene_of(number * SHARD + i), size) for i in range(SHARD)])
    part = folder / f"{number:04}.new.npy"
    np.save(part, made)
    part.replace(folder / f"{number:04}.npy")


def _join(shards: list[Path], whole: Path) -> None:
    """One file of all shards, so that any picture is one index away."""
    first = np.load(shards[0], mmap_mode="r")
    shape = (len(shards) * SHARD, *first.shape[1:])
    part = whole.with_suffix(".new")
    out = np.lib.format.open_memmap(part, "w+", first.dtype, shape)
    for number, shard in enumerate(shards):
        out[number * SHARD : (number + 1) * SHARD] = np.load(shard, mmap_mode="r")
    out.flush()
    part.replace(whole)
