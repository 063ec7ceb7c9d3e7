"""Finds faces for the scorers that count, measure or crop them; every picture is searched once per desk."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from studio.errors import ModelError
from studio.judge.faces import CELL, LARGEST, SIDE, Face, FaceFinder, boxes_of
from studio.judge.scorer import Desk, Subject
from studio.record import Record
from studio.render.environment import settle

if TYPE_CHECKING:
    from PIL import Image

HOUSE = "house-faces.safetensors"
APART = 0.4
"""Overlap from which two boxes mean the same face."""
CONFIDENCE = {"house": 0.95, "imgutils": 0.25}
"""The house's detector is sure of faces, and half sure of skin between hair; 0.25 is imgutils' own."""
ONNX_SIDE = 640
"""Pixels of the longer side that a YOLO without a fixed size is shown."""


class FaceParameters(Record):
    """How faces are found."""

    model: str = HOUSE
    """Weights of the house detector."""
    detector: Literal["house", "imgutils"] = "house"
    """imgutils: the YOLO networks of dghs-imgutils (`model.onnx` of deepghs/anime_face_detection), run by onnxruntime."""
    weights: str = ""
    """The ONNX file of such a network."""
    confidence: Annotated[float, Field(gt=0, lt=1)] | None = None
    """How sure the detector has to be; CONFIDENCE when left out."""

    @model_validator(mode="after")
    def _complete(self) -> "FaceParameters":
        if self.detector == "imgutils" and not self.weights:
            raise ValueError("detector 'imgutils' needs 'weights', the model.onnx of a face detector: nothing is ever downloaded")
        return self

    @property
    def bound(self) -> float:
        """How sure the detector has to be."""
        return CONFIDENCE[self.detector] if self.confidence is None else self.confidence

    @property
    def file(self) -> str:
        """The weights that decide what is found."""
        return self.model if self.detector == "house" else self.weights


class BatchFinder(FaceFinder):
    """The house detector on a device, for many pictures at once."""

    def __init__(self, file: Path, device: str) -> None:
        super().__init__(file)
        self._device, self._half = device, device.startswith("cuda")
        self._network.to(device)
        if self._half:
            self._network.half()
        self.modules = (self._network,)

    def find_all(self, pictures: Sequence["Image.Image"], confidence: float, batch: int) -> list[list[Face]]:
        """The faces in each RGB picture, surest first, as `find` would give them."""
        import torch

        settle()
        groups: dict[tuple[int, int], list[int]] = {}
        for number, picture in enumerate(pictures):
            groups.setdefault(picture.size, []).append(number)
        waiting: list[tuple[list[int], int, Any]] = []
        with torch.inference_mode():
            for members in groups.values():
                for start in range(0, len(members), batch):
                    chosen = members[start : start + batch]
                    x = torch.from_numpy(np.stack([_small(pictures[i]) for i in chosen])).to(self._device)
                    waiting += [(chosen, side, self._answers(x, side)) for side in (SIDE, SIDE * 2)]
        found: list[list[Face]] = [[] for _ in pictures]
        for chosen, side, out in waiting:  # the device is waited for here, once everything is on its way
            for number, boxes in zip(chosen, boxes_of(out.float().cpu()), strict=True):
                found[number] += _faces(boxes, pictures[number].size, side, confidence)
        return [apart(faces) for faces in found]

    def _answers(self, x: Any, side: int) -> Any:
        """The network's answers to pictures of one size, (n, h, w, 3) uint8, shown with `side` pixels."""
        from torch.nn import functional

        seen = functional.interpolate(x.permute(0, 3, 1, 2).float() / 127.5 - 1, _shown(x.shape[2], x.shape[1], side),
                                      mode="bilinear", antialias=True, align_corners=False)
        return self._network(seen.half() if self._half else seen)


