"""CLIP, face detector and upscaler: what sees and what enlarges."""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from house.data import HELD_OUT, held_out
from house.draw.picture import draw, face_boxes
from house.draw.scene import Scene, sample
from house.measure.figures import Figure, psnr, save_grid, share
from house.shelf import faces, upscaler
from house.train.autoencoder import SIZE
from house.train.clip import Likeness
from house.train.judge import NOT_SHOWN, load_judge, shown, verdicts
from house.train.upscaler import SCALE, shrunk
from studio.judge.faces import Face, FaceFinder


def measure_clip(models: Path, scenes: list[Scene], made: np.ndarray) -> list[Figure]:
    """Right caption first among 32 on held-out drawings; on generated pictures, agreement with the judge.

    scenes and made are prompts and what was drawn of them.  Every picture is held against every prompt, its own and the
    others: where nearly all pictures are as asked, their own prompts alone have nothing to correlate.
    """
    likeness = Likeness(models)
    shown_scenes, drawn = held_out(512, SIZE)
    seen, read = likeness.of_pictures(drawn), likeness.of_captions([scene.caption() for scene in shown_scenes])
    first = [
        int((seen[i] @ read[i // 32 * 32 : i // 32 * 32 + 32].t()).argmax()) == i % 32 for i in range(len(drawn))
    ]
    table = likeness.of_pictures(made) @ likeness.of_captions([scene.caption() for scene in scenes]).t()
    obeyed = agreements(verdicts(load_judge(models), made), scenes)
    together = float(np.corrcoef(table.numpy().ravel(), obeyed.ravel())[0, 1])
    return [
        Figure("CLIP: right caption first among 32, held-out drawings", share(first), "%", 80),
        Figure("CLIP: correlation with the judge on generated pictures", together),
    ]


def agreements(found: dict[str, np.ndarray], scenes: list[Scene]) -> np.ndarray:
    """(pictures, scenes): the share of what a scene shows that the judge found in a picture."""
    wanted = [shown(scene) for scene in scenes]
    hits, asked = np.zeros((len(next(iter(found.values()))), len(scenes))), np.zeros(len(scenes))
    for name, seen in found.items():
        column = np.array([want[name] for want in wanted])
        hits += (seen[:, None] == column) & (column != NOT_SHOWN)
        asked += column != NOT_SHOWN
    return hits / asked


def measure_faces(models: Path) -> list[Figure]:
    """Recall of face boxes at half overlap on 400 held-out drawings, and false finds per picture."""
    finder = FaceFinder(faces(models))
    found_of, wanted, false = 0, 0, 0
    for index in range(400):
        scene = sample(HELD_OUT + index)
        boxes = [Face(*box, 1.0) for box in face_boxes(scene, SIZE)]
        found = finder.find(draw(scene, SIZE))
        hits = [max((face.overlap(box) for face in found), default=0.0) >= 0.5 for box in boxes]
        found_of, wanted = found_of + sum(hits), wanted + len(boxes)
        false += sum(max((face.overlap(box) for box in boxes), default=0.0) < 0.3 for face in found)
    return [
        Figure("faces: recall at half overlap, held-out drawings", 100 * found_of / wanted, "%", 95),
        Figure("faces: false finds per picture", false / 400, "", 0.1, at_most=True),
    ]


def measure_upscaler(models: Path, report: Path) -> list[Figure]:
    """PSNR of 24 held-out drawings shrunken to a quarter and enlarged again, beside bicubic; and whether tiles show."""
    from spandrel import ModelLoader

    network = ModelLoader().load_from_file(str(upscaler(models))).model.eval().float()
    large = np.stack([draw(sample(HELD_OUT + index), SIZE * SCALE) for index in range(24)])
    small = torch.from_numpy(shrunk(large)).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        made = torch.cat([network(piece) for piece in small.split(4)])
        halves = torch.cat([network(small[:4, ..., :80])[..., : 64 * SCALE], network(small[:4, ..., 48:])[..., 16 * SCALE :]], -1)
    bicubic = functional.interpolate(small, scale_factor=SCALE, mode="bicubic", align_corners=False)
    gain = psnr(_bytes(made), large) - psnr(_bytes(bicubic), large)
    seam = (halves - made[:4])[..., 63 * SCALE : 65 * SCALE].abs().max().item()
    shown_side_by_side = [each[i, 128:384, 128:384] for i in (0, 3, 5, 7) for each in (_bytes(bicubic), _bytes(made))]
    save_grid(report / "upscaler.webp", shown_side_by_side, 4)
    return [
        Figure("upscaler: PSNR over bicubic", gain, "dB", 3),
        Figure("upscaler: largest difference at a seam of tiles that overlap by 16", 100 * seam, "% of white", 1, at_most=True),
    ]


def _bytes(pictures: torch.Tensor) -> np.ndarray:
    return (pictures.clamp(0, 1) * 255 + 0.5).permute(0, 2, 3, 1).byte().numpy()


