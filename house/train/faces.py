"""The face detector, trained on drawings whose face boxes are known."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from house.data import pictures, scene_of
from house.draw.picture import Box, face_boxes
from house.shelf import faces
from house.train.autoencoder import SIZE, pixels
from house.train.loop import Arrays, Job
from studio.judge.faces import CELL, make_network


def _boxes(index: int) -> list[Box]:
    return face_boxes(scene_of(index), SIZE)


@dataclass
class FacesJob(Job):
    """Trains the detector on count pictures, also mirrored, shrunken and enlarged."""

    work: Path
    models: Path
    count: int

    def prepare(self) -> None:
        """See Job."""
        pictures(self.work, self.count, SIZE)

    def open(self) -> nn.Module:
        """See Job."""
        self.pictures = pictures(self.work, self.count, SIZE)
        with ProcessPoolExecutor() as pool:
            self.boxes = list(pool.map(_boxes, range(self.count), chunksize=500))
        return make_network()

    def loss(self, module: nn.Module, batch: int, dice: Arrays) -> Tensor:
        """See Job."""
        seen: list[np.ndarray] = []
        wanted: list[np.ndarray] = []
        for index in dice.integers(0, self.count, batch):
            picture, boxes = _moved(np.asarray(self.pictures[index]), self.boxes[index], dice)
            seen.append(picture)
            wanted.append(target(boxes, SIZE // CELL))
        x = pixels(np.stack(seen), self.device)
        x = x + torch.randn_like(x) * float(dice.uniform(0, 0.1))
        out, goal = module(x).float(), torch.from_numpy(np.stack(wanted)).to(self.device)
        here = goal[:, 0] > 0.5
        sure = functional.binary_cross_entropy_with_logits(out[:, 0], goal[:, 0], reduction="none", pos_weight=torch.tensor(4.0))
        reach = (out[:, 1:] - goal[:, 1:]).abs().permute(0, 2, 3, 1)[here]
        return sure.mean() * 4 + (reach.mean() if len(reach) else 0.0)

    def save(self, module: nn.Module) -> None:
        """See Job."""
        weights = {name: tensor.half().contiguous() for name, tensor in module.state_dict().items()}
        save_file(weights, faces(self.models))


def target(boxes: list[Box], cells: int) -> np.ndarray:
    """What the network should answer, (5, cells, cells) float32: cells near a face's centre answer for it."""
    out = np.zeros((5, cells, cells), np.float32)
    for left, top, right, bottom in boxes:
        cx, cy = (left + right) / 2 / CELL, (top + bottom) / 2 / CELL
        for row in range(cells):
            for column in range(cells):
                if max(abs(row + 0.5 - cy), abs(column + 0.5 - cx)) <= 1.0:
                    x, y = column + 0.5, row + 0.5
                    reach = np.array([x - left / CELL, y - top / CELL, right / CELL - x, bottom / CELL - y])
                    out[:, row, column] = (1, *np.log(np.clip(reach, 0.05, None)))
    return out


def _moved(picture: np.ndarray, boxes: list[Box], dice: Arrays) -> tuple[np.ndarray, list[Box]]:
    """The picture mirrored at random, and as often as not half or twice as large: finders look at two sizes."""
    if dice.random() < 0.5:
        picture, boxes = picture[:, ::-1], [(SIZE - right, top, SIZE - left, bottom) for left, top, right, bottom in boxes]
    chance, (y, x) = dice.random(), (int(place) for place in dice.integers(0, SIZE // 2 + 1, 2))
    if chance < 0.25:
        plain = np.broadcast_to(picture.reshape(-1, 3).mean(0).astype(np.uint8), (SIZE, SIZE, 3)).copy()
        plain[y : y + SIZE // 2, x : x + SIZE // 2] = picture[::2, ::2]
        return plain, [(left / 2 + x, top / 2 + y, right / 2 + x, bottom / 2 + y) for left, top, right, bottom in boxes]
    if chance < 0.5:
        part = Image.fromarray(np.ascontiguousarray(picture[y : y + SIZE // 2, x : x + SIZE // 2]))
        large = np.asarray(part.resize((SIZE, SIZE), Image.Resampling.BILINEAR))
        return large, [(2 * (left - x), 2 * (top - y), 2 * (right - x), 2 * (bottom - y)) for left, top, right, bottom in boxes]
    return picture, boxes