class OnnxFinder:
    """A YOLO face detector in ONNX: answers (1, 4 + classes, boxes), centre, width and height in the pixels it was shown."""

    def __init__(self, file: Path) -> None:
        try:
            import onnxruntime  # pyright: ignore[reportMissingImports]
        except ImportError:
            raise ModelError("detector 'imgutils' needs onnxruntime, which is not installed", file=file,
                             field="parameters.detector",
                             remedy="Install it ('pip install onnxruntime', or dghs-imgutils), or leave 'detector' out") from None
        try:
            self._session: Any = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        except Exception as exc:
            raise ModelError(f"onnxruntime cannot read it: {exc}", file=file, field="parameters.weights",
                             remedy="Give model.onnx of a face detector of deepghs/anime_face_detection") from exc
        self._input = self._session.get_inputs()[0]

    def find_all(self, pictures: Sequence["Image.Image"], confidence: float, batch: int) -> list[list[Face]]:
        """The faces in each RGB picture, surest first."""
        return [self._find(picture, confidence) for picture in pictures]

    def _find(self, picture: "Image.Image", confidence: float) -> list[Face]:
        wide, tall = self._size(picture)
        x = np.asarray(picture.resize((wide, tall)), np.float32).transpose(2, 0, 1)[None] / 255
        out = self._session.run(None, {self._input.name: x})[0][0]
        sure = out[4:].max(axis=0)
        kept, across, down = sure > confidence, picture.width / wide, picture.height / tall
        return apart([
            Face(float(x - w / 2) * across, float(y - h / 2) * down, float(x + w / 2) * across, float(y + h / 2) * down, float(c))
            for (x, y, w, h), c in zip(out[:4, kept].T, sure[kept], strict=True)
        ])

    def _size(self, picture: "Image.Image") -> tuple[int, int]:
        tall, wide = self._input.shape[2:]
        if isinstance(tall, int) and isinstance(wide, int):
            return wide, tall
        scale = min(1.0, ONNX_SIDE / max(picture.size))
        return tuple(max(32, round(length * scale / 32) * 32) for length in picture.size)  # pyright: ignore[reportReturnType]


def found_faces(subjects: Sequence[Subject], desk: Desk, how: FaceParameters) -> list[list[Face]]:
    """The faces in each subject, surest first. Raises ModelError for weights that are missing or of another kind."""
    if not subjects:
        return []
    key = ("faces", desk.digest(how.file), how.bound)
    return desk.look(subjects, key, lambda fresh: faces_in([s.picture for s in fresh], desk, how))


def faces_in(pictures: Sequence["Image.Image"], desk: Desk, how: FaceParameters) -> list[list[Face]]:
    """The same for pictures that are no artifacts: a character's sheet."""
    file = desk.sources.model(how.file)
    if how.detector == "imgutils":
        size = file.stat().st_size
        finder = desk.lend(("onnx faces", desk.sources.digest(file)), lambda: OnnxFinder(file), lambda _: size)
    else:
        finder = desk.lend(("faces", desk.sources.digest(file), desk.device), lambda: BatchFinder(file, desk.device))
    return finder.find_all(pictures, how.bound, desk.batch)


def apart(faces: Sequence[Face]) -> list[Face]:
    """One of every bunch of boxes that mean the same face, surest first."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda found: -found.confidence):
        if all(face.overlap(other) < APART for other in kept):
            kept.append(face)
    return kept


def _small(picture: "Image.Image") -> np.ndarray:
    """(h, w, 3) uint8, halved as often as leaves more than the network sees: half the work for it."""
    times = max(1, max(picture.size) // (SIDE * 4))
    return np.asarray(picture.reduce(times) if times > 1 else picture)


def _shown(wide: int, tall: int, side: int) -> tuple[int, int]:
    scale = side / max(wide, tall)
    return max(CELL * 4, round(tall * scale / CELL) * CELL), max(CELL * 4, round(wide * scale / CELL) * CELL)


def _faces(
    boxes: Sequence[tuple[float, float, float, float, float]], size: tuple[int, int], side: int, confidence: float
) -> list[Face]:
    """Boxes in the pixels that the network saw -> faces in the picture's. Wide ones count at the first size alone."""
    wide, tall = size
    rows, columns = _shown(wide, tall, side)
    across, down = wide / columns, tall / rows
    faces = [Face(a * across, b * down, c * across, d * down, sure) for a, b, c, d, sure in boxes if sure >= confidence]
    return faces if side == SIDE else [face for face in faces if face.right - face.left < max(size) * LARGEST]
